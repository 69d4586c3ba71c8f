#include "api/daemon/parse_fault.hpp"

#include <CLI/CLI.hpp>
#include <vector>

#include "engine/base/nearest.hpp"

namespace stepwell::api::cli {
namespace {

/// The command that was given, and its words: "stepwell schedules pause".
const CLI::App& innermost(const CLI::App& app, std::string& words) {
    words += (words.empty() ? "" : " ") + app.get_name();
    const auto given = app.get_subcommands();
    return given.empty() ? app : innermost(*given.front(), words);
}

std::vector<std::string> flags_of(const CLI::App& command) {
    std::vector<std::string> names;
    for (const CLI::Option* option : command.get_options({})) {
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
    return names;
}

/// Extra words come last first.
std::string extra_text(const CLI::App& app, const CLI::App& command) {
    std::vector<std::string> extras = app.remaining(true);
    std::string flag;
    std::string all;
    for (const std::string& word : extras) {
        if (flag.empty() && word.starts_with("-")) flag = word.substr(0, word.find('='));
        all += (all.empty() ? "'" : " '") + word + "'";
    }
    if (flag.empty()) return "expected no more words, but got " + all;
    const auto near = nearest(flag, flags_of(command));
    return "expected no '" + flag + "' here" + (near ? "; did you mean '" + *near + "'?" : "");
}

}  // namespace

std::string explained(const CLI::App& app, const CLI::ParseError& error) {
    std::string words;
    const CLI::App& command = innermost(app, words);
    const bool is_extra = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
    std::string text = is_extra ? extra_text(app, command) : error.what();
    return text + (text.ends_with("?") ? " " : "; ") + "`" + words + " --help` lists what there is";
}

}  // namespace stepwell::api::cli

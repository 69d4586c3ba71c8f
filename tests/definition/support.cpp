#include "tests/definition/support.hpp"

#include <doctest/doctest.h>

#include <sstream>

namespace stepwell::test {
namespace {

/// `got` with its lines cut where those of `want` leave the rest open.
std::string cut_as(const std::string& want, const std::string& got) {
    std::istringstream want_lines(want);
    std::istringstream got_lines(got);
    std::string cut;
    std::string wanted;
    for (std::string line; std::getline(got_lines, line);) {
        if (!std::getline(want_lines, wanted)) wanted.clear();
        const bool is_open = wanted.size() > 3 && wanted.substr(wanted.size() - 3) == "...";
        const std::string start = wanted.substr(0, is_open ? wanted.size() - 3 : 0);
        if (is_open && line.substr(0, start.size()) == start) line = wanted;
        cut += (cut.empty() ? "" : "\n") + line;
    }
    return cut;
}

}  // namespace

void check_rules(const std::vector<RuleCase>& cases, const std::string& before,
                 const std::string& after) {
    for (const RuleCase& c : cases) {
        CAPTURE(c.rule);
        CHECK(cut_as(c.want, text_of(parse_yaml_file(before + c.text + after))) == c.want);
    }
}

definition::Parsed parse_yaml_file(const std::string& text) {
    definition::ParseOptions options;
    options.format = definition::ParseOptions::Format::yaml;
    options.default_name = "file";
    options.builtin_tasks = {"etl", "shell", "validate"};
    return definition::parse(text, options);
}

definition::Parsed parse_for_api(const std::string& text) {
    definition::ParseOptions options;
    options.allow_workflow_members = false;
    options.default_name = "machine";
    return definition::parse(text, options);
}

std::string line_of(const definition::Diagnostic& diagnostic) {
    std::string text =
        std::to_string(diagnostic.position.line) + ":" + std::to_string(diagnostic.position.column);
    if (diagnostic.severity == definition::Severity::warning) text += " warning";
    if (diagnostic.code != "SCHEMA_VALIDATION_FAILED") text += " " + diagnostic.code;
    if (!diagnostic.location.empty()) text += " at " + diagnostic.location;
    text += ": " + diagnostic.message;
    if (!diagnostic.hint.empty()) text += " (" + diagnostic.hint + ")";
    return text;
}

std::vector<std::string> lines_of(const definition::Parsed& parsed) {
    std::vector<std::string> lines;
    for (const auto& diagnostic : parsed.diagnostics) lines.push_back(line_of(diagnostic));
    return lines;
}

std::string text_of(const definition::Parsed& parsed) {
    std::string text;
    for (const std::string& line : lines_of(parsed)) text += (text.empty() ? "" : "\n") + line;
    return text;
}

}  // namespace stepwell::test

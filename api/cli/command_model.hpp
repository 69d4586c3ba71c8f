// The command line as a tree of plain values: what completions and the manual page are written
// from.
#pragma once

#include <string>
#include <vector>

namespace stepwell::api::cli {

struct OptionModel {
    std::vector<std::string> names;  // "--output", "-v"; of an argument its only name, "RUN"
    std::string help;
    std::string value;  // "DIR"; empty: it takes none
    std::vector<std::string> choices;
    bool is_required = false;
    bool is_repeatable = false;
};

struct CommandModel {
    std::string name;
    std::string help;
    std::vector<OptionModel> options;
    std::vector<OptionModel> arguments;
    std::vector<CommandModel> children;
};

/// A script that completes the command line in that shell: "bash", "zsh" or "fish".
std::string completion_script(const CommandModel& program, const std::string& shell);

/// The manual page, stepwell(1), in roff.
std::string manual_page(const CommandModel& program);

}  // namespace stepwell::api::cli

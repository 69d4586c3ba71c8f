// The manual page, in roff with the man macros.
#include "api/cli/command_model.hpp"

namespace stepwell::api::cli {
namespace {

constexpr const char* kHead =
    ".TH STEPWELL 1 \"\" \"Stepwell\" \"User Commands\"\n"
    ".SH NAME\n"
    "stepwell \\- runs data pipelines written in the Amazon States Language\n"
    ".SH SYNOPSIS\n"
    ".B stepwell\n"
    ".I COMMAND\n"
    "[\\fIOPTIONS\\fR] [\\fIARGUMENTS\\fR]\n"
    ".SH DESCRIPTION\n"
    "Stepwell executes pipelines written in the Amazon States Language, in YAML or JSON, as AWS "
    "Step\n"
    "Functions would, and brings the data steps with it. Every run is durable: a daemon that was "
    "killed\n"
    "resumes where it stood.\n"
    ".PP\n"
    "Commands that ask a daemon take\n"
    ".BR \\-\\-server ,\n"
    "and those that print something\n"
    ".BR \"\\-\\-output json\" .\n"
    "A RUN is a run's number, its ARN, a generated name, or WORKFLOW/NAME.\n"
    ".SH COMMANDS\n";

constexpr const char* kTail =
    ".SH EXIT STATUS\n"
    ".TP\n.B 0\nsuccess\n"
    ".TP\n.B 1\nthe run, or its data, failed\n"
    ".TP\n.B 2\nthe command line, the configuration or a workflow file is at fault\n"
    ".TP\n.B 3\nno daemon answers\n"
    ".TP\n.B 130\nthe run was interrupted, and has been stopped\n"
    ".SH ENVIRONMENT\n"
    ".TP\n.B STEPWELL_SERVER\nthe daemon that commands ask; http://127.0.0.1:8083 where it is not "
    "set\n"
    ".TP\n.B STEPWELL_TOKEN\nthe API token that they show\n"
    ".TP\n.B NO_COLOR\nno colours, also on a terminal\n"
    ".TP\n.B STEPWELL_CONFIG, STEPWELL_DATA, STEPWELL_LISTEN, STEPWELL_WORKFLOWS, "
    "STEPWELL_FUNCTIONS\nas the flags of serve and run\n"
    ".SH FILES\n"
    ".TP\n.I /etc/stepwell/stepwell.yaml\nthe configuration of a system's daemon\n"
    ".TP\n.I /var/lib/stepwell\nits data\n"
    ".TP\n.I ~/.config/stepwell/stepwell.yaml\nthe configuration of a user's own\n";

/// So that a text stands in roff as it is.
std::string plain(const std::string& text) {
    std::string out;
    const bool is_request = text.starts_with('.') || text.starts_with('\'');
    if (is_request) out += "\\&";
    for (const char c : text) {
        if (c == '\\') {
            out += "\\e";
        } else if (c == '-') {
            out += "\\-";
        } else {
            out += c;
        }
    }
    return out;
}

std::string usage_of(const std::string& words, const CommandModel& command) {
    std::string out = "\\fB" + plain(words) + "\\fR";
    for (const OptionModel& argument : command.arguments) {
        std::string name = "\\fI" + plain(argument.names.front()) + "\\fR";
        if (argument.is_repeatable) name += "...";
        out += argument.is_required ? " " + name : " [" + name + "]";
    }
    return out;
}

std::string described(const OptionModel& option) {
    std::string out = option.help;
    if (!option.choices.empty()) {
        out += out.empty() ? "" : ": ";
        for (std::size_t i = 0; i < option.choices.size(); ++i) {
            out += (i == 0 ? "" : ", ") + option.choices[i];
        }
    }
    const bool is_said = out.find("repeatable") != out.npos;
    if (option.is_repeatable && !is_said) out += " (repeatable)";
    return plain(out) + "\n";
}

void add_command(const std::string& words, const CommandModel& command, std::string& out) {
    out += ".SS " + usage_of(words, command) + "\n" + plain(command.help) + ".\n";
    for (const OptionModel& argument : command.arguments) {
        out += ".TP\n\\fI" + plain(argument.names.front()) + "\\fR\n" + described(argument);
    }
    for (const OptionModel& option : command.options) {
        if (option.names.back() == "--help" || option.names.front() == "--help") continue;
        out += ".TP\n";
        for (std::size_t i = 0; i < option.names.size(); ++i) {
            out += (i == 0 ? "\\fB" : ", \\fB") + plain(option.names[i]) + "\\fR";
        }
        if (!option.value.empty()) out += " \\fI" + plain(option.value) + "\\fR";
        out += "\n" + described(option);
    }
    for (const CommandModel& child : command.children) {
        add_command(words + " " + child.name, child, out);
    }
}

}  // namespace

std::string manual_page(const CommandModel& program) {
    std::string out = ".\\\" Written by `stepwell man`.\n";
    out += kHead;
    for (const CommandModel& command : program.children) {
        add_command(program.name + " " + command.name, command, out);
    }
    return out + kTail;
}

}  // namespace stepwell::api::cli

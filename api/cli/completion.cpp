// Completion scripts. Each walks the words so far to find the command they are in, and then offers
// what that command takes; the tables in them are written out of the tree.
#include <functional>

#include "api/cli/command_model.hpp"
#include "api/cli/terminal.hpp"

namespace stepwell::api::cli {
namespace {

/// A command and where it stands: " schedules pause"; the program itself: "".
using Visit = std::function<void(const std::string& where, const CommandModel& command)>;

void for_each_command(const CommandModel& command, const std::string& where, const Visit& visit) {
    visit(where, command);
    for (const CommandModel& child : command.children) {
        for_each_command(child, where + " " + child.name, visit);
    }
}

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
    return out;
}

bool takes_file(const OptionModel& option) {
    return option.value == "FILE" || option.value == "JSON" ||
           (!option.names.empty() && option.names.front() == "FILE");
}

/// "@where serve"|"run"...: what stands before a word that names a command.
std::string command_cases(const CommandModel& program) {
    std::string cases;
    for_each_command(program, "", [&](const std::string& where, const CommandModel&) {
        if (where.empty()) return;
        cases += (cases.empty() ? "" : "|") + ("\"" + where + "\"");
    });
    return cases;
}

std::vector<std::string> words_of(const CommandModel& command) {
    std::vector<std::string> words;
    for (const CommandModel& child : command.children) words.push_back(child.name);
    for (const OptionModel& argument : command.arguments) {
        words.insert(words.end(), argument.choices.begin(), argument.choices.end());
    }
    for (const OptionModel& option : command.options) {
        words.insert(words.end(), option.names.begin(), option.names.end());
    }
    return words;
}

bool has_file_argument(const CommandModel& command) {
    for (const OptionModel& argument : command.arguments) {
        if (takes_file(argument)) return true;
    }
    return false;
}

/// "\" list:--output\"|\" list:-o\"": the cases in which a value of the option is completed.
std::string value_case(const std::string& where, const OptionModel& option) {
    std::string cases;
    for (const std::string& name : option.names) {
        cases += (cases.empty() ? "" : "|") + ("\"" + where + ":" + name + "\"");
    }
    return cases;
}

std::string bash_values(const CommandModel& program) {
    std::string out;
    for_each_command(program, "", [&](const std::string& where, const CommandModel& command) {
        for (const OptionModel& option : command.options) {
            if (option.value.empty()) continue;
            std::string action = "return";
            if (!option.choices.empty()) {
                action = "mapfile -t COMPREPLY < <(compgen -W " +
                         shell_quoted(joined(option.choices)) + " -- \"$current\"); return";
            } else if (option.value == "DIR") {
                action = "_stepwell_files -d; return";
            } else if (takes_file(option)) {
                action = "_stepwell_files -f; return";
            }
            out += "        " + value_case(where, option) + ") " + action + " ;;\n";
        }
    });
    return out;
}

std::string bash_words(const CommandModel& program) {
    std::string out;
    for_each_command(program, "", [&](const std::string& where, const CommandModel& command) {
        out += "        \"" + where + "\") words=" + shell_quoted(joined(words_of(command)));
        if (has_file_argument(command)) out += "; takes_files=1";
        out += " ;;\n";
    });
    return out;
}

std::string bash_script(const CommandModel& program) {
    return "# bash completion of stepwell; written by `stepwell completion bash`\n"
           "_stepwell_files() {\n"
           "    compopt -o filenames 2>/dev/null\n"
           "    mapfile -t COMPREPLY < <(compgen \"$1\" -- \"$current\")\n"
           "}\n"
           "_stepwell() {\n"
           "    local current=\"${COMP_WORDS[COMP_CWORD]}\" "
           "before=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
           "    local where=\"\" word words=\"\" takes_files=\"\"\n"
           "    COMPREPLY=()\n"
           "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
           "        case \"$where $word\" in\n"
           "            " +
           command_cases(program) +
           ") where=\"$where $word\" ;;\n"
           "        esac\n"
           "    done\n"
           "    case \"$where:$before\" in\n" +
           bash_values(program) +
           "    esac\n"
           "    case \"$where\" in\n" +
           bash_words(program) +
           "    esac\n"
           "    if [[ -n \"$takes_files\" && \"$current\" != -* ]]; then\n"
           "        _stepwell_files -f\n"
           "        return\n"
           "    fi\n"
           "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
           "}\n"
           "complete -F _stepwell stepwell\n";
}

/// "name:help" for _describe, in which a colon within is escaped.
std::string described(const std::string& name, const std::string& help) {
    std::string text = name + ":";
    for (const char c : help) {
        if (c == ':') text += '\\';
        text += c;
    }
    return shell_quoted(text);
}

std::string zsh_values(const CommandModel& program) {
    std::string out;
    for_each_command(program, "", [&](const std::string& where, const CommandModel& command) {
        for (const OptionModel& option : command.options) {
            if (option.value.empty()) continue;
            std::string action = "_message " + shell_quoted(option.value);
            if (!option.choices.empty()) {
                action = "compadd -- " + joined(option.choices);
            } else if (option.value == "DIR") {
                action = "_files -/";
            } else if (takes_file(option)) {
                action = "_files";
            }
            out += "        (" + value_case(where, option) + ") " + action + "; return ;;\n";
        }
    });
    return out;
}

std::string zsh_words(const CommandModel& program) {
    std::string out;
    for_each_command(program, "", [&](const std::string& where, const CommandModel& command) {
        out += "        (\"" + where + "\")\n            found=(";
        for (const CommandModel& child : command.children) {
            out += "\n                " + described(child.name, child.help);
        }
        for (const OptionModel& argument : command.arguments) {
            for (const std::string& choice : argument.choices) {
                out += "\n                " + described(choice, argument.help);
            }
        }
        for (const OptionModel& option : command.options) {
            for (const std::string& name : option.names) {
                out += "\n                " + described(name, option.help);
            }
        }
        out += ")\n";
        if (has_file_argument(command)) out += "            _files\n";
        out += "            ;;\n";
    });
    return out;
}

std::string zsh_script(const CommandModel& program) {
    return "#compdef stepwell\n"
           "# zsh completion of stepwell; written by `stepwell completion zsh`\n"
           "_stepwell() {\n"
           "    local where=\"\" word before=\"${words[CURRENT-1]}\"\n"
           "    local -a found\n"
           "    for word in \"${(@)words[2,CURRENT-1]}\"; do\n"
           "        case \"$where $word\" in\n"
           "            (" +
           command_cases(program) +
           ") where=\"$where $word\" ;;\n"
           "        esac\n"
           "    done\n"
           "    case \"$where:$before\" in\n" +
           zsh_values(program) +
           "    esac\n"
           "    case \"$where\" in\n" +
           zsh_words(program) +
           "    esac\n"
           "    _describe 'stepwell' found\n"
           "}\n"
           "compdef _stepwell stepwell\n";
}

std::string fish_option(const OptionModel& option) {
    std::string out;
    for (const std::string& name : option.names) {
        const bool is_long = name.starts_with("--");
        out += is_long ? " -l " + name.substr(2) : " -s " + name.substr(1);
    }
    if (option.value.empty()) return out;
    if (!option.choices.empty()) return out + " -x -a " + shell_quoted(joined(option.choices));
    if (option.value == "DIR") return out + " -x -a '(__fish_complete_directories)'";
    return out + (takes_file(option) ? " -r -F" : " -x");
}

void add_fish_lines(const std::string& where, const CommandModel& command, std::string& out) {
    const std::string begin =
        "complete -c stepwell -n " + shell_quoted("__stepwell_at '" + where + "'");
    for (const CommandModel& child : command.children) {
        out += begin + " -a " + child.name + " -d " + shell_quoted(child.help) + "\n";
    }
    for (const OptionModel& argument : command.arguments) {
        if (!argument.choices.empty()) {
            out += begin + " -a " + shell_quoted(joined(argument.choices)) + " -d " +
                   shell_quoted(argument.help) + "\n";
        }
    }
    if (has_file_argument(command)) out += begin + " -F\n";
    for (const OptionModel& option : command.options) {
        out += begin + fish_option(option) + " -d " + shell_quoted(option.help) + "\n";
    }
}

std::string fish_script(const CommandModel& program) {
    std::string commands;
    std::string lines;
    for_each_command(program, "", [&](const std::string& where, const CommandModel& command) {
        if (!where.empty()) commands += " " + shell_quoted(where);
        add_fish_lines(where, command, lines);
    });
    return "# fish completion of stepwell; written by `stepwell completion fish`\n"
           "function __stepwell_at\n"
           "    set -l where ''\n"
           "    for word in (commandline -opc)[2..-1]\n"
           "        if contains -- \"$where $word\"" +
           commands +
           "\n"
           "            set where \"$where $word\"\n"
           "        end\n"
           "    end\n"
           "    test \"$where\" = \"$argv[1]\"\n"
           "end\n"
           "complete -c stepwell -f\n" +
           lines;
}

}  // namespace

std::string completion_script(const CommandModel& program, const std::string& shell) {
    if (shell == "zsh") return zsh_script(program);
    if (shell == "fish") return fish_script(program);
    return bash_script(program);
}

}  // namespace stepwell::api::cli

// What commands read beside their arguments: files and standard input.
#include <termios.h>
#include <unistd.h>

#include <iostream>
#include <iterator>

#include "api/cli/options.hpp"

namespace stepwell::api::cli {

Result<Json> read_input(const std::optional<std::string>& argument, const std::string& flag) {
    if (!argument) return Json::object();
    std::string text = *argument;
    std::string place = flag;
    if (text == "-") {
        text.assign(std::istreambuf_iterator<char>(std::cin), {});
        place = "standard input";
    } else if (!text.empty() && text.front() == '@') {
        place = text.substr(1);
        text = SW_TRY(read_file(place));
    }
    auto input = parse_json(text);
    if (!input) return fail(std::move(input).error().within(place + ": expected JSON"));
    return input;
}

Result<std::string> read_secret(const std::string& flag, const std::string& argument) {
    std::string text;
    if (argument == "-") {
        text = read_hidden(flag);
        // Nobody sees what was typed: a slip would keep its owner out.
        const bool is_typed = ::isatty(STDIN_FILENO) == 1;
        if (is_typed && read_hidden(flag + " again") != text) {
            return fail(ErrorCode::invalid,
                        "expected the same " + flag + " twice, but they differ; nothing was done");
        }
    } else if (argument.starts_with('@')) {
        text = SW_TRY(read_file(argument.substr(1)));
    } else {
        return fail(ErrorCode::invalid, "expected --" + flag +
                                            " to be @FILE, or - for standard input: what stands in "
                                            "the command line is seen by others");
    }
    while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
    return text;
}

std::string read_hidden(const std::string& what) {
    termios before{};
    if (::tcgetattr(STDIN_FILENO, &before) != 0) {
        return {std::istreambuf_iterator<char>(std::cin), {}};
    }
    std::cerr << what << ": " << std::flush;
    termios silent = before;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    std::string line;
    std::getline(std::cin, line);
    std::cin.clear();
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    std::cerr << '\n';
    return line;
}

}  // namespace stepwell::api::cli

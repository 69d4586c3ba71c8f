// Text helpers of the template engine: what Python's str does, on UTF-8.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stepwell::tasks::jinja {

/// One string per code point.
std::vector<std::string> characters(std::string_view text);
/// Without the characters of `set` at either end (which: -1 left, 1 right, 0 both).
std::string strip(std::string_view text, std::string_view set = " \t\r\n\f\v", int which = 0);
std::string lower(std::string_view text);
std::string upper(std::string_view text);
std::string capitalize(std::string_view text);
std::string title(std::string_view text);
/// Without a limit where `count` is negative.
std::string replace_all(std::string_view text, std::string_view from, std::string_view to,
                        long count = -1);
/// Python's split(): by white space, empty pieces dropped.
std::vector<std::string> split_words(std::string_view text);
std::vector<std::string> split(std::string_view text, std::string_view separator, long limit = -1);

}  // namespace stepwell::tasks::jinja

// Tables of the methods that templates may call on values.
//
// Threads: the tables are immutable.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

#include "tasks/template/interpreter.hpp"
#include "tasks/template/signature.hpp"

namespace stepwell::tasks::jinja {

using MethodFunction = Outcome<Value> (*)(Interpreter&, const Value& self, const Arguments&);
struct Method {
    Signature signature;
    MethodFunction call;
};
using Methods = std::map<std::string, Method, std::less<>>;  // by name

Methods method_table(std::initializer_list<std::pair<std::string_view, MethodFunction>> entries);

const Methods& text_methods();
const Methods& list_methods();
const Methods& dict_methods();

/// The text given; fails where it is missing or something else.
Outcome<std::string> text_argument(const Arguments& arguments, std::size_t position,
                                   std::string_view name);
/// The whole number given, or `fallback` where it is missing or none.
Outcome<std::int64_t> integer_argument(const Arguments& arguments, std::size_t position,
                                       std::string_view name, std::int64_t fallback);
/// Whether the text has letters of one case and none of the other.
bool has_only_case(std::string_view text, bool (*is_wanted)(char32_t), bool (*is_not)(char32_t));
/// Throws LimitExceeded where replacing would make too long a text.
void check_replaced(std::string_view text, std::string_view from, std::string_view to);

}  // namespace stepwell::tasks::jinja

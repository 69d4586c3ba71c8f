// What the files of filters share.
//
// Threads: filters have no state.
#pragma once

#include <string_view>

#include "tasks/template/interpreter.hpp"
#include "tasks/template/signature.hpp"

namespace stepwell::tasks::jinja {

/// Adds a filter whose arguments are checked against the signature (without the input).
void add_filter(Environment& environment, std::string_view signature, Filter filter);
/// Whether the argument is given and true.
bool flag(const Arguments& arguments, std::size_t position, std::string_view name);
/// Fails with the hint of an undefined value.
Outcome<void> check_defined(const Value& value);

/// As Python's json.dumps(value, indent, sort_keys), which writes ASCII. `is_for_html`: also
/// without
/// `<`, `>`, `&` and `'`. Fails for what JSON has not.
Outcome<std::string> json_text(const Value& value, int indent, bool sorts_keys, bool is_for_html);
Outcome<Value> tojson_filter(Interpreter&, const Value& input, const Arguments& arguments);
Outcome<Value> pprint_filter(Interpreter&, const Value& input, const Arguments& arguments);

}  // namespace stepwell::tasks::jinja

// The methods of list and dict that templates may call, and how methods are found.
#include "tasks/template/methods.hpp"

#include <algorithm>

#include "tasks/template/containment.hpp"

namespace stepwell::tasks::jinja {

Outcome<std::string> text_argument(const Arguments& arguments, std::size_t position,
                                   std::string_view name) {
    const Value* value = arguments.get(position, name);
    if (value == nullptr || value->as_text() == nullptr) {
        return template_fail("expected a string as '" + std::string(name) + "', but got " +
                             (value == nullptr ? "nothing" : "a '" + value->type_name() + "'"));
    }
    return *value->as_text();
}

Outcome<std::int64_t> integer_argument(const Arguments& arguments, std::size_t position,
                                       std::string_view name, std::int64_t fallback) {
    const Value* value = arguments.get(position, name);
    if (value == nullptr || value->is_none()) return fallback;
    if (value->is_integer()) return value->integer();
    return template_fail("expected a whole number as '" + std::string(name) + "', but got a '" +
                         value->type_name() + "'");
}

Methods method_table(std::initializer_list<std::pair<std::string_view, MethodFunction>> entries) {
    Methods table;
    for (const auto& [text, call] : entries) {
        Signature signature(text);
        const std::string name = signature.name();
        table.emplace(name, Method{std::move(signature), call});
    }
    return table;
}

namespace {

Outcome<Value> pop_from_list(Interpreter&, const Value& self, const Arguments& arguments) {
    List& list = *self.as_list();
    const auto length = static_cast<std::int64_t>(list.size());
    auto at = SW_TRY(integer_argument(arguments, 0, "index", -1));
    at = at < 0 ? at + length : at;
    if (at < 0 || at >= length) return template_fail("pop index is out of range");
    Value taken = list[static_cast<std::size_t>(at)];
    list.erase(list.begin() + at);
    return taken;
}

Outcome<Value> index_in_list(Interpreter&, const Value& self, const Arguments& arguments) {
    const Value& wanted = arguments.positional[0];
    const List& list = *self.as_sequence();
    const auto length = static_cast<std::int64_t>(list.size());
    auto begin = SW_TRY(integer_argument(arguments, 1, "start", 0));
    auto end = SW_TRY(integer_argument(arguments, 2, "stop", length));
    if (begin < 0) begin = std::max<std::int64_t>(begin + length, 0);
    if (end < 0) end += length;
    for (auto i = begin; i < std::min(end, length); ++i) {
        if (equal(list[static_cast<std::size_t>(i)], wanted)) return Value(i);
    }
    return template_fail("the value is not in the list");
}

Outcome<Value> count_in_list(Interpreter&, const Value& self, const Arguments& arguments) {
    const Value& wanted = arguments.positional[0];
    const List& list = *self.as_sequence();
    return Value(
        std::count_if(list.begin(), list.end(), [&](const Value& v) { return equal(v, wanted); }));
}

/// Unlike the filter, with the order of capitals before small letters.
Outcome<Value> sort_list(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
    Arguments how;
    how.named.emplace_back("case_sensitive", true);
    if (const Value* flag = arguments.get(1, "reverse")) how.named.emplace_back("reverse", *flag);
    if (const Value* key = arguments.get(0, "key"); key != nullptr && !key->is_none())
        return template_fail("sort() takes no key here; use the filter sort(attribute=...)");
    const Value sorted = SW_TRY(interpreter.apply_filter("sort", self, how));
    *self.as_list() = *sorted.as_list();
    return Value();
}

}  // namespace

const Methods& list_methods() {
    static const Methods methods = method_table({
        {"!append(/value)",
         [](Interpreter&, const Value& s, const Arguments& a) -> Outcome<Value> {
             SW_TRY(check_part(a.positional[0], s.as_list()));
             s.as_list()->push_back(a.positional[0]);
             return Value();
         }},
        {"!extend(/values)",
         [](Interpreter&, const Value& s, const Arguments& a) -> Outcome<Value> {
             List values = SW_TRY(elements_of(a.positional[0]));
             SW_TRY(check_parts(values, s.as_list()));
             for (auto& value : values) s.as_list()->push_back(std::move(value));
             return Value();
         }},
        {"!insert(/index, value)",
         [](Interpreter&, const Value& s, const Arguments& a) -> Outcome<Value> {
             List& list = *s.as_list();
             const auto length = static_cast<std::int64_t>(list.size());
             auto at = SW_TRY(integer_argument(a, 0, "index", 0));
             at = std::clamp<std::int64_t>(at < 0 ? at + length : at, 0, length);
             SW_TRY(check_part(a.positional[1], &list));
             list.insert(list.begin() + at, a.positional[1]);
             return Value();
         }},
        {"!pop(/index=)", pop_from_list},
        {"!remove(/value)",
         [](Interpreter& i, const Value& s, const Arguments& a) -> Outcome<Value> {
             const Value at = SW_TRY(index_in_list(i, s, a));
             s.as_list()->erase(s.as_list()->begin() + at.integer());
             return Value();
         }},
        {"!clear()",
         [](Interpreter&, const Value& s, const Arguments&) -> Outcome<Value> {
             s.as_list()->clear();
             return Value();
         }},
        {"!reverse()",
         [](Interpreter&, const Value& s, const Arguments&) -> Outcome<Value> {
             std::reverse(s.as_list()->begin(), s.as_list()->end());
             return Value();
         }},
        {"copy()",
         [](Interpreter&, const Value& s, const Arguments&) -> Outcome<Value> {
             return Value::list(*s.as_list());
         }},
        {"!sort(key=, reverse=)", sort_list},
        {"index(/value, start=, stop=)", index_in_list},
        {"count(/value)", count_in_list},
    });
    return methods;
}

namespace {

Outcome<void> put_into(Dict& target, const Value& key, const Value& value) {
    if (!is_hashable(key)) return unhashable(key);
    SW_TRY(check_part(key, &target));
    SW_TRY(check_part(value, &target));
    target.set(key, value);
    return {};
}

Outcome<void> merge_into(Dict& target, const Value& source) {
    if (const Dict* dict = source.as_dict()) {
        const auto entries = dict->entries();
        for (const auto& [key, value] : entries) SW_TRY(put_into(target, key, value));
        return {};
    }
    const List pairs = SW_TRY(elements_of(source));
    for (const auto& pair : pairs) {
        const List parts = SW_TRY(elements_of(pair));
        if (parts.size() != 2) return template_fail("expected pairs of key and value");
        SW_TRY(put_into(target, parts[0], parts[1]));
    }
    return {};
}

Value dict_part(const Dict& dict, int part) {
    List elements;
    for (const auto& [key, value] : dict.entries()) {
        if (part == 0)
            elements.push_back(key);
        else if (part == 1)
            elements.push_back(value);
        else
            elements.push_back(Value::tuple({key, value}));
    }
    return Value::list(std::move(elements));
}

}  // namespace

// NOLINTNEXTLINE(readability-function-size): a table
const Methods& dict_methods() {
    static const Methods methods = method_table({
        {"get(/key, default=)",
         [](Interpreter&, const Value& s, const Arguments& a) -> Outcome<Value> {
             const Value* key = a.get(0, "key");
             const Value* fallback = a.get(1, "default");
             if (!is_hashable(*key)) return unhashable(*key);
             const Value* found = s.as_dict()->find(*key);
             return found != nullptr ? *found : fallback != nullptr ? *fallback : Value();
         }},
        {"keys()",
         [](Interpreter&, const Value& s, const Arguments&) -> Outcome<Value> {
             return dict_part(*s.as_dict(), 0);
         }},
        {"values()",
         [](Interpreter&, const Value& s, const Arguments&) -> Outcome<Value> {
             return dict_part(*s.as_dict(), 1);
         }},
        {"items()",
         [](Interpreter&, const Value& s, const Arguments&) -> Outcome<Value> {
             return dict_part(*s.as_dict(), 2);
         }},
        {"!update(/values=, **)",
         [](Interpreter&, const Value& s, const Arguments& a) -> Outcome<Value> {
             if (!a.positional.empty()) SW_TRY(merge_into(*s.as_dict(), a.positional[0]));
             for (const auto& [name, value] : a.named) {
                 SW_TRY(put_into(*s.as_dict(), Value(name), value));
             }
             return Value();
         }},
        {"!setdefault(/key, default=)",
         [](Interpreter&, const Value& s, const Arguments& a) -> Outcome<Value> {
             const Value* key = a.get(0, "key");
             const Value* found = s.as_dict()->find(*key);
             if (found != nullptr) return *found;
             const Value* fallback = a.get(1, "default");
             SW_TRY(put_into(*s.as_dict(), *key, fallback != nullptr ? *fallback : Value()));
             return *s.as_dict()->find(*key);
         }},
        {"!pop(/key, default=)",
         [](Interpreter&, const Value& s, const Arguments& a) -> Outcome<Value> {
             const Value* key = a.get(0, "key");
             if (!is_hashable(*key)) return unhashable(*key);
             const Value* found = s.as_dict()->find(*key);
             const Value* fallback = a.get(1, "default");
             if (found == nullptr && fallback != nullptr) return *fallback;
             if (found == nullptr) return template_fail("pop(): there is no such key");
             Value taken = *found;
             s.as_dict()->erase(*key);
             return taken;
         }},
        {"!popitem()",
         [](Interpreter&, const Value& s, const Arguments&) -> Outcome<Value> {
             const auto& entries = s.as_dict()->entries();
             if (entries.empty()) return template_fail("popitem(): the dict is empty");
             const auto [key, value] = entries.back();
             s.as_dict()->erase(key);
             return Value::tuple({key, value});
         }},
        {"copy()",
         [](Interpreter&, const Value& s, const Arguments&) -> Outcome<Value> {
             Value copy = Value::dict();
             SW_TRY(merge_into(*copy.as_dict(), s));
             return copy;
         }},
        {"!clear()",
         [](Interpreter&, const Value& s, const Arguments&) -> Outcome<Value> {
             s.as_dict()->clear();
             return Value();
         }},
    });
    return methods;
}

namespace {

const Methods* methods_of(const Value& self) {
    if (self.as_text() != nullptr) return &text_methods();
    if (self.as_sequence() != nullptr) return &list_methods();
    return self.as_dict() != nullptr ? &dict_methods() : nullptr;
}

}  // namespace

std::optional<Value> method_of(const Value& self, std::string_view name) {
    const Methods* methods = methods_of(self);
    if (methods == nullptr) return std::nullopt;
    const auto found = methods->find(name);
    if (found == methods->end()) return std::nullopt;
    const bool is_tuple = self.as_sequence() != nullptr && self.as_list() == nullptr;
    if (is_tuple && name != "index" && name != "count") return std::nullopt;
    const Method* method = &found->second;
    return Value::function(
        method->signature.name(),
        [self, method](Interpreter& interpreter, const Arguments& arguments) -> Outcome<Value> {
            SW_TRY(method->signature.check(arguments));
            if (method->signature.changes_self() && self.is_frozen())
                return template_fail(
                    "expected a value of this template to change, but it belongs "
                    "to a macro file, which all models share; take a copy()");
            return method->call(interpreter, self, arguments);
        });
}

}  // namespace stepwell::tasks::jinja

// The methods of str, list and dict that templates may call.
#include <algorithm>
#include <map>

#include "engine/base/ascii.hpp"
#include "tasks/template/containment.hpp"
#include "tasks/template/interpreter.hpp"
#include "tasks/template/text.hpp"

namespace stepwell::tasks::jinja {
namespace {

using Method = Outcome<Value> (*)(Interpreter&, const Value& self, const Arguments&);
using Methods = std::map<std::string_view, Method>;

Outcome<std::string> text_argument(const Arguments& arguments, std::size_t position,
                                   std::string_view name,
                                   std::optional<std::string> fallback = {}) {
    const Value* value = arguments.get(position, name);
    if (value == nullptr && fallback) return *fallback;
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

Value text_list(std::vector<std::string> parts) {
    List elements;
    for (auto& part : parts) elements.emplace_back(std::move(part));
    return Value::list(std::move(elements));
}

template <int which>
Outcome<Value> strip_method(Interpreter&, const Value& self, const Arguments& arguments) {
    return Value(
        strip(*self.as_text(), SW_TRY(text_argument(arguments, 0, "chars", " \t\r\n\f\v")), which));
}

template <bool at_end>
Outcome<Value> affix_method(Interpreter&, const Value& self, const Arguments& arguments) {
    const Value* given = arguments.get(0, "prefix");
    const List candidates = given != nullptr && given->as_sequence() != nullptr
                                ? *given->as_sequence()
                                : List{Value(SW_TRY(text_argument(arguments, 0, "prefix")))};
    const std::string& text = *self.as_text();
    const bool holds = std::any_of(candidates.begin(), candidates.end(), [&](const Value& affix) {
        return at_end ? text.ends_with(affix.text()) : text.starts_with(affix.text());
    });
    return Value(holds);
}

template <bool (*is_member)(char)>
Outcome<Value> all_characters(Interpreter&, const Value& self, const Arguments&) {
    const std::string& text = *self.as_text();
    return Value(!text.empty() && std::all_of(text.begin(), text.end(), is_member));
}
bool is_alpha(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_alnum(char c) {
    return is_digit(c) || is_alpha(c);
}

Outcome<Value> split_method(Interpreter&, const Value& self, const Arguments& arguments) {
    const Value* separator = arguments.get(0, "sep");
    const auto limit = SW_TRY(integer_argument(arguments, 1, "maxsplit", -1));
    if (separator == nullptr || separator->is_none())
        return text_list(split_words(*self.as_text()));
    const std::string by = SW_TRY(text_argument(arguments, 0, "sep"));
    if (by.empty()) return template_fail("expected a separator, but got an empty string");
    return text_list(split(*self.as_text(), by, limit));
}

Outcome<Value> join_method(Interpreter&, const Value& self, const Arguments& arguments) {
    const Value* parts = arguments.get(0, "iterable");
    std::string result;
    bool is_first = true;
    for (const auto& part : SW_TRY(elements_of(parts != nullptr ? *parts : Value()))) {
        if (part.as_text() == nullptr)
            return template_fail("expected strings to join, but got a '" + part.type_name() + "'");
        result += (is_first ? "" : *self.as_text()) + *part.as_text();
        is_first = false;
    }
    return Value(std::move(result));
}

template <bool from_end>
Outcome<Value> find_method(Interpreter&, const Value& self, const Arguments& arguments) {
    const std::string part = SW_TRY(text_argument(arguments, 0, "sub"));
    const auto at = from_end ? self.as_text()->rfind(part) : self.as_text()->find(part);
    return at == std::string::npos ? Value(-1) : Value(at);
}

const Methods& text_methods() {
    static const Methods methods = {
        {"lower",
         [](Interpreter&, const Value& s, const Arguments&) -> Outcome<Value> {
             return Value(lower(*s.as_text()));
         }},
        {"upper",
         [](Interpreter&, const Value& s, const Arguments&) -> Outcome<Value> {
             return Value(upper(*s.as_text()));
         }},
        {"title",
         [](Interpreter&, const Value& s, const Arguments&) -> Outcome<Value> {
             return Value(title(*s.as_text()));
         }},
        {"capitalize",
         [](Interpreter&, const Value& s, const Arguments&) -> Outcome<Value> {
             return Value(capitalize(*s.as_text()));
         }},
        {"strip", strip_method<0>},
        {"lstrip", strip_method<-1>},
        {"rstrip", strip_method<1>},
        {"split", split_method},
        {"splitlines",
         [](Interpreter&, const Value& s, const Arguments&) -> Outcome<Value> {
             auto lines = split(*s.as_text(), "\n");
             if (lines.back().empty()) lines.pop_back();
             return text_list(std::move(lines));
         }},
        {"join", join_method},
        {"replace",
         [](Interpreter&, const Value& s, const Arguments& a) -> Outcome<Value> {
             const std::string from = SW_TRY(text_argument(a, 0, "old"));
             const std::string to = SW_TRY(text_argument(a, 1, "new"));
             return Value(
                 replace_all(*s.as_text(), from, to, SW_TRY(integer_argument(a, 2, "count", -1))));
         }},
        {"startswith", affix_method<false>},
        {"endswith", affix_method<true>},
        {"find", find_method<false>},
        {"rfind", find_method<true>},
        {"isdigit", all_characters<is_digit>},
        {"isalpha", all_characters<is_alpha>},
        {"isalnum", all_characters<is_alnum>},
        {"count",
         [](Interpreter&, const Value& s, const Arguments& a) -> Outcome<Value> {
             const std::string part = SW_TRY(text_argument(a, 0, "sub"));
             if (part.empty())
                 return template_fail("expected something to count, but got an empty string");
             return Value(split(*s.as_text(), part).size() - 1);
         }},
        {"zfill",
         [](Interpreter&, const Value& s, const Arguments& a) -> Outcome<Value> {
             const auto width = SW_TRY(integer_argument(a, 0, "width", 0));
             std::string text = *s.as_text();
             const auto missing = std::clamp<std::int64_t>(
                 width - static_cast<std::int64_t>(text.size()), 0, 10'000);
             const bool is_signed = !text.empty() && (text[0] == '-' || text[0] == '+');
             return Value(text.insert(is_signed ? 1 : 0, static_cast<std::size_t>(missing), '0'));
         }},
        {"format",
         [](Interpreter& i, const Value& s, const Arguments& a) -> Outcome<Value> {
             return Value(SW_TRY(brace_format(i, *s.as_text(), a)));
         }},
    };
    return methods;
}

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
    const Value* wanted = arguments.get(0, "value");
    const List& list = *self.as_sequence();
    for (std::size_t i = 0; wanted != nullptr && i < list.size(); ++i) {
        if (equal(list[i], *wanted)) return Value(i);
    }
    return template_fail((wanted != nullptr ? wanted->repr() : "nothing") + " is not in the list");
}

Outcome<Value> count_in_list(Interpreter&, const Value& self, const Arguments& arguments) {
    const Value* wanted = arguments.get(0, "value");
    const List& list = *self.as_sequence();
    if (wanted == nullptr) return template_fail("count() expects a value");
    return Value(
        std::count_if(list.begin(), list.end(), [&](const Value& v) { return equal(v, *wanted); }));
}

Outcome<Value> sort_list(Interpreter& interpreter, const Value& self, const Arguments& arguments) {
    Arguments reverse;
    if (const Value* flag = arguments.get(9, "reverse"))
        reverse.named.emplace_back("reverse", *flag);
    const Value sorted = SW_TRY(interpreter.apply_filter("sort", self, reverse));
    *self.as_list() = *sorted.as_list();
    return Value();
}

const Methods& list_methods() {
    static const Methods methods = {
        {"append",
         [](Interpreter&, const Value& s, const Arguments& a) -> Outcome<Value> {
             if (a.positional.size() != 1) return template_fail("append() expects one value");
             SW_TRY(check_part(a.positional[0], s.as_list()));
             s.as_list()->push_back(a.positional[0]);
             return Value();
         }},
        {"extend",
         [](Interpreter&, const Value& s, const Arguments& a) -> Outcome<Value> {
             if (a.positional.size() != 1) return template_fail("extend() expects one list");
             List values = SW_TRY(elements_of(a.positional[0]));
             SW_TRY(check_parts(values, s.as_list()));
             for (auto& value : values) s.as_list()->push_back(std::move(value));
             return Value();
         }},
        {"insert",
         [](Interpreter&, const Value& s, const Arguments& a) -> Outcome<Value> {
             if (a.positional.size() != 2)
                 return template_fail("insert() expects a position and a value");
             List& list = *s.as_list();
             const auto length = static_cast<std::int64_t>(list.size());
             auto at = SW_TRY(integer_argument(a, 0, "index", 0));
             at = std::clamp<std::int64_t>(at < 0 ? at + length : at, 0, length);
             SW_TRY(check_part(a.positional[1], &list));
             list.insert(list.begin() + at, a.positional[1]);
             return Value();
         }},
        {"pop", pop_from_list},
        {"remove",
         [](Interpreter& i, const Value& s, const Arguments& a) -> Outcome<Value> {
             const Value at = SW_TRY(index_in_list(i, s, a));
             s.as_list()->erase(s.as_list()->begin() + at.integer());
             return Value();
         }},
        {"clear",
         [](Interpreter&, const Value& s, const Arguments&) -> Outcome<Value> {
             s.as_list()->clear();
             return Value();
         }},
        {"reverse",
         [](Interpreter&, const Value& s, const Arguments&) -> Outcome<Value> {
             std::reverse(s.as_list()->begin(), s.as_list()->end());
             return Value();
         }},
        {"copy",
         [](Interpreter&, const Value& s, const Arguments&) -> Outcome<Value> {
             return Value::list(*s.as_list());
         }},
        {"sort", sort_list},
        {"index", index_in_list},
        {"count", count_in_list},
    };
    return methods;
}

Outcome<void> put_into(Dict& target, const Value& key, const Value& value) {
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

const Methods& dict_methods() {
    static const Methods methods = {
        {"get",
         [](Interpreter&, const Value& s, const Arguments& a) -> Outcome<Value> {
             const Value* key = a.get(0, "key");
             const Value* fallback = a.get(1, "default");
             const Value* found = key != nullptr ? s.as_dict()->find(*key) : nullptr;
             return found != nullptr ? *found : fallback != nullptr ? *fallback : Value();
         }},
        {"keys",
         [](Interpreter&, const Value& s, const Arguments&) -> Outcome<Value> {
             return dict_part(*s.as_dict(), 0);
         }},
        {"values",
         [](Interpreter&, const Value& s, const Arguments&) -> Outcome<Value> {
             return dict_part(*s.as_dict(), 1);
         }},
        {"items",
         [](Interpreter&, const Value& s, const Arguments&) -> Outcome<Value> {
             return dict_part(*s.as_dict(), 2);
         }},
        {"update",
         [](Interpreter&, const Value& s, const Arguments& a) -> Outcome<Value> {
             if (!a.positional.empty()) SW_TRY(merge_into(*s.as_dict(), a.positional[0]));
             for (const auto& [name, value] : a.named) {
                 SW_TRY(put_into(*s.as_dict(), Value(name), value));
             }
             return Value();
         }},
        {"setdefault",
         [](Interpreter&, const Value& s, const Arguments& a) -> Outcome<Value> {
             const Value* key = a.get(0, "key");
             if (key == nullptr) return template_fail("setdefault() expects a key");
             const Value* found = s.as_dict()->find(*key);
             if (found != nullptr) return *found;
             const Value* fallback = a.get(1, "default");
             SW_TRY(put_into(*s.as_dict(), *key, fallback != nullptr ? *fallback : Value()));
             return *s.as_dict()->find(*key);
         }},
        {"pop",
         [](Interpreter&, const Value& s, const Arguments& a) -> Outcome<Value> {
             const Value* key = a.get(0, "key");
             const Value* found = key != nullptr ? s.as_dict()->find(*key) : nullptr;
             const Value* fallback = a.get(1, "default");
             if (found == nullptr && fallback != nullptr) return *fallback;
             if (found == nullptr)
                 return template_fail("pop(): there is no key " +
                                      (key != nullptr ? key->repr() : "given"));
             Value taken = *found;
             s.as_dict()->erase(*key);
             return taken;
         }},
        {"copy",
         [](Interpreter&, const Value& s, const Arguments&) -> Outcome<Value> {
             Value copy = Value::dict();
             SW_TRY(merge_into(*copy.as_dict(), s));
             return copy;
         }},
        {"clear",
         [](Interpreter&, const Value& s, const Arguments&) -> Outcome<Value> {
             s.as_dict()->clear();
             return Value();
         }},
    };
    return methods;
}

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
    return Value::function(
        std::string(name),
        [self, method = found->second](Interpreter& interpreter, const Arguments& arguments) {
            return method(interpreter, self, arguments);
        });
}

}  // namespace stepwell::tasks::jinja

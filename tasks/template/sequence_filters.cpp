// Jinja's filters on lists and dicts.
#include <algorithm>

#include "tasks/template/filters.hpp"
#include "tasks/template/text.hpp"

namespace stepwell::tasks::jinja {
namespace {

using SequenceResult = Outcome<Value>;

/// `path` may be dotted, and its parts may be positions: "address.lines.0".
/// `fallback` (may be null) stands for what is missing on the way.
SequenceResult value_at(Interpreter& interpreter, Value value, const Value& path,
                        const Value* fallback = nullptr) {
    if (path.is_none()) return value;
    const auto filled = [&](Value found) {
        return found.is_undefined() && fallback != nullptr && !fallback->is_none() ? *fallback
                                                                                   : found;
    };
    if (path.as_text() == nullptr) return filled(SW_TRY(interpreter.item(value, path)));
    for (const auto& part : split(path.text(), ".")) {
        const bool is_position =
            !part.empty() && part.find_first_not_of("0123456789") == std::string::npos;
        value = SW_TRY(is_position ? interpreter.item(value, Value(std::stoll(part.substr(0, 9))))
                                   : interpreter.item(value, Value(part)));
        value = filled(std::move(value));
    }
    return value;
}

/// Texts compare without case unless the filter says otherwise.
Value folded(const Value& value, bool is_case_sensitive) {
    return is_case_sensitive || value.as_text() == nullptr ? value : Value(lower(*value.as_text()));
}

struct Keyed {
    Value key;
    Value value;
};
using KeyedList = std::vector<Keyed, Counted<Keyed>>;

Outcome<KeyedList> keyed_elements(Interpreter& interpreter, const Value& input,
                                  const Value* attribute, bool is_case_sensitive,
                                  const Value* fallback = nullptr) {
    KeyedList result;
    for (auto& element : SW_TRY(elements_of(input))) {
        Value key = element;
        if (attribute != nullptr)
            key = SW_TRY(value_at(interpreter, element, *attribute, fallback));
        result.push_back({folded(key, is_case_sensitive), std::move(element)});
    }
    return result;
}

/// `skips_equal`: keys that are equal need no order, not even missing ones; as in Python's lists.
Outcome<void> sort_keyed(KeyedList& elements, bool is_reversed, bool skips_equal) {
    std::optional<Signal> fault;
    std::stable_sort(elements.begin(), elements.end(), [&](const Keyed& a, const Keyed& b) {
        if (skips_equal && equal(a.key, b.key)) return false;
        if (a.key.is_undefined() && !fault) fault = check_defined(a.key).error();
        auto order = is_reversed ? compare(b.key, a.key) : compare(a.key, b.key);
        if (!order && !fault) fault = order.error();
        return order && *order < 0;
    });
    if (fault) return fail(*std::move(fault));
    return {};
}

/// `attribute` may name several, separated by commas.
SequenceResult sort_filter(Interpreter& interpreter, const Value& input,
                           const Arguments& arguments) {
    const Value* attribute = arguments.get(2, "attribute");
    const bool is_case_sensitive = flag(arguments, 1, "case_sensitive");
    KeyedList elements;
    for (auto& element : SW_TRY(elements_of(input))) {
        Value key = folded(element, is_case_sensitive);
        if (attribute != nullptr && attribute->as_text() != nullptr) {
            List keys;
            for (const auto& path : split(*attribute->as_text(), ",")) {
                keys.push_back(
                    folded(SW_TRY(value_at(interpreter, element, Value(path))), is_case_sensitive));
            }
            key = keys.size() == 1 ? keys[0] : Value::list(std::move(keys));
        } else if (attribute != nullptr) {
            key = folded(SW_TRY(value_at(interpreter, element, *attribute)), is_case_sensitive);
        }
        elements.push_back({std::move(key), std::move(element)});
    }
    SW_TRY(sort_keyed(elements, flag(arguments, 0, "reverse"), true));
    List sorted;
    for (auto& element : elements) sorted.push_back(std::move(element.value));
    return Value::list(std::move(sorted));
}

SequenceResult unique_filter(Interpreter& interpreter, const Value& input,
                             const Arguments& arguments) {
    const auto elements = SW_TRY(keyed_elements(interpreter, input, arguments.get(1, "attribute"),
                                                flag(arguments, 0, "case_sensitive")));
    Dict seen;
    List result;
    for (const auto& [key, value] : elements) {
        if (!is_hashable(key)) return unhashable(key);
        if (seen.find(key) != nullptr) continue;
        seen.set(key, Value());
        result.push_back(value);
    }
    return Value::list(std::move(result));
}

template <int direction>
SequenceResult extreme_filter(Interpreter& interpreter, const Value& input,
                              const Arguments& arguments) {
    const auto elements = SW_TRY(keyed_elements(interpreter, input, arguments.get(1, "attribute"),
                                                flag(arguments, 0, "case_sensitive")));
    if (elements.empty()) return Value::undefined("there is no extreme of an empty sequence");
    const Keyed* best = &elements[0];
    for (const auto& element : elements) {
        if (&element == best) continue;
        SW_TRY(check_defined(element.key));
        if (SW_TRY(compare(element.key, best->key)) * direction > 0) best = &element;
    }
    return best->value;
}

SequenceResult sum_filter(Interpreter& interpreter, const Value& input,
                          const Arguments& arguments) {
    const Value* start = arguments.get(1, "start");
    Value total = start != nullptr ? *start : Value(0);
    if (total.as_text() != nullptr) return template_fail("sum cannot add texts; use join");
    for (const auto& element :
         SW_TRY(keyed_elements(interpreter, input, arguments.get(0, "attribute"), true))) {
        total = SW_TRY(binary(BinaryOperator::add, total, element.key));
    }
    return total;
}

SequenceResult join_filter(Interpreter& interpreter, const Value& input,
                           const Arguments& arguments) {
    const Value* separator = arguments.get(0, "d");
    TextBuilder result;
    bool is_first = true;
    for (const auto& element :
         SW_TRY(keyed_elements(interpreter, input, arguments.get(1, "attribute"), true))) {
        if (!is_first && separator != nullptr) result += separator->text();
        result += element.key.text();
        is_first = false;
    }
    return Value(result.take());
}

SequenceResult map_filter(Interpreter& interpreter, const Value& input,
                          const Arguments& arguments) {
    List result;
    const Value* attribute = nullptr;
    const Value* fallback = nullptr;
    Arguments rest;
    if (arguments.positional.empty()) {
        attribute = arguments.get(0, "attribute");
        fallback = arguments.get(0, "default");
        if (!input.is_true()) return Value::list();
        if (attribute == nullptr) return template_fail("map expects a filter name or attribute=");
        if (arguments.named.size() > (fallback != nullptr ? 2U : 1U))
            return template_fail("map takes attribute= and default= only");
    } else {
        rest.positional.assign(arguments.positional.begin() + 1, arguments.positional.end());
        rest.named = arguments.named;
    }
    if (!input.is_true()) return Value::list();
    for (const auto& element : SW_TRY(elements_of(input))) {
        result.push_back(
            attribute != nullptr
                ? SW_TRY(value_at(interpreter, element, *attribute, fallback))
                : SW_TRY(interpreter.apply_filter(arguments.positional[0].text(), element, rest)));
    }
    return Value::list(std::move(result));
}

/// select, reject, selectattr, rejectattr: one walk, two questions.
template <bool by_attribute, bool keeps>
SequenceResult select_filter(Interpreter& interpreter, const Value& input,
                             const Arguments& arguments) {
    constexpr std::size_t kTest = by_attribute ? 1 : 0;
    const auto& given = arguments.positional;
    if (!input.is_true()) return Value::list();
    if (by_attribute && given.empty()) return template_fail("expected the name of an attribute");
    Arguments rest;
    if (given.size() > kTest + 1) rest.positional.assign(given.begin() + kTest + 1, given.end());
    rest.named = arguments.named;
    List result;
    for (const auto& element : SW_TRY(elements_of(input))) {
        const Value subject =
            by_attribute ? SW_TRY(value_at(interpreter, element, given[0])) : element;
        const bool holds = given.size() > kTest
                               ? SW_TRY(interpreter.apply_test(given[kTest].text(), subject, rest))
                               : subject.is_true();
        if (holds == keeps) result.push_back(element);
    }
    return Value::list(std::move(result));
}

SequenceResult group_filter(Interpreter& interpreter, const Value& input,
                            const Arguments& arguments) {
    const Value* attribute = arguments.get(0, "attribute");
    const Value* fallback = arguments.get(1, "default");
    auto elements = SW_TRY(keyed_elements(interpreter, input, attribute,
                                          flag(arguments, 2, "case_sensitive"), fallback));
    SW_TRY(sort_keyed(elements, false, false));
    List groups;
    Value last;
    for (auto& [key, value] : elements) {
        if (groups.empty() || !equal(last, key)) {
            // The name of the group is its first element's, in capitals or not.
            groups.push_back(Value::group(
                SW_TRY(value_at(interpreter, value, *attribute, fallback)), Value::list()));
            last = key;
        }
        (*groups.back().as_sequence())[1].as_list()->push_back(std::move(value));
    }
    return Value::list(std::move(groups));
}

SequenceResult batch_filter(Interpreter&, const Value& input, const Arguments& arguments) {
    const Value* count = arguments.get(0, "linecount");
    const Value* fill = arguments.get(1, "fill_with");
    if (!count->is_integer() || count->integer() < 1)
        return template_fail("batch expects a positive size");
    const auto size = static_cast<std::size_t>(count->integer());
    List batches;
    for (auto& element : SW_TRY(elements_of(input))) {
        if (batches.empty() || batches.back().as_list()->size() == size)
            batches.push_back(Value::list());
        batches.back().as_list()->push_back(std::move(element));
    }
    while (fill != nullptr && !fill->is_none() && !batches.empty() &&
           batches.back().as_list()->size() < size) {
        batches.back().as_list()->push_back(*fill);
    }
    return Value::list(std::move(batches));
}

/// So many lists of about equal length.
SequenceResult slice_filter(Interpreter&, const Value& input, const Arguments& arguments) {
    const Value* count = arguments.get(0, "slices");
    const Value* fill = arguments.get(1, "fill_with");
    if (!count->is_integer() || count->integer() < 1)
        return template_fail("slice expects a positive number of slices");
    const List elements = SW_TRY(elements_of(input));
    const auto slices = static_cast<std::size_t>(count->integer());
    const std::size_t size = elements.size() / slices;
    const std::size_t longer = elements.size() % slices;
    List result;
    auto at = elements.begin();
    for (std::size_t i = 0; i < slices; ++i) {
        const auto length = static_cast<std::ptrdiff_t>(size + (i < longer ? 1 : 0));
        List part(at, at + length);
        at += length;
        if (fill != nullptr && !fill->is_none() && i >= longer) part.push_back(*fill);
        result.push_back(Value::list(std::move(part)));
    }
    return Value::list(std::move(result));
}

SequenceResult dictsort_filter(Interpreter&, const Value& input, const Arguments& arguments) {
    const Dict* dict = input.as_dict();
    if (dict == nullptr)
        return template_fail("dictsort expects a dict, but got a '" + input.type_name() + "'");
    const Value* by = arguments.get(1, "by");
    const bool by_value = by != nullptr && by->text() == "value";
    if (by != nullptr && !by_value && by->text() != "key")
        return template_fail("dictsort sorts by 'key' or by 'value'");
    KeyedList elements;
    for (const auto& [key, value] : dict->entries()) {
        elements.push_back({folded(by_value ? value : key, flag(arguments, 0, "case_sensitive")),
                            Value::tuple({key, value})});
    }
    SW_TRY(sort_keyed(elements, flag(arguments, 2, "reverse"), false));
    List sorted;
    for (auto& element : elements) sorted.push_back(std::move(element.value));
    return Value::list(std::move(sorted));
}

SequenceResult reverse_filter(Interpreter&, const Value& input, const Arguments&) {
    List elements = SW_TRY(elements_of(input));
    std::reverse(elements.begin(), elements.end());
    if (input.as_text() == nullptr) return Value::list(std::move(elements));
    std::string text;
    for (const auto& element : elements) text += *element.as_text();
    return Value(std::move(text));
}

template <bool is_last>
SequenceResult end_filter(Interpreter&, const Value& input, const Arguments&) {
    const List elements = SW_TRY(elements_of(input));
    if (elements.empty()) return Value::undefined("the sequence is empty");
    return is_last ? elements.back() : elements.front();
}

SequenceResult items_filter(Interpreter&, const Value& input, const Arguments&) {
    if (input.is_undefined()) return Value::list();
    if (input.as_dict() == nullptr)
        return template_fail("items expects a dict, but got a '" + input.type_name() + "'");
    List pairs;
    for (const auto& [key, value] : input.as_dict()->entries())
        pairs.push_back(Value::tuple({key, value}));
    return Value::list(std::move(pairs));
}

}  // namespace

void add_sequence_filters(Environment& environment) {
    for (const char* name : {"length()", "count()"}) {
        add_filter(environment, name,
                   [](Interpreter&, const Value& input, const Arguments&) -> SequenceResult {
                       return Value(SW_TRY(length_of(input)));
                   });
    }
    add_filter(environment, "list()",
               [](Interpreter&, const Value& input, const Arguments&) -> SequenceResult {
                   return Value::list(SW_TRY(elements_of(input)));
               });
    add_filter(environment, "is_list()",
               [](Interpreter&, const Value& input, const Arguments&) -> SequenceResult {
                   return Value(input.as_list() != nullptr);
               });
    add_filter(environment, "first()", end_filter<false>);
    add_filter(environment, "last()", end_filter<true>);
    add_filter(environment, "sort(reverse=, case_sensitive=, attribute=)", sort_filter);
    add_filter(environment, "unique(case_sensitive=, attribute=)", unique_filter);
    add_filter(environment, "min(case_sensitive=, attribute=)", extreme_filter<-1>);
    add_filter(environment, "max(case_sensitive=, attribute=)", extreme_filter<1>);
    add_filter(environment, "sum(attribute=, start=)", sum_filter);
    add_filter(environment, "join(d=, attribute=)", join_filter);
    add_filter(environment, "map(*, **)", map_filter);
    add_filter(environment, "select(*, **)", select_filter<false, true>);
    add_filter(environment, "reject(*, **)", select_filter<false, false>);
    add_filter(environment, "selectattr(*, **)", select_filter<true, true>);
    add_filter(environment, "rejectattr(*, **)", select_filter<true, false>);
    add_filter(environment, "groupby(attribute, default=, case_sensitive=)", group_filter);
    add_filter(environment, "batch(linecount, fill_with=)", batch_filter);
    add_filter(environment, "slice(slices, fill_with=)", slice_filter);
    add_filter(environment, "dictsort(case_sensitive=, by=, reverse=)", dictsort_filter);
    add_filter(environment, "reverse()", reverse_filter);
    add_filter(environment, "items()", items_filter);
}

}  // namespace stepwell::tasks::jinja

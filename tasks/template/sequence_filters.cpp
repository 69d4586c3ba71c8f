// Jinja's filters on lists and dicts.
#include <algorithm>

#include "tasks/template/interpreter.hpp"
#include "tasks/template/text.hpp"

namespace stepwell::tasks::jinja {
namespace {

using Result_ = Outcome<Value>;

bool flag(const Arguments& arguments, std::size_t position, std::string_view name) {
    const Value* value = arguments.get(position, name);
    return value != nullptr && value->is_true();
}

/// `path` may be dotted, and its parts may be positions: "address.lines.0".
Result_ value_at(Interpreter& interpreter, Value value, const Value& path) {
    if (path.is_integer()) return interpreter.item(value, path);
    for (const auto& part : split(path.text(), ".")) {
        const bool is_position =
            !part.empty() && part.find_first_not_of("0123456789") == std::string::npos;
        value = SW_TRY(is_position ? interpreter.item(value, Value(std::stoll(part.substr(0, 9))))
                                   : interpreter.item(value, Value(part)));
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

Outcome<std::vector<Keyed>> keyed_elements(Interpreter& interpreter, const Value& input,
                                           const Value* attribute, bool is_case_sensitive) {
    std::vector<Keyed> result;
    for (auto& element : SW_TRY(elements_of(input))) {
        Value key = element;
        if (attribute != nullptr && !attribute->is_none())
            key = SW_TRY(value_at(interpreter, element, *attribute));
        result.push_back({folded(key, is_case_sensitive), std::move(element)});
    }
    return result;
}

Outcome<void> sort_keyed(std::vector<Keyed>& elements, bool is_reversed) {
    std::optional<Signal> fault;
    std::stable_sort(elements.begin(), elements.end(), [&](const Keyed& a, const Keyed& b) {
        auto order = is_reversed ? compare(b.key, a.key) : compare(a.key, b.key);
        if (!order && !fault) fault = order.error();
        return order && *order < 0;
    });
    if (fault) return fail(*std::move(fault));
    return {};
}

Result_ sort_filter(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
    auto elements = SW_TRY(keyed_elements(interpreter, input, arguments.get(2, "attribute"),
                                          flag(arguments, 1, "case_sensitive")));
    SW_TRY(sort_keyed(elements, flag(arguments, 0, "reverse")));
    List sorted;
    for (auto& element : elements) sorted.push_back(std::move(element.value));
    return Value::list(std::move(sorted));
}

Result_ unique_filter(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
    const auto elements = SW_TRY(keyed_elements(interpreter, input, arguments.get(1, "attribute"),
                                                flag(arguments, 0, "case_sensitive")));
    Dict seen;
    List result;
    for (const auto& [key, value] : elements) {
        if (seen.find(key) != nullptr) continue;
        seen.set(key, Value());
        result.push_back(value);
    }
    return Value::list(std::move(result));
}

template <int direction>
Result_ extreme_filter(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
    const auto elements = SW_TRY(keyed_elements(interpreter, input, arguments.get(1, "attribute"),
                                                flag(arguments, 0, "case_sensitive")));
    if (elements.empty()) return Value::undefined("there is no extreme of an empty sequence");
    const Keyed* best = &elements[0];
    for (const auto& element : elements) {
        if (SW_TRY(compare(element.key, best->key)) * direction > 0) best = &element;
    }
    return best->value;
}

Result_ sum_filter(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
    const Value* start = arguments.get(1, "start");
    Value total = start != nullptr ? *start : Value(0);
    for (const auto& element :
         SW_TRY(keyed_elements(interpreter, input, arguments.get(0, "attribute"), true))) {
        total = SW_TRY(binary(BinaryOperator::add, total, element.key));
    }
    return total;
}

Result_ join_filter(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
    const Value* separator = arguments.get(0, "d");
    std::string result;
    bool is_first = true;
    for (const auto& element :
         SW_TRY(keyed_elements(interpreter, input, arguments.get(1, "attribute"), true))) {
        if (!is_first && separator != nullptr) result += separator->text();
        result += element.key.text();
        is_first = false;
    }
    return Value(std::move(result));
}

Result_ map_filter(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
    List result;
    const Value* attribute = arguments.get(99, "attribute");
    const Value* fallback = arguments.get(99, "default");
    Arguments rest;
    if (attribute == nullptr && arguments.positional.empty())
        return template_fail("map expects a filter name or attribute=");
    if (attribute == nullptr)
        rest.positional.assign(arguments.positional.begin() + 1, arguments.positional.end());
    for (const auto& element : SW_TRY(elements_of(input))) {
        Value value =
            attribute != nullptr
                ? SW_TRY(value_at(interpreter, element, *attribute))
                : SW_TRY(interpreter.apply_filter(arguments.positional[0].text(), element, rest));
        if (value.is_undefined() && fallback != nullptr) value = *fallback;
        result.push_back(std::move(value));
    }
    return Value::list(std::move(result));
}

/// select, reject, selectattr, rejectattr: one walk, two questions.
template <bool by_attribute, bool keeps>
Result_ select_filter(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
    constexpr std::size_t kTest = by_attribute ? 1 : 0;
    const auto& given = arguments.positional;
    if (by_attribute && given.empty()) return template_fail("expected the name of an attribute");
    Arguments rest;
    if (given.size() > kTest + 1) rest.positional.assign(given.begin() + kTest + 1, given.end());
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

Result_ group_filter(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
    auto elements = SW_TRY(keyed_elements(interpreter, input, arguments.get(0, "attribute"), true));
    SW_TRY(sort_keyed(elements, false));
    List groups;
    for (auto& [key, value] : elements) {
        const bool continues = !groups.empty() && equal((*groups.back().as_sequence())[0], key);
        if (!continues) groups.push_back(Value::tuple({key, Value::list()}));
        (*groups.back().as_sequence())[1].as_list()->push_back(std::move(value));
    }
    return Value::list(std::move(groups));
}

Result_ batch_filter(Interpreter&, const Value& input, const Arguments& arguments) {
    const Value* count = arguments.get(0, "linecount");
    const Value* fill = arguments.get(1, "fill_with");
    if (count == nullptr || !count->is_integer() || count->integer() < 1)
        return template_fail("batch expects a positive size");
    const auto size = static_cast<std::size_t>(count->integer());
    List batches;
    for (auto& element : SW_TRY(elements_of(input))) {
        if (batches.empty() || batches.back().as_list()->size() == size)
            batches.push_back(Value::list());
        batches.back().as_list()->push_back(std::move(element));
    }
    while (fill != nullptr && !batches.empty() && batches.back().as_list()->size() < size &&
           size < 100'000) {
        batches.back().as_list()->push_back(*fill);
    }
    return Value::list(std::move(batches));
}

Result_ dictsort_filter(Interpreter&, const Value& input, const Arguments& arguments) {
    const Dict* dict = input.as_dict();
    if (dict == nullptr)
        return template_fail("dictsort expects a dict, but got a '" + input.type_name() + "'");
    const Value* by = arguments.get(1, "by");
    const bool by_value = by != nullptr && by->text() == "value";
    std::vector<Keyed> elements;
    for (const auto& [key, value] : dict->entries()) {
        elements.push_back({folded(by_value ? value : key, flag(arguments, 0, "case_sensitive")),
                            Value::tuple({key, value})});
    }
    SW_TRY(sort_keyed(elements, flag(arguments, 2, "reverse")));
    List sorted;
    for (auto& element : elements) sorted.push_back(std::move(element.value));
    return Value::list(std::move(sorted));
}

Result_ reverse_filter(Interpreter&, const Value& input, const Arguments&) {
    List elements = SW_TRY(elements_of(input));
    std::reverse(elements.begin(), elements.end());
    if (input.as_text() == nullptr) return Value::list(std::move(elements));
    std::string text;
    for (const auto& element : elements) text += element.text();
    return Value(std::move(text));
}

template <bool is_last>
Result_ end_filter(Interpreter&, const Value& input, const Arguments&) {
    const List elements = SW_TRY(elements_of(input));
    if (elements.empty()) return Value::undefined("the sequence is empty");
    return is_last ? elements.back() : elements.front();
}

Result_ items_filter(Interpreter&, const Value& input, const Arguments&) {
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
    auto& filters = environment.filters;
    filters["length"] =
        filters["count"] = [](Interpreter&, const Value& input, const Arguments&) -> Result_ {
        return Value(SW_TRY(length_of(input)));
    };
    filters["list"] = [](Interpreter&, const Value& input, const Arguments&) -> Result_ {
        return Value::list(SW_TRY(elements_of(input)));
    };
    filters["is_list"] = [](Interpreter&, const Value& input, const Arguments&) -> Result_ {
        return Value(input.as_list() != nullptr);
    };
    filters["first"] = end_filter<false>;
    filters["last"] = end_filter<true>;
    filters["sort"] = sort_filter;
    filters["unique"] = unique_filter;
    filters["min"] = extreme_filter<-1>;
    filters["max"] = extreme_filter<1>;
    filters["sum"] = sum_filter;
    filters["join"] = join_filter;
    filters["map"] = map_filter;
    filters["select"] = select_filter<false, true>;
    filters["reject"] = select_filter<false, false>;
    filters["selectattr"] = select_filter<true, true>;
    filters["rejectattr"] = select_filter<true, false>;
    filters["groupby"] = group_filter;
    filters["batch"] = batch_filter;
    filters["dictsort"] = dictsort_filter;
    filters["reverse"] = reverse_filter;
    filters["items"] = items_filter;
}

}  // namespace stepwell::tasks::jinja

// Whether a node passes a filter, with Jayway's rules: a number equals the text of that number, a
// missing value equals nothing, and order exists only among numbers and among texts.
#include "engine/expression/filter.hpp"

#include <algorithm>

#include "engine/base/big_integer.hpp"
#include "engine/base/utf8.hpp"
#include "engine/expression/text_search.hpp"
#include "engine/expression/value.hpp"

namespace stepwell::expression {
namespace {

/// The value of an operand: borrowed where it can be, null where there is none.
class Value {
public:
    Value(const FilterOperand& operand, const Json& node, Search& search) {
        if (const auto* literal = std::get_if<Json>(&operand.value)) {
            value_ = literal;
            is_shared_ = true;
            return;
        }
        const auto& below = std::get<FilterOperand::Below>(operand.value);
        if (!below.is_current) {
            value_ = search.below_document(*below.program);
            is_shared_ = true;
            return;
        }
        if (below.program->is_definite) {
            value_ = find_node(*below.program, node, search.work());
            return;
        }
        auto matched = match(*below.program, node, search);
        if (!matched) return;
        made_ = std::move(matched).value();
        value_ = &made_;
    }
    Value(const Value&) = delete;
    Value& operator=(const Value&) = delete;

    [[nodiscard]] const Json* get() const { return value_; }
    /// Whether it is the same value for every node: a list of that kind is made a set of.
    [[nodiscard]] bool is_shared() const { return is_shared_; }

private:
    Json made_;
    const Json* value_ = nullptr;
    bool is_shared_ = false;
};

/// The number that a text spells; nothing where it is none.
std::optional<Json> number_in(const Json& text, Work& work) {
    const auto& digits = text.get_ref<const std::string&>();
    const bool is_candidate = digits.find_first_of("-0123456789 \t\r\n") == 0;
    if (!is_candidate || !work.spend(cost_to_parse(digits.size()))) return std::nullopt;
    auto number = parse_json(digits);
    if (!number || !is_any_number(*number)) return std::nullopt;
    return std::move(number).value();
}

bool is_equal(const Json& a, const Json& b, Work& work) {
    if (!work.spend()) return false;
    if (is_any_number(a) && b.is_string()) {
        const auto number = number_in(b, work);
        return number && compare_numbers(a, *number) == 0;
    }
    if (a.is_string() && is_any_number(b)) return a.get_ref<const std::string&>() == to_text(b);
    return is_same_value(a, b, work);
}

bool is_less(const Json& a, const Json& b) {
    if (is_any_number(a) && is_any_number(b)) return compare_numbers(a, b) < 0;
    if (!a.is_string() || !b.is_string()) return false;
    return utf16_less(a.get_ref<const std::string&>(), b.get_ref<const std::string&>());
}

bool has_order(const Json& a, const Json& b) {
    return (is_any_number(a) && is_any_number(b)) || (a.is_string() && b.is_string());
}

/// As one is_equal() after the other would find it.
bool has_equal(const ValueSet& elements, const Json& value, Work& work) {
    if (elements.contains(value, work)) return true;
    if (is_any_number(value)) return elements.contains(Json(to_text(value)), work);
    if (!value.is_string()) return false;
    const auto number = number_in(value, work);
    return number && elements.contains(*number, work);
}

bool has_element(const Json& list, const Json& value, Work& work) {
    if (!list.is_array()) return false;
    for (const Json& element : list) {
        if (work.is_spent()) return false;
        if (is_equal(element, value, work)) return true;
    }
    return false;
}

bool has_element(const Value& list, const Json& value, Search& search) {
    if (!list.get()->is_array()) return false;
    if (!list.is_shared()) return has_element(*list.get(), value, search.work());
    return has_equal(search.elements_of(*list.get()), value, search.work());
}

bool has_part(const Value& whole, const Json& part, Search& search) {
    if (!whole.get()->is_string()) return has_element(whole, part, search);
    if (!part.is_string()) return false;
    const auto& text = whole.get()->get_ref<const std::string&>();
    const auto& sought = part.get_ref<const std::string&>();
    return search.work().spend(cost_to_read(text.size() + sought.size())) &&
           find_text(text, sought) != std::string_view::npos;
}

std::size_t size_of(const Json& value) {
    return value.is_string() ? utf8_count(value.get_ref<const std::string&>()) : value.size();
}

/// How many elements of `a` are elements of `b`; nothing where one is not an array.
std::optional<std::size_t> common_elements(const Json& a, const Value& b, Search& search) {
    if (!a.is_array() || !b.get()->is_array()) return std::nullopt;
    Work& work = search.work();
    ValueSet own;  // of a list that the next node has another of
    if (!b.is_shared()) {
        for (const Json& element : *b.get()) {
            if (work.is_spent()) break;
            own.add(element, work);
        }
    }
    const ValueSet& elements = b.is_shared() ? search.elements_of(*b.get()) : own;
    std::size_t count = 0;
    for (const Json& element : a) {
        if (work.is_spent()) break;
        if (has_equal(elements, element, work)) ++count;
    }
    return count;
}

/// Texts cost what they weigh.
bool pay_to_order(const Json& a, const Json& b, Work& work) {
    if (!a.is_string() || !b.is_string()) return work.spend();
    return work.spend(cost_to_read(
        std::min(a.get_ref<const std::string&>().size(), b.get_ref<const std::string&>().size())));
}

bool is_in_order(FilterOperator op, const Json& a, const Json& b, Work& work) {
    if (!pay_to_order(a, b, work)) return false;
    switch (op) {
        case FilterOperator::less:
            return is_less(a, b);
        case FilterOperator::greater:
            return is_less(b, a);
        case FilterOperator::less_equal:
            return has_order(a, b) && !is_less(b, a);
        default:
            return has_order(a, b) && !is_less(a, b);
    }
}

bool has_size(FilterOperator op, const Json& a, const Json& b, Work& work) {
    if (!a.is_string() && !a.is_array()) return false;
    const std::size_t bytes = a.is_string() ? a.get_ref<const std::string&>().size() : 0;
    if (!work.spend(cost_to_read(bytes))) return false;
    if (op == FilterOperator::size) return is_equal(Json(size_of(a)), b, work);
    return b.is_boolean() && (size_of(a) == 0) == b.get<bool>();
}

bool compare(FilterOperator op, const Value& left, const Value& right, Search& search) {
    const Json& a = *left.get();
    const Json& b = *right.get();
    Work& work = search.work();
    switch (op) {
        case FilterOperator::equal:
            return is_equal(a, b, work);
        case FilterOperator::not_equal:
            return !is_equal(a, b, work);
        case FilterOperator::same:
            return is_same_value(a, b, work);
        case FilterOperator::not_same:
            return !is_same_value(a, b, work);
        case FilterOperator::less:
        case FilterOperator::greater:
        case FilterOperator::less_equal:
        case FilterOperator::greater_equal:
            return is_in_order(op, a, b, work);
        case FilterOperator::in:
            return has_element(right, a, search);
        case FilterOperator::not_in:
            return !has_element(right, a, search);
        case FilterOperator::contains:
            return has_part(left, b, search);
        case FilterOperator::subset_of:
            return a.is_array() && common_elements(a, right, search) == a.size();
        case FilterOperator::any_of:
            return common_elements(a, right, search).value_or(0) > 0;
        case FilterOperator::none_of:
            return common_elements(a, right, search) == std::size_t{0};
        case FilterOperator::size:
        case FilterOperator::empty:
            return has_size(op, a, b, work);
        case FilterOperator::matches:
            break;  // has no second operand
    }
    return false;
}

bool matches_pattern(const Pattern& pattern, const Json* value, Work& work) {
    constexpr std::size_t kStepsPerUnit = 8;
    if (!value || !value->is_string()) return false;
    const auto& text = value->get_ref<const std::string&>();
    return work.spend(1 + pattern.cost(text.size()) / kStepsPerUnit) && pattern.matches(text);
}

/// A missing value differs from everything and is in no list.
bool compare_missing(FilterOperator op) {
    return op == FilterOperator::not_equal || op == FilterOperator::not_same ||
           op == FilterOperator::not_in;
}

bool exists(const FilterOperand& operand, const Json& node, Search& search) {
    const Value value(operand, node, search);
    if (!value.get()) return false;
    const auto& program = *std::get<FilterOperand::Below>(operand.value).program;
    return program.is_definite || program.is_computed || !value.get()->empty();
}

}  // namespace

bool passes(const Filter& filter, const Json& node, Search& search) {
    if (!search.work().spend()) return false;
    const auto passes_child = [&](const Filter& child) { return passes(child, node, search); };
    const auto& children = filter.children;
    switch (filter.kind) {
        case Filter::Kind::all:
            return std::all_of(children.begin(), children.end(), passes_child);
        case Filter::Kind::any:
            return std::any_of(children.begin(), children.end(), passes_child);
        case Filter::Kind::negation:
            return !passes_child(children.front());
        case Filter::Kind::exists:
            return exists(filter.left, node, search);
        case Filter::Kind::comparison:
            break;
    }
    const Value left(filter.left, node, search);
    if (filter.comparison == FilterOperator::matches) {
        return matches_pattern(*filter.pattern, left.get(), search.work());
    }
    const Value right(filter.right, node, search);
    if (!left.get() || !right.get()) return compare_missing(filter.comparison);
    return compare(filter.comparison, left, right, search);
}

}  // namespace stepwell::expression

// Whether a node passes a filter, with Jayway's rules: a number equals the text of that number, a
// missing value equals nothing, and order exists only among numbers and among texts.
#include "engine/expression/filter.hpp"

#include <algorithm>

#include "engine/base/utf8.hpp"
#include "engine/expression/value.hpp"

namespace stepwell::expression {
namespace {

/// The value of an operand: borrowed where it can be, null where there is none.
class Value {
public:
    Value(const FilterOperand& operand, const Json& node, const Json& document,
          VisitBudget& budget) {
        if (const auto* literal = std::get_if<Json>(&operand.value)) {
            value_ = literal;
            return;
        }
        const auto& below = std::get<FilterOperand::Below>(operand.value);
        const Json& root = below.is_current ? node : document;
        if (below.program->is_definite) {
            value_ = find_node(*below.program, root);
            return;
        }
        auto matched = match(*below.program, root, document, budget);
        if (!matched) return;
        made_ = std::move(matched).value();
        value_ = &made_;
    }
    Value(const Value&) = delete;
    Value& operator=(const Value&) = delete;

    [[nodiscard]] const Json* get() const { return value_; }

private:
    Json made_;
    const Json* value_ = nullptr;
};

/// Comparing costs what the values weigh: a filter may compare the whole document with each of its
/// nodes.
bool is_equal(const Json& a, const Json& b, VisitBudget& budget) {
    if (!budget.take(1 + rough_bytes(a, kPathVisitsMax) / kBytesPerVisit)) return false;
    if (a.is_number() && b.is_string()) {
        auto number = parse_json(b.get_ref<const std::string&>());
        return number && number->is_number() && compare_numbers(a, *number) == 0;
    }
    if (a.is_string() && b.is_number()) return a.get_ref<const std::string&>() == to_text(b);
    return is_same_value(a, b);
}

bool is_less(const Json& a, const Json& b) {
    if (a.is_number() && b.is_number()) return compare_numbers(a, b) < 0;
    if (!a.is_string() || !b.is_string()) return false;
    return utf16_less(a.get_ref<const std::string&>(), b.get_ref<const std::string&>());
}

bool has_order(const Json& a, const Json& b) {
    return (a.is_number() && b.is_number()) || (a.is_string() && b.is_string());
}

bool has_element(const Json& list, const Json& value, VisitBudget& budget) {
    if (!list.is_array()) return false;
    for (const Json& element : list) {
        if (budget.visits == 0) return false;
        if (is_equal(element, value, budget)) return true;
    }
    return false;
}

bool has_part(const Json& whole, const Json& part, VisitBudget& budget) {
    if (!whole.is_string()) return has_element(whole, part, budget);
    return part.is_string() && whole.get_ref<const std::string&>().find(
                                   part.get_ref<const std::string&>()) != std::string::npos;
}

std::size_t size_of(const Json& value) {
    return value.is_string() ? utf8_count(value.get_ref<const std::string&>()) : value.size();
}

/// How many elements of `a` are elements of `b`; nothing where one is not an array.
std::optional<std::size_t> common_elements(const Json& a, const Json& b, VisitBudget& budget) {
    if (!a.is_array() || !b.is_array()) return std::nullopt;
    std::size_t count = 0;
    for (const Json& element : a) {
        if (budget.visits == 0) break;
        if (has_element(b, element, budget)) ++count;
    }
    return count;
}

bool compare(FilterOperator op, const Json& a, const Json& b, VisitBudget& budget) {
    switch (op) {
        case FilterOperator::equal:
            return is_equal(a, b, budget);
        case FilterOperator::not_equal:
            return !is_equal(a, b, budget);
        case FilterOperator::same:
            return is_same_value(a, b);
        case FilterOperator::not_same:
            return !is_same_value(a, b);
        case FilterOperator::less:
            return is_less(a, b);
        case FilterOperator::greater:
            return is_less(b, a);
        case FilterOperator::less_equal:
            return has_order(a, b) && !is_less(b, a);
        case FilterOperator::greater_equal:
            return has_order(a, b) && !is_less(a, b);
        case FilterOperator::in:
            return has_element(b, a, budget);
        case FilterOperator::not_in:
            return !has_element(b, a, budget);
        case FilterOperator::contains:
            return has_part(a, b, budget);
        case FilterOperator::subset_of:
            return a.is_array() && common_elements(a, b, budget) == a.size();
        case FilterOperator::any_of:
            return common_elements(a, b, budget).value_or(0) > 0;
        case FilterOperator::none_of:
            return common_elements(a, b, budget) == std::size_t{0};
        case FilterOperator::size:
            return (a.is_string() || a.is_array()) && is_equal(Json(size_of(a)), b, budget);
        case FilterOperator::empty:
            return (a.is_string() || a.is_array()) && b.is_boolean() &&
                   (size_of(a) == 0) == b.get<bool>();
        case FilterOperator::matches:
            break;  // has no second operand
    }
    return false;
}

bool matches_pattern(const Pattern& pattern, const Json* value, VisitBudget& budget) {
    constexpr std::size_t kStepsPerVisit = 8;
    if (!value || !value->is_string()) return false;
    const auto& text = value->get_ref<const std::string&>();
    return budget.take(1 + pattern.cost(text.size()) / kStepsPerVisit) && pattern.matches(text);
}

/// A missing value differs from everything and is in no list.
bool compare_missing(FilterOperator op) {
    return op == FilterOperator::not_equal || op == FilterOperator::not_same ||
           op == FilterOperator::not_in;
}

bool exists(const FilterOperand& operand, const Json& node, const Json& document,
            VisitBudget& budget) {
    const Value value(operand, node, document, budget);
    if (!value.get()) return false;
    const auto& program = *std::get<FilterOperand::Below>(operand.value).program;
    return program.is_definite || program.is_computed || !value.get()->empty();
}

}  // namespace

bool passes(const Filter& filter, const Json& node, const Json& document, VisitBudget& budget) {
    if (budget.visits == 0) return false;
    const auto passes_child = [&](const Filter& child) {
        return passes(child, node, document, budget);
    };
    const auto& children = filter.children;
    switch (filter.kind) {
        case Filter::Kind::all:
            return std::all_of(children.begin(), children.end(), passes_child);
        case Filter::Kind::any:
            return std::any_of(children.begin(), children.end(), passes_child);
        case Filter::Kind::negation:
            return !passes_child(children.front());
        case Filter::Kind::exists:
            return exists(filter.left, node, document, budget);
        case Filter::Kind::comparison:
            break;
    }
    const Value left(filter.left, node, document, budget);
    if (filter.comparison == FilterOperator::matches) {
        return matches_pattern(*filter.pattern, left.get(), budget);
    }
    const Value right(filter.right, node, document, budget);
    if (!left.get() || !right.get()) return compare_missing(filter.comparison);
    return compare(filter.comparison, *left.get(), *right.get(), budget);
}

}  // namespace stepwell::expression

#include "engine/expression/choice_operator.hpp"

#include <compare>
#include <optional>

#include "engine/base/big_integer.hpp"
#include "engine/base/time.hpp"
#include "engine/base/utf8.hpp"
#include "engine/expression/text_search.hpp"
#include "engine/expression/value.hpp"

namespace stepwell::expression {
namespace {

using Type = ChoiceOperator::Type;
using Relation = ChoiceOperator::Relation;
using Test = ChoiceOperator::Test;

std::vector<ChoiceOperator> make_operators() {
    constexpr std::pair<std::string_view, Type> kOrdered[] = {
        {"String", Type::string}, {"Numeric", Type::number}, {"Timestamp", Type::timestamp}};
    constexpr std::pair<std::string_view, Relation> kRelations[] = {
        {"Equals", Relation::equal},
        {"LessThan", Relation::less},
        {"GreaterThan", Relation::greater},
        {"LessThanEquals", Relation::less_equal},
        {"GreaterThanEquals", Relation::greater_equal}};
    constexpr std::pair<std::string_view, Test> kTests[] = {
        {"IsNull", Test::is_null},       {"IsPresent", Test::is_present},
        {"IsNumeric", Test::is_numeric}, {"IsString", Test::is_string},
        {"IsBoolean", Test::is_boolean}, {"IsTimestamp", Test::is_timestamp}};

    std::vector<ChoiceOperator> operators;
    const auto add_pair = [&](const std::string& name, Type type, Relation relation) {
        operators.push_back({name, type, relation, Test::is_null, false});
        operators.push_back({name + "Path", type, relation, Test::is_null, true});
    };
    for (const auto& [prefix, type] : kOrdered) {
        for (const auto& [suffix, relation] : kRelations) {
            add_pair(std::string(prefix) + std::string(suffix), type, relation);
        }
    }
    add_pair("BooleanEquals", Type::boolean, Relation::equal);
    operators.push_back({"StringMatches", Type::pattern, Relation::equal, Test::is_null, false});
    for (const auto& [name, test] : kTests) {
        operators.push_back({std::string(name), Type::test, Relation::equal, test, false});
    }
    return operators;
}

bool holds(Relation relation, std::partial_ordering order) {
    switch (relation) {
        case Relation::equal:
            return order == 0;
        case Relation::less:
            return order < 0;
        case Relation::less_equal:
            return order <= 0;
        case Relation::greater:
            return order > 0;
        case Relation::greater_equal:
            return order >= 0;
    }
    return false;
}

std::partial_ordering compare_strings(const std::string& a, const std::string& b) {
    if (a == b) return std::partial_ordering::equivalent;
    return utf16_less(a, b) ? std::partial_ordering::less : std::partial_ordering::greater;
}

std::optional<Instant> instant_of(const Json& value) {
    if (!value.is_string()) return std::nullopt;
    return parse_rfc3339(value.get_ref<const std::string&>());
}

/// Unordered where a type does not fit: then no relation holds.
std::partial_ordering order_of(Type type, const Json& a, const Json& b) {
    constexpr auto kNone = std::partial_ordering::unordered;
    switch (type) {
        case Type::string:
            if (!a.is_string() || !b.is_string()) return kNone;
            return compare_strings(a.get_ref<const std::string&>(),
                                   b.get_ref<const std::string&>());
        case Type::number:
            return is_any_number(a) && is_any_number(b) ? compare_numbers(a, b) : kNone;
        case Type::boolean:
            return a.is_boolean() && b.is_boolean() ? a.get<bool>() <=> b.get<bool>() : kNone;
        case Type::timestamp: {
            const auto first = instant_of(a);
            const auto second = instant_of(b);
            if (!first || !second) return kNone;
            return *first <=> *second;
        }
        case Type::pattern:
        case Type::test:
            break;
    }
    return kNone;
}

std::size_t bytes_of(const Json& value) {
    return value.is_string() ? value.get_ref<const std::string&>().size() : 0;
}

}  // namespace

const std::vector<ChoiceOperator>& choice_operators() {
    static const std::vector<ChoiceOperator> operators = make_operators();
    return operators;
}

const ChoiceOperator* find_choice_operator(std::string_view name) {
    for (const ChoiceOperator& op : choice_operators()) {
        if (op.name == name) return &op;
    }
    return nullptr;
}

std::string_view operand_fault(const ChoiceOperator& op, const Json& operand) {
    if (op.takes_path) return operand.is_string() ? "" : "a path";
    switch (op.type) {
        case Type::string:
        case Type::pattern:
            return operand.is_string() ? "" : "a string";
        case Type::number:
            return is_any_number(operand) ? "" : "a number";
        case Type::boolean:
        case Type::test:
            return operand.is_boolean() ? "" : "true or false";
        case Type::timestamp:
            return instant_of(operand) ? "" : "a timestamp like 2024-01-31T23:59:59Z";
    }
    return "";
}

bool compares(const ChoiceOperator& op, const Json& value, const Json& operand, Work& work) {
    if (!work.spend(cost_to_read(bytes_of(value) + bytes_of(operand)))) return false;
    if (op.type == Type::pattern) {
        return value.is_string() && operand.is_string() &&
               matches_wildcards(value.get_ref<const std::string&>(),
                                 operand.get_ref<const std::string&>());
    }
    return holds(op.relation, order_of(op.type, value, operand));
}

bool is_of_kind(ChoiceOperator::Test test, const Json& value) {
    switch (test) {
        case Test::is_null:
            return value.is_null();
        case Test::is_present:
            return true;
        case Test::is_numeric:
            return is_any_number(value);
        case Test::is_string:
            return value.is_string();
        case Test::is_boolean:
            return value.is_boolean();
        case Test::is_timestamp:
            return instant_of(value).has_value();
    }
    return false;
}

}  // namespace stepwell::expression

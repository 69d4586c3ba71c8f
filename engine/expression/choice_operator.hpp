// The comparison operators of Choice rules. Internal to engine/expression.
#pragma once

#include <string_view>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/base/work.hpp"

namespace stepwell::expression {

struct ChoiceOperator {
    enum class Type { string, number, boolean, timestamp, pattern, test };
    enum class Relation { equal, less, less_equal, greater, greater_equal };
    enum class Test { is_null, is_present, is_numeric, is_string, is_boolean, is_timestamp };

    std::string name;
    Type type = Type::string;
    Relation relation = Relation::equal;  // string, number, boolean, timestamp
    Test test = Test::is_null;            // test
    bool takes_path = false;              // the operand is a path to the value
};

/// All of them, in the order of the documentation.
const std::vector<ChoiceOperator>& choice_operators();
/// Null where there is no such operator.
const ChoiceOperator* find_choice_operator(std::string_view name);

/// Whether a literal operand fits, else what was expected ("a timestamp as RFC 3339 writes it").
std::string_view operand_fault(const ChoiceOperator& op, const Json& operand);

/// Whether `value` compares as the operator says; false where a type does not fit.
/// False, too, where the work is spent. REQUIRES: the operator is no test.
bool compares(const ChoiceOperator& op, const Json& value, const Json& operand, Work& work);

/// Whether `value` is what a test other than IsPresent asks for.
bool is_of_kind(ChoiceOperator::Test test, const Json& value);

}  // namespace stepwell::expression

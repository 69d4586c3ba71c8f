// Evaluates an expression over data given as JSON text, and says what came of it in one line.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/json.hpp"
#include "engine/expression/jsonata/expression.hpp"

namespace stepwell::test {

/// Variables given as JSON text.
class TextNames : public expression::jsonata::GivenNames {
public:
    explicit TextNames(std::string_view text) : values_(parse_json(text).value()) {}
    [[nodiscard]] std::optional<expression::jsonata::Given> find(
        std::string_view name) const override {
        const Json* found = stepwell::find(values_, name);
        if (!found) return std::nullopt;
        return expression::jsonata::Given{found, {}};
    }

private:
    Json values_;
};

struct Budget {
    std::uint64_t units = 5'000'000;
    expression::jsonata::Options options;
};

/// "T2001 at 3 '+'": code, position, token.
inline std::string fault_line(const expression::jsonata::Fault& fault) {
    std::string line = fault.code;
    if (fault.position >= 0) line += " at " + std::to_string(fault.position);
    if (fault.has_token) line += " '" + fault.token + "'";
    return line;
}

/// The JSON text of the result, "nothing", or the fault's line.
inline std::string evaluated(std::string_view expression, std::string_view data = "",
                             const Budget& budget = {}, std::string_view names = "{}") {
    const auto parsed = expression::jsonata::Expression::parse(expression, budget.options);
    if (!parsed) return fault_line(parsed.error());
    const Json input = data.empty() ? Json() : parse_json(data).value();
    const TextNames given(names);
    Prng random(7);
    Work work(budget.units);
    const auto answer = parsed->evaluate(
        {data.empty() ? nullptr : &input, &given, random, work, from_ms(1'700'000'000'123)});
    if (!answer) return fault_line(answer.error());
    return *answer ? to_text(**answer) : "nothing";
}

}  // namespace stepwell::test

// The first line as a Choice rule, the rest as the data that it decides on.
#include "engine/expression/choice_rule.hpp"
#include "tests/expression/support.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace stepwell;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto [line, rest] = test::first_line_and_rest(test::text_of(data, size));
    const auto source = parse_json(line);
    const auto document = parse_json(rest.empty() ? "{}" : rest);
    if (!source || !document) return 0;

    const auto rule = expression::ChoiceRule::compile(*source);
    const auto negated = expression::ChoiceRule::compile(Json({{"Not", *source}}));
    if (!rule) {
        SW_ASSERT(!rule.error().empty() && !negated);
        return 0;
    }
    const test::World world = test::World::of(*document);
    const auto matched = rule->matches(world.environment());
    SW_ASSERT(matched.has_value() || matched.error().error == "States.Runtime");
    if (!negated || !matched) return 0;
    const auto opposite = negated->matches(world.environment());
    SW_ASSERT(opposite.has_value() && *opposite != *matched);
    return 0;
}

// The first line as one expression of a template, or as a template; the rest as its data.
#include "engine/expression/payload_template.hpp"
#include "tests/expression/support.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace stepwell;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto [line, rest] = test::first_line_and_rest(test::text_of(data, size));
    const auto document = parse_json(rest.empty() ? "{}" : rest);
    if (!document) return 0;
    const auto written = parse_json(line);
    const Json source = written ? *written : Json({{"value.$", std::string(line)}});

    const auto compiled = expression::PayloadTemplate::compile(source);
    if (!compiled) {
        SW_ASSERT(!compiled.error().empty());
        return 0;
    }
    const test::World world = test::World::of(*document);
    const auto value = compiled->evaluate(world.environment());
    if (compiled->is_literal()) SW_ASSERT(value.has_value() && *value == source);
    SW_ASSERT(value.has_value() || !value.error().error.empty());
    SW_ASSERT(!value || !is_deeper_than(*value, kJsonDepthMax));
    if (value) to_text(*value);
    return 0;
}

// Any bytes as a template of a transformation: refused with a place, or rendered within its limits.
#include "tasks/template/template.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace stepwell;
using namespace stepwell::tasks;

namespace {

constexpr std::size_t kOutputBytesMax = 64u << 10;

const jinja::Environment& environment() {
    static const jinja::Environment built = [] {
        jinja::Environment made;
        made.limits.steps = 5'000;
        made.limits.output_bytes = kOutputBytesMax;
        made.limits.depth = 300;
        made.limits.value_bytes = 8u << 20;
        made.limits.range_length = 1'000;
        return made;
    }();
    return built;
}

/// Made anew each time: templates may change the list and the dict.
jinja::Variables variables() {
    return {{"s", jinja::Value("text")},
            {"n", jinja::Value(3)},
            {"l", jinja::Value::from_json(Json::array({3, 1, 2}))},
            {"d", jinja::Value::from_json(Json{{"x", 1}, {"y", Json::array({"a", "b"})}})}};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = test::text_of(data, size);
    const auto parsed = jinja::Template::parse(text, "t.sql");
    if (!parsed) {
        SW_ASSERT(parsed.error().message.starts_with("t.sql:"));
        return 0;
    }
    const auto rendered = jinja::render(environment(), *parsed, variables());
    SW_ASSERT(!rendered || rendered->size() <= kOutputBytesMax);
    SW_ASSERT(rendered || rendered.error().message.starts_with("t.sql:"));
    const auto value = jinja::render_native(environment(), *parsed, variables());
    try {
        if (value) (void)value->repr();
    } catch (const jinja::LimitExceeded&) {  // a small value may have a long text
    }
    return 0;
}

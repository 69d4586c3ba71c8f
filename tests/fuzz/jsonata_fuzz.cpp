// The first line as an expression, the rest as the document that it is asked of.
#include "engine/expression/jsonata/expression.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace stepwell;

namespace {

namespace jsonata = expression::jsonata;

std::string outcome(const jsonata::Expression& parsed, const Json* document) {
    Prng random(1);
    Work work(200'000);
    const auto answer = parsed.evaluate({document, nullptr, random, work, from_ms(0)});
    SW_ASSERT(answer.has_value() || !answer.error().code.empty());
    if (!answer) return answer.error().code + message_of(answer.error());
    return *answer ? to_text(**answer) : "nothing";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto [line, rest] = test::first_line_and_rest(test::text_of(data, size));
    jsonata::Options options;
    options.has_eval = true;
    options.bytes_max = 16 * 1'048'576;
    options.depth_max = 500;
    const auto parsed = jsonata::Expression::parse(line, options);
    if (!parsed) {
        SW_ASSERT(!message_of(parsed.error()).empty());
        return 0;
    }
    (void)parsed->variables();
    const auto document = parse_json(rest);
    const Json* input = document ? &*document : nullptr;
    SW_ASSERT(outcome(*parsed, input) == outcome(*parsed, input));
    return 0;
}

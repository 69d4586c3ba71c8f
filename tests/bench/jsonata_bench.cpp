// How long one expression takes: reads {"expr", "data", "ms"} and prints {"us", "result"}.
#include <chrono>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <string>

#include "engine/expression/jsonata/expression.hpp"

namespace stepwell::test {
namespace {

namespace jsonata = expression::jsonata;
using Clock = std::chrono::steady_clock;

Json run(const jsonata::Expression& parsed, const Json& data, double& us, double ms) {
    Json result;
    const auto begun = Clock::now();
    std::int64_t count = 0;
    for (;; ++count) {
        const std::chrono::duration<double, std::micro> spent = Clock::now() - begun;
        if (count > 0 && spent.count() > ms * 1000) {
            us = spent.count() / static_cast<double>(count);
            return result;
        }
        Prng random(1);
        Work work;
        auto answer = parsed.evaluate({&data, nullptr, random, work, from_ms(0)});
        if (!answer) {
            std::cerr << answer.error().code << ": " << message_of(answer.error()) << "\n";
            std::exit(1);
        }
        result = answer->value_or(Json());
    }
}

}  // namespace
}  // namespace stepwell::test

int main() {
    const std::string text{std::istreambuf_iterator<char>(std::cin), {}};
    const auto request = stepwell::parse_json(text);
    const auto parsed =
        stepwell::expression::jsonata::Expression::parse((*request)["expr"].get<std::string>());
    if (!parsed) {
        std::cerr << message_of(parsed.error()) << "\n";
        return 1;
    }
    double us = 0;
    const double ms = (*request)["ms"].get<double>();
    stepwell::test::run(*parsed, (*request)["data"], us, ms / 4);
    stepwell::Json result = stepwell::test::run(*parsed, (*request)["data"], us, ms);
    std::puts(stepwell::to_text({{"us", us}, {"result", std::move(result)}}).c_str());
}

// Evaluates JSONata as JSON lines ask for it: {"expr", "data", "bindings", "timelimit", "depth"} is
// answered with {"result"}, {"undefined"} or {"code", "token", "position", "message"}.
//
// Time limits are turned into steps: the same request has the same answer everywhere.
#include <cstdio>
#include <ctime>
#include <iostream>
#include <string>

#include "engine/expression/jsonata/expression.hpp"

namespace stepwell::test {
namespace {

namespace jsonata = expression::jsonata;

constexpr std::uint64_t kStepsPerMs = 20'000;
constexpr std::uint64_t kMsDefault = 10'000;
constexpr std::size_t kBytesMax = 2'000'000'000;

class Bindings : public jsonata::GivenNames {
public:
    explicit Bindings(const Json* values) : values_(values) {}
    [[nodiscard]] std::optional<jsonata::Given> find(std::string_view name) const override {
        const Json* found = values_ ? stepwell::find(*values_, name) : nullptr;
        if (!found) return std::nullopt;
        return jsonata::Given{found, {}};
    }

private:
    const Json* values_;
};

Json told(const jsonata::Fault& fault) {
    Json answer = {{"code", fault.code}, {"message", message_of(fault)}};
    if (fault.has_token) answer["token"] = fault.token;
    if (fault.position >= 0) answer["position"] = fault.position;
    return answer;
}

/// Depth as the reference counts it, which is without calls.
constexpr int kDepthFactor = 2;

Json answer_to(const Json& request) {
    const Json* depth = find(request, "depth");
    const Json* ms = find(request, "timelimit");
    jsonata::Options options;
    options.has_eval = true;
    options.bytes_max = kBytesMax;
    if (depth) options.depth_max = kDepthFactor * depth->get<int>();
    auto parsed = jsonata::Expression::parse(string_or(request, "expr", ""), options);
    if (!parsed) return told(parsed.error());
    const Bindings bindings(find(request, "bindings"));
    Prng random(1);
    Work work((ms ? ms->get<std::uint64_t>() : kMsDefault) * kStepsPerMs);
    const Timestamp now = from_ms(1'000 * static_cast<std::int64_t>(std::time(nullptr)));
    const auto result = parsed->evaluate({find(request, "data"), &bindings, random, work, now});
    if (!result) {
        if (result.error().code == jsonata::kFunctionAnswer) return {{"function", true}};
        return told(result.error());
    }
    if (!*result) return {{"undefined", true}};
    return {{"result", **result}};
}

}  // namespace
}  // namespace stepwell::test

int main() {
    std::string line;
    while (std::getline(std::cin, line)) {
        const auto request = stepwell::parse_json(line);
        const stepwell::Json answer = request ? stepwell::test::answer_to(*request)
                                              : stepwell::Json{{"broken", request.error().message}};
        std::puts(stepwell::to_text(answer).c_str());
        std::fflush(stdout);
    }
}

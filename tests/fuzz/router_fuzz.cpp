// Any request (a line "METHOD TARGET", a line of the content type, a body): one answer, whose
// status the table of routes explains; a fault of the client has words, and few of them.
#include "api/router/router.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/support/fake_request.hpp"

using namespace stepwell;
using namespace stepwell::api;

namespace {

class Everybody final : public Authenticator {
public:
    [[nodiscard]] Result<Principal, Refusal> authenticate(const Request& request) const override {
        return request.principal();
    }
};

Result<Json> echo(const Call& call) {
    Json out = Json::object();
    if (const auto limit = call.integer("limit")) SW_ASSERT(*limit >= 1 && *limit <= 10);
    for (const std::string& word : call.list("words")) SW_ASSERT(word == "a" || word == "b");
    out["since"] = call.time("since") ? to_iso8601(*call.time("since")) : "";
    out["deep"] = call.flag("deep");
    return out;
}

Result<Json> item(const Call& call) {
    return Json{{"item", call.path("item")}};
}

Result<Json> same(const Call& call) {
    return call.body();
}

const char* const kBody = R"json({
    "type": "object", "required": ["name"], "additionalProperties": false,
    "properties": {
        "name": {"type": "string", "minLength": 2, "maxLength": 9, "pattern": "^[a-zü]+$"},
        "count": {"type": ["integer", "null"], "minimum": 1, "maximum": 3},
        "input": {},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "tags": {"type": "array", "maxItems": 2, "items": {"enum": ["x", "y"]}}
    }})json";

const Router& table() {
    static const Everybody everybody;
    static Router router(everybody);
    static const bool is_filled = [] {
        router.add({.method = "GET",
                    .pattern = "/api/v1/items",
                    .query = {integer_parameter("limit", "", 1, 10, 5),
                              list_of(choice_parameter("words", "", {"a", "b"})),
                              flag_parameter("deep", ""), time_parameter("since", "")},
                    .read = echo});
        router.add({.method = "GET", .pattern = "/api/v1/items/{item}", .read = item});
        router.add({.method = "GET", .pattern = "/api/v1/items/{item}/parts/{part}", .read = item});
        router.add(
            {.method = "DELETE", .pattern = "/api/v1/items/{item}", .status = 204, .read = item});
        router.add({.method = "POST",
                    .pattern = "/api/v1/items",
                    .body = json_body(kBody, true),
                    .status = 201,
                    .read = same});
        return true;
    }();
    SW_ASSERT(is_filled);
    return router;
}

/// Twenty faults, each with an excerpt of what was there.
constexpr std::size_t kProblemBytesMax = 64'000;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto [line, rest] = test::first_line_and_rest(test::text_of(data, size));
    const auto [type, body] = test::first_line_and_rest(rest);
    const std::size_t blank = std::min(line.find(' '), line.size());
    test::FakeRequest request(std::string(line.substr(0, blank)),
                              std::string(line.substr(std::min(blank + 1, line.size()))),
                              std::string(body), {{"Content-Type", std::string(type)}});
    (void)table().role_for(request);
    (void)table().body_limit(request);
    int answers = 0;
    table().handle(request, [&](Response response) {
        ++answers;
        const unsigned status = response.status;
        const bool is_good = status == 200 || status == 201 || status == 204;
        const bool is_clients = status == 400 || status == 404 || status == 405 || status == 415;
        SW_ASSERT(is_good || is_clients);
        if (is_good) return;
        SW_ASSERT(parse_json(response.body).has_value());
        SW_ASSERT(response.body.size() <= kProblemBytesMax);
    });
    SW_ASSERT(answers == 1);
    return 0;
}

#include "api/router/router.hpp"

#include <doctest/doctest.h>

#include "api/http/problem.hpp"
#include "api/router/schema.hpp"
#include "tests/support/fake_request.hpp"

using namespace stepwell;
using namespace stepwell::api;
using stepwell::test::FakeRequest;

namespace {

/// Believes the header X-Role.
class HeaderAuthenticator final : public Authenticator {
public:
    [[nodiscard]] Result<Principal, Refusal> authenticate(const Request& request) const override {
        const auto role = role_named(request.header("X-Role"));
        if (const auto scope = link_scope_named(request.header("X-Scope"))) {
            Principal holder{Principal::Kind::link, "7", "a holder", Role::none, "link"};
            holder.link_scope = *scope;
            return holder;
        }
        if (role) return Principal{Principal::Kind::user, "somebody", "somebody", *role, "token"};
        return fail(Refusal{401, "expected a role", {}});
    }
};

/// Answers with what the call holds.
Result<Json> echo_call(const Call& call) {
    Json out = Json::object();
    out["limit"] = call.integer("limit").value_or(-1);
    out["words"] = call.list("words");
    out["deep"] = call.flag("deep");
    out["since"] = call.time("since") ? to_iso8601(*call.time("since")) : "";
    return out;
}

Result<Json> item(const Call& call) {
    return Json{{"item", call.path("item")}};
}

struct RoutingTable {
    HeaderAuthenticator authenticator;
    Router router{authenticator};

    RoutingTable() {
        router.add_schema("Part",
                          R"({"type": "object", "required": ["a"], "properties": {"a": {}}})");
        router.add_schema("Word", R"({"type": "string", "minLength": 2, "pattern": "^[a-zü]+$"})");
        router.add({.method = "GET",
                    .pattern = "/api/v1/items",
                    .operation = "listItems",
                    .query = {integer_parameter("limit", "", 1, 10, 5),
                              list_of(choice_parameter("words", "", {"a", "b"})),
                              flag_parameter("deep", ""), time_parameter("since", "")},
                    .read = echo_call});
        router.add({.method = "GET", .pattern = "/api/v1/items/{item}", .read = item});
        router.add({.method = "GET",
                    .pattern = "/api/v1/items/newest",
                    .role = Role::none,
                    .read = [](const Call&) -> Result<Json> {
                        return Json{{"item", "the newest"}};
                    }});
        router.add({.method = "DELETE",
                    .pattern = "/api/v1/items/{item}",
                    .role = Role::editor,
                    .status = 204,
                    .read = item});
        router.add({.method = "POST",
                    .pattern = "/api/v1/items",
                    .role = Role::operator_,
                    .body = json_body(R"json({
                        "type": "object", "required": ["name"], "additionalProperties": false,
                        "properties": {
                            "name": {"$ref": "#/components/schemas/Word"},
                            "count": {"type": ["integer", "null"], "minimum": 1, "maximum": 3},
                            "tags": {"type": "array", "maxItems": 2, "items": {"enum": ["x", "y"]}}
                        }})json",
                                      true),
                    .answer = R"({"type": "object", "properties": {"name": {"type": "string"},
                        "others": {"type": "array", "items": {"properties": {"a": {}}}},
                        "both": {"allOf": [{"$ref": "#/components/schemas/Part"},
                            {"required": ["b"], "properties": {"b": {}}}]},
                        "free": {"properties": {"a": {}}, "additionalProperties": true}}})",
                    .status = 201,
                    .repeated = 200,
                    .read = [](const Call& call) -> Result<Json> { return call.body(); }});
    }

    Response send(FakeRequest request) const {
        Response answer;
        router.handle(request, [&](Response response) { answer = std::move(response); });
        return answer;
    }
    Response get(const std::string& target) const { return send({"GET", target}); }
    Response post(const std::string& body, const std::string& type = "application/json") const {
        return send({"POST", "/api/v1/items", body, {{"Content-Type", type}}});
    }
};

}  // namespace

TEST_CASE("a link opens the routes of its own thing that say so, as far as it goes") {
    const HeaderAuthenticator authenticator;
    Router router(authenticator);
    const auto add = [&](const char* pattern, LinkScope link) {
        router.add({.method = "POST",
                    .pattern = pattern,
                    .role = Role::operator_,
                    .read = [](const Call&) -> Result<Json> { return Json::object(); },
                    .link = link});
    };
    add("/api/v1/things/{id}/decide", LinkScope::decide);
    add("/api/v1/things/{id}/result", LinkScope::result);
    add("/api/v1/things/{id}/remove", LinkScope::nothing);
    add("/api/v1/things", LinkScope::decide);
    const auto status = [&](const char* path, const char* scope) {
        const auto principal = router.admit(FakeRequest("POST", path, "", {{"X-Scope", scope}}));
        return principal ? 200u : principal.error().status;
    };
    CHECK(status("/api/v1/things/7/decide", "decide") == 200);
    CHECK(status("/api/v1/things/7/decide", "result") == 200);
    CHECK(status("/api/v1/things/7/result", "result") == 200);
    CHECK(status("/api/v1/things/7/result", "decide") == 403);
    CHECK(status("/api/v1/things/8/decide", "decide") == 403);
    CHECK(status("/api/v1/things/7/remove", "result") == 403);
    CHECK(status("/api/v1/things", "result") == 403);
    CHECK(status("/api/v1/none", "result") == 403);
}

TEST_CASE("a request goes to the route that fits its path and method") {
    const RoutingTable table;
    struct Case {
        std::string method;
        std::string target;
        unsigned want;
        std::string body;  // what it contains
    };
    // clang-format off
    const Case cases[] = {
        {"GET", "/api/v1/items", 200, "\"limit\":5"},
        {"GET", "/api/v1/items/7", 200, "\"item\":\"7\""},
        {"GET", "/api/v1/items/a%2Fb%20c", 200, "\"item\":\"a/b c\""},
        {"GET", "/api/v1/items/..", 200, "\"item\":\"..\""},
        {"GET", "/api/v1/items/newest", 200, "the newest"},
        {"HEAD", "/api/v1/items/7", 200, ""},
        {"DELETE", "/api/v1/items/7", 204, ""},
        {"OPTIONS", "/api/v1/items", 204, ""},
        {"GET", "/api/v1/items/" + std::string(513, 'a'), 400, "1 to 512 characters"},
        {"GET", "/api/v1/items/%zz", 400, "percent-encoded"},
        {"GET", "/api/v1/items/%ff", 400, "UTF-8"},
        {"GET", "/api/v1/items/", 404, "there is nothing"},
        {"GET", "/api/v1/items/7/8", 404, "there is nothing"},
        {"GET", "/api/v1//items", 404, "there is nothing"},
        {"GET", "", 404, "there is nothing"},
        {"GET", "/", 404, "there is nothing"},
        {"PUT", "/api/v1/items", 405, "GET, HEAD, POST, OPTIONS"},
        {"TRACE", "/api/v1/items/7", 405, "GET, HEAD, DELETE, OPTIONS"},
        {"get", "/api/v1/items", 405, "GET"},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.method);
        CAPTURE(c.target);
        const Response got = table.send({c.method, c.target});
        CHECK(got.status == c.want);
        CHECK(got.body.find(c.body) != std::string::npos);
        const bool names_methods = c.want == 405 || c.method == "OPTIONS";
        CHECK((got.headers.find("Allow: ") != std::string::npos) == names_methods);
    }
}

TEST_CASE("a query holds what is declared, once and in range, and all faults are said at once") {
    const RoutingTable table;
    struct Case {
        std::string query;
        std::string want;  // in the message; empty: accepted
    };
    // clang-format off
    const Case cases[] = {
        {"limit=1&words=a,b&deep=true&since=2024-01-02T03:04:05%2B01:00", ""},
        {"", ""},
        {"&&", ""},
        {"limit=0", "expected 'limit' to be a whole number from 1 to 10, but got '0'"},
        {"limit=ten", "but got 'ten'"},
        {"limit=", "but got ''"},
        {"limit=1&limit=2", "expected 'limit' once"},
        {"words=a,c", "expected 'words' to be a or b, but got 'c'"},
        {"words=a,", "but got ''"},
        {"deep=1", "expected 'deep' to be true or false"},
        {"since=yesterday", "expected 'since' to be a time"},
        {"color=red", "but got 'color'"},
        {"limit=%f", "percent-encoded"},
        {"limit=0&deep=1&color=red", "expected 'limit' to be a whole number from 1 to 10, but got '0'; expected 'deep'"},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.query);
        const Response got = table.get("/api/v1/items?" + c.query);
        CHECK(got.status == (c.want.empty() ? 200 : 400));
        if (!c.want.empty()) CHECK(got.body.find(c.want) != std::string::npos);
    }
    const Json got =
        *parse_json(table.get("/api/v1/items?words=b,a&since=1970-01-01T00:00:00Z").body);
    CHECK(got["words"] == Json::array({"b", "a"}));
    CHECK(got["since"] == "1970-01-01T00:00:00Z");
    CHECK(got["deep"] == false);
}

TEST_CASE("a body has the route's type and fits its schema, or all that is wrong is said") {
    const RoutingTable table;
    struct Case {
        std::string body;
        std::string want;  // in the message; empty: accepted
    };
    // clang-format off
    const Case cases[] = {
        {R"({"name": "grün", "count": 3, "tags": ["x", "y"]})", ""},
        {R"({"name": "ab", "count": null})", ""},
        {R"({"name": "ab", "count": 2.0})", ""},
        {R"({"name": "ab"} )", ""},
        {R"({"name": "a"})", "expected 'name' to be at least 2 characters"},
        {R"({"name": "ü"})", "expected 'name' to be at least 2 characters"},
        {R"({"name": "a b"})", "expected 'name' to be text that fits"},
        {R"({"name": 5})", "expected 'name' to be a string, but got 5"},
        {R"({})", "expected 'name' to be there"},
        {R"({"name": "ab", "nam": 1})", "expected only the members 'count', 'name', 'tags', but got 'nam'"},
        {R"({"name": "ab", "count": 4})", "expected 'count' to be 1 to 3, but got 4"},
        {R"({"name": "ab", "count": 1.5})", "expected 'count' to be an integer or null"},
        {R"({"name": "ab", "tags": ["x", "x", "x"]})", "expected 'tags' to be at most 2 items"},
        {R"({"name": "ab", "tags": ["z"]})", "expected 'tags[0]' to be one of"},
        {R"({"name": "a", "count": 0})", "expected 'name' to be at least 2 characters, but got \"a\"; expected 'count'"},
        {R"([])", "expected the body to be an object"},
        {R"({"name": )", "expected the body to be JSON"},
        {R"()", "expected the body to be JSON"},
        {"{\"name\": \"\xff\xff\"}", "expected the body to be JSON"},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.body);
        const Response got = table.post(c.body);
        CHECK(got.status == (c.want.empty() ? 201 : 400));
        if (c.want.empty()) continue;
        CHECK((*parse_json(got.body))["detail"].get<std::string>().find(c.want) !=
              std::string::npos);
    }
    std::string wide = "{";
    for (int i = 0; i < 50'000; ++i) wide += "\"" + std::to_string(i) + "\": 1, ";
    const Response capped = table.post(wide + R"("name": "ab"})");
    CHECK(capped.status == 400);
    CHECK(capped.body.size() < 4'000);
    CHECK(capped.body.find("and 49980 more") != std::string::npos);
    const Response refused =
        table.post(wide + wide.substr(1) + wide.substr(1) + wide.substr(1) + R"("name": "ab"})");
    CHECK(refused.body.find("at most 150000 members and elements") != std::string::npos);
    CHECK(table.post("{}", "text/plain").status == 415);
    CHECK(table.post("{}", "").status == 415);
    CHECK(table.post(R"({"name": "ab"})", "Application/JSON; charset=utf-8").status == 201);
}

TEST_CASE("only who has the role of a route comes in; what has none is open") {
    const RoutingTable table;
    struct Case {
        std::string method;
        std::string target;
        std::string role;
        unsigned want;
    };
    // clang-format off
    const Case cases[] = {
        {"GET", "/api/v1/items", "", 401},
        {"GET", "/api/v1/items", "viewer", 200},
        {"GET", "/api/v1/items", "admin", 200},
        {"HEAD", "/api/v1/items", "", 401},
        {"POST", "/api/v1/items", "viewer", 403},
        {"POST", "/api/v1/items", "operator", 200},
        {"DELETE", "/api/v1/items/7", "operator", 403},
        {"DELETE", "/api/v1/items/7", "editor", 200},
        {"GET", "/api/v1/items/newest", "", 200},
        // Who is not known is not told what there is.
        {"GET", "/nothing", "", 401},
        {"PUT", "/api/v1/items", "", 401},
        {"OPTIONS", "/api/v1/items", "", 401},
        {"GET", "/nothing", "none", 403},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.method + " " + c.target + " " + c.role);
        const auto got =
            table.router.admit(FakeRequest(c.method, c.target, "", {{"X-Role", c.role}}));
        CHECK((got ? 200 : got.error().status) == c.want);
    }
}

TEST_CASE("every answer is told to the watcher, refused ones too") {
    RoutingTable table;
    std::vector<std::string> seen;
    table.router.on_answer([&](const Exchange& exchange) {
        seen.push_back((exchange.route ? exchange.route->pattern : "-") + " " +
                       std::to_string(exchange.status));
    });
    table.get("/api/v1/items/7");
    table.get("/nothing");
    CHECK_FALSE(table.router.admit(FakeRequest("GET", "/api/v1/items")).has_value());
    CHECK(seen ==
          std::vector<std::string>{"/api/v1/items/{item} 200", "- 404", "/api/v1/items 401"});
}

TEST_CASE("the OpenAPI document says what the table holds") {
    const RoutingTable table;
    const Json document = table.router.openapi("1.2.3");
    CHECK(document["openapi"] == "3.1.0");
    CHECK(document["paths"].size() == 3);
    const Json& list = document["paths"]["/api/v1/items"]["get"];
    CHECK(list["operationId"] == "listItems");
    CHECK(list["parameters"].size() == 4);
    CHECK(list["parameters"][0]["schema"]["maximum"] == 10);
    CHECK(list["parameters"][1]["explode"] == false);
    const Json& create = document["paths"]["/api/v1/items"]["post"];
    CHECK(create["requestBody"]["required"] == true);
    CHECK(create["responses"].contains("201"));
    CHECK(create["responses"].contains("415"));
    CHECK(create["responses"].contains("200"));  // a repetition
    CHECK(create["x-role"] == "operator");
    CHECK(document["paths"]["/api/v1/items/newest"]["get"]["security"] == Json::array());
    CHECK(document["components"]["schemas"].contains("Word"));
}

TEST_CASE("an answer has no members but those that the document declares, but where it says so") {
    const RoutingTable table;
    const Json document = table.router.openapi("1.2.3");
    const Json& answer = document["paths"]["/api/v1/items"]["post"]["responses"]["201"]["content"]
                                 ["application/json"]["schema"];
    CHECK(answer["additionalProperties"] == false);
    CHECK(answer["properties"]["others"]["items"]["additionalProperties"] == false);
    CHECK(answer["properties"]["free"]["additionalProperties"] == true);
    const Json& both = answer["properties"]["both"];
    CHECK(both["required"] == Json::array({"a", "b"}));
    CHECK((both["properties"].size() == 2 && both["additionalProperties"] == false));
}

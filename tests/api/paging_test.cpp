// Lists that are held whole, page by page.
#include "api/router/paging.hpp"

#include <doctest/doctest.h>

#include "tests/support/fake_request.hpp"

using namespace stepwell;
using namespace stepwell::api;
using stepwell::test::FakeRequest;

namespace {

const Route& paged_route() {
    static const Route kRoute{.method = "GET", .pattern = "/things", .query = page_parameters()};
    return kRoute;
}

Result<Json> page(const std::string& names, int limit, std::string_view key,
                  const std::string& after = "") {
    Json items = Json::array();
    for (const char name : names) items.push_back({{"name", std::string(1, name)}});
    FakeRequest request("GET", "/things");
    Call::Values query{{"limit", std::to_string(limit)}};
    if (!after.empty()) query.emplace_back("after", after);
    const Call call(request, paged_route(), {}, std::move(query), Json(), [](Response) {});
    return page_of(call, Json{{"items", std::move(items)}}, key);
}

std::string names_in(const Result<Json>& page) {
    std::string out;
    for (const Json& item : page.value()["items"]) out += item["name"].get<std::string>();
    return out;
}

std::string next_of(const Result<Json>& page) {
    return string_or(page.value(), "next", "");
}

}  // namespace

TEST_CASE("A list comes page by page, and the last page has no next") {
    for (const std::string_view key : {"name", ""}) {
        CAPTURE(key);
        const auto first = page("abcde", 2, key);
        CHECK(names_in(first) == "ab");
        const auto second = page("abcde", 2, key, next_of(first));
        CHECK(names_in(second) == "cd");
        const auto last = page("abcde", 2, key, next_of(second));
        CHECK(names_in(last) == "e");
        CHECK(next_of(last).empty());
    }
    CHECK(next_of(page("ab", 2, "name")).empty());
    CHECK(names_in(page("", 2, "name")).empty());
}

TEST_CASE("A page goes on behind the last item that was seen, whatever came or went meanwhile") {
    struct Case {
        std::string now;
        std::string want;
    };
    const std::string next = next_of(page("abcde", 2, "name"));
    for (const Case& c : {Case{"xabcde", "cd"}, Case{"bcde", "cd"}, Case{"acde", "cd"},
                          Case{"ab", ""}, Case{"", ""}}) {
        CAPTURE(c.now);
        CHECK(names_in(page(c.now, 2, "name", next)) == c.want);
    }
}

TEST_CASE("What is no token of a list is refused") {
    for (const std::string token : {"x", "1", "0.000000000000", "-1.000000000000", "1.abc", ".",
                                    "99999999999999999999.000000000000"}) {
        CAPTURE(token);
        const auto refused = page("abc", 2, "name", token);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == ErrorCode::invalid);
    }
}

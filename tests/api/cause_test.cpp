// What tasks came to, in the terminal's words.
#include "api/cli/cause.hpp"

#include <doctest/doctest.h>

namespace stepwell::test {
namespace {

using api::cli::cause_details;
using api::cli::cause_sentence;
using api::cli::result_text;

Json check(const std::string& name, const std::string& status) {
    return {{"name", name},
            {"status", status},
            {"message", "2 of 3 values are not date"},
            {"samples",
             {{{"line", 3}, {"value", "2024-02-30"}, {"row", {{"id", "2"}}}},
              {{"line", 4}, {"value", nullptr}},
              {{"id", "7"}, {"count", 2}},
              {{"line", 9}, {"value", "never shown"}}}}};
}

TEST_CASE("A cause that is a result envelope is told as its sentence and its failed checks") {
    const Json envelope = {{"status", "failed"},
                           {"message", "2 of 3 rows rejected\u001b[31m"},
                           {"checks", {check("day.type", "fail"), check("day.min", "pass")}}};
    const std::string cause = envelope.dump();
    CHECK(cause_sentence(cause).starts_with("2 of 3 rows rejected"));
    CHECK(cause_sentence(cause).find('\x1b') == std::string::npos);
    CHECK(cause_details(cause) ==
          std::vector<std::string>{"day.type: 2 of 3 values are not date; for example line 3: "
                                   "\"2024-02-30\", line 4: null, {\"id\":\"7\",\"count\":2}"});
}

TEST_CASE("Of many failed checks ten lines are told, and how many more there are") {
    Json envelope = {{"message", "bad"}, {"checks", Json::array()}};
    for (int i = 0; i < 25; ++i)
        envelope["checks"].push_back(check("c" + std::to_string(i), "fail"));
    const auto lines = cause_details(envelope.dump());
    CHECK(lines.size() == 10);
    CHECK(lines.back() == "and 16 more");
}

TEST_CASE("Another cause is told as it is") {
    for (const std::string cause : {"because", "{not JSON", "", "{\"a\": 1}", "[1]"}) {
        CHECK(cause_sentence(cause) == cause);
        CHECK(cause_details(cause).empty());
    }
    CHECK(cause_sentence(R"({"errorMessage": "no such key", "errorType": "KeyError"})") ==
          "no such key");
}

TEST_CASE("A step says what it did, that nothing changed, and what it warns of") {
    const Json rows = {{"read", 40011}, {"good", 40001}, {"rejected", 10}, {"deleted", 0}};
    CHECK(result_text({{"rows", rows}, {"status", "success"}}) ==
          "40,011 read, 40,001 good, 10 rejected");
    CHECK(result_text({{"rows", {{"read", 0}}}, {"unchanged", true}}) == "unchanged");
    CHECK(result_text({{"rows", {{"read", 5}}}, {"commit", {{"replayed", true}}}}) ==
          "5 read, had been done before");
    CHECK(result_text(
              {{"rows", rows}, {"status", "warn"}, {"message", "10 of 40,011 rows rejected"}}) ==
          "40,011 read, 40,001 good, 10 rejected; warning: 10 of 40,011 rows rejected");
    CHECK(result_text({{"status", "warn"}, {"checks", {check("day.min", "warn")}}})
              .starts_with("warning: day.min: 2 of 3 values are not date; for example line 3"));
    CHECK(result_text(Json::object()).empty());
    CHECK(result_text({{"rows", "many"}, {"commit", 3}, {"status", 1}}).empty());
}

}  // namespace
}  // namespace stepwell::test

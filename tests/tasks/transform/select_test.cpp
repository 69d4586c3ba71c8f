#include <doctest/doctest.h>

#include "tests/tasks/transform/transform_test.hpp"

namespace stepwell::test {

TEST_CASE("a selection means the nodes that dbt's grammar says") {
    Transform t;
    // a -> b -> c -> d, b -> e
    t.file("models/staging/a.sql", "{{ config(tags=['daily']) }} select 1 as x");
    t.file("models/staging/b.sql", "select * from {{ ref('a') }}");
    t.file(
        "models/marts/c.sql",
        "{{ config(tags=['daily', 'slow'], materialized='table') }} select * from {{ ref('b') }}");
    t.file("models/marts/d.sql", "select * from {{ ref('c') }}");
    t.file("models/marts/e.sql", "select * from {{ ref('b') }}");
    t.file("dbt_project.yml", "name: p\n");
    struct Case {
        std::string select;
        std::string exclude;
        std::string expected;
    };
    const Case cases[] = {
        {"", "", "a b c d e"},
        {"tag:daily", "", "a c"},
        {"tag:daily+", "", "a b c d e"},
        {"tag:slow+", "", "c d"},
        {"+c", "", "a b c"},
        {"1+c", "", "b c"},
        {"b+1", "", "b c e"},
        {"a e", "", "a e"},
        {"tag:daily,path:models/marts", "", "c"},
        {"path:models/staging", "", "a b"},
        {"models/marts/d.sql", "", "d"},
        {"marts", "", "c d e"},
        {"p.staging.a", "", "a"},
        {"marts.*", "", "c d e"},
        {"config.materialized:table", "", "c"},
        {"@c", "", "a b c d"},
        {"", "tag:daily", "b d e"},
        {"+d", "+b", "c d"},
        {"nothing", "", ""},
    };
    for (const auto& c : cases) {
        CAPTURE(c.select);
        CAPTURE(c.exclude);
        const Json result =
            t.run({{"select", c.select}, {"exclude", c.exclude}, {"command", "run"}});
        std::string names;
        if (c.expected.empty()) {
            CHECK(result["code"] == "E_CONFIG");
            continue;
        }
        for (const auto& node : result["results"]) {
            const std::string id = node["unique_id"];
            names += id.substr(id.rfind('.') + 1) + " ";
        }
        std::string sorted;
        for (const char name : {'a', 'b', 'c', 'd', 'e'}) {
            if (names.find(name) != std::string::npos)
                sorted += (sorted.empty() ? "" : " ") + std::string(1, name);
        }
        CHECK(sorted == c.expected);
    }
    CHECK(t.run({{"select", "colour:red"}})["code"] == "E_CONFIG");
}

}  // namespace stepwell::test

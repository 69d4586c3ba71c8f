#include <doctest/doctest.h>

#include "tests/tasks/etl/etl_test.hpp"

namespace stepwell::test {
namespace {

struct Dimension : Etl {
    std::string connection;

    explicit Dimension(const std::string& type) : connection("wh") {
        configuration["connections"]["wh"] = {{"type", type}, {"path", "w.db"}};
    }
    Json load(const std::string& rows, const std::string& more = "") {
        folder.write("data/in/c.csv", "id,email,city,updated\n" + rows);
        return result(
            R"({"input": {"uri": "in/c.csv", "columns": {"id": "bigint", "updated": "date"}},
            "scd2": {"target": "wh.dim_customer", "keys": ["id"], "track": ["email", "city"], "effective": "updated", "open_end": "2099-12-31")" +
            more + "}}");
    }
    Json versions() {
        return query(
            "select id, email, cast(effective_date as varchar), cast(expiration_date as varchar), "
            "case when is_current then 1 else 0 end from dim_customer order by 1, 3",
            connection);
    }
};

}  // namespace

TEST_CASE("a changed row closes its version and opens a new one in the same run") {
    for (const std::string type : {"duckdb", "sqlite"}) {
        CAPTURE(type);
        Dimension dimension(type);
        const Json first = dimension.load("1,a@x,Rome,2024-01-01\n2,b@x,,2024-01-01\n");
        REQUIRE(first.is_object());
        CHECK(to_text(first["scd2"]) ==
              R"({"inserted":2,"closed":0,"unchanged":0,"deleted":0,"late":0})");
        const Json second =
            dimension.load("1,a2@x,Rome,2024-02-01\n2,b@x,,2024-02-01\n3,c@x,Bonn,2024-02-01\n");
        CHECK(to_text(second["scd2"]) ==
              R"({"inserted":1,"closed":1,"unchanged":1,"deleted":0,"late":0})");
        CHECK(
            to_text(dimension.versions()) ==
            R"([[1,"a@x","2024-01-01","2024-02-01",0],[1,"a2@x","2024-02-01","2099-12-31",1],[2,"b@x","2024-01-01","2099-12-31",1],[3,"c@x","2024-02-01","2099-12-31",1]])");
        const Json third =
            dimension.load("1,a2@x,Rome,2024-02-01\n2,b@x,,2024-02-01\n3,c@x,Bonn,2024-02-01\n");
        CHECK(third["unchanged"] == true);
        CHECK(third["scd2"]["unchanged"] == 3);
    }
}

TEST_CASE("a value that comes from NULL or becomes NULL is a change") {
    for (const std::string type : {"duckdb", "sqlite"}) {
        CAPTURE(type);
        Dimension dimension(type);
        REQUIRE(dimension.load("1,a@x,Rome,2024-01-01\n2,b@x,,2024-01-01\n").is_object());
        CHECK(dimension.load("1,a@x,,2024-02-01\n2,b@x,Kiel,2024-02-01\n")["scd2"]["closed"] == 2);
    }
}

TEST_CASE("rows older than the current version are left out, or refused") {
    for (const std::string type : {"duckdb", "sqlite"}) {
        CAPTURE(type);
        Dimension dimension(type);
        REQUIRE(dimension.load("1,a@x,Rome,2024-02-01\n").is_object());
        const Json late = dimension.load("1,old@x,Rome,2024-01-01\n");
        CHECK(late["scd2"]["late"] == 1);
        CHECK(late["rows"]["rejected"] == 1);
        CHECK(dimension.load("1,old@x,Rome,2024-01-01\n", R"(, "late_rows": "fail")")
                  .get<std::string>()
                  .starts_with("E_CONFLICT: "));
        CHECK(dimension.versions().size() == 1);
    }
}

TEST_CASE("keys that are gone are closed only when asked for") {
    for (const std::string type : {"duckdb", "sqlite"}) {
        CAPTURE(type);
        Dimension dimension(type);
        REQUIRE(dimension.load("1,a@x,Rome,2024-01-01\n2,b@x,Kiel,2024-01-01\n").is_object());
        CHECK(dimension.load("1,a@x,Rome,2024-02-01\n")["scd2"]["deleted"] == 0);
        CHECK(dimension.load("1,a@x,Rome,2024-03-01\n",
                             R"(, "deletes": "close")")["scd2"]["deleted"] == 1);
        CHECK(to_text(dimension.versions()[1]) == R"([2,"b@x","2024-01-01","2024-03-01",0])");
    }
}

TEST_CASE("a key that was closed and comes back was gone in between") {
    for (const std::string type : {"duckdb", "sqlite"}) {
        CAPTURE(type);
        Dimension dimension(type);
        const std::string close = R"(, "deletes": "close")";
        REQUIRE(dimension.load("1,a@x,Rome,2024-01-01\n2,b@x,Kiel,2024-01-01\n").is_object());
        REQUIRE(dimension.load("1,a@x,Rome,2024-03-01\n", close).is_object());
        REQUIRE(
            dimension.load("1,a@x,Rome,2024-05-01\n2,b@x,Kiel,2024-01-01\n", close).is_object());
        CHECK(to_text(dimension.versions()[1]) == R"([2,"b@x","2024-01-01","2024-03-01",0])");
        CHECK(to_text(dimension.versions()[2]) == R"([2,"b@x","2024-05-01","2099-12-31",1])");
        // Its own date counts where it is after the end.
        REQUIRE(dimension.load("2,b@x,Kiel,2024-06-01\n", close).is_object());
        REQUIRE(
            dimension.load("1,a@x,Rome,2024-07-01\n2,b@x,Kiel,2024-08-01\n", close).is_object());
        CHECK(to_text(dimension.versions()[1]) == R"([1,"a@x","2024-07-01","2099-12-31",1])");
    }
}

TEST_CASE("a key that comes twice is refused and changes nothing") {
    for (const std::string type : {"duckdb", "sqlite"}) {
        CAPTURE(type);
        Dimension dimension(type);
        CHECK(dimension.load("1,a@x,Rome,2024-01-01\n1,b@x,Rome,2024-01-01\n")
                  .get<std::string>()
                  .starts_with("E_DUPLICATE_KEY: "));
    }
}

}  // namespace stepwell::test

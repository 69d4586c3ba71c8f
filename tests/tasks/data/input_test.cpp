// What tasks do with files that differ from what was expected: named, counted or refused, never
// lost.
#include <doctest/doctest.h>

#include "tests/tasks/data/task_test.hpp"

namespace stepwell::test {
namespace {

struct Place {
    ScratchFolder folder;
    TestContext context{folder};
    int runs = 0;

    Outcome load(Json input, Json more = Json::object()) {
        context.set_run_key("run-" + std::to_string(++runs));
        Json parameters = {{"input", std::move(input)}, {"target", "t"}, {"mode", "replace"}};
        parameters.merge_patch(more);
        return run_task("load", parameters, context);
    }
    Outcome load_file(const std::string& name, const std::string& bytes,
                      Json more = Json::object()) {
        folder.write(name, bytes);
        return load({{"uri", path(name)}}, std::move(more));
    }
    std::string path(const std::string& name) { return (folder.path() / name).string(); }
    std::string table(const std::string& sql = "select * from {}") {
        return query_text(context, "wh", "t", sql);
    }
};

std::string verdict_of(const Outcome& outcome) {
    return outcome.error.empty() ? "success" : outcome.error + ": " + outcome.message();
}

TEST_CASE("Files that hold no table are told by their names and why") {
    const std::string nul("id,n\0x\n1,2\n", 11);
    const struct {
        const char* name;
        std::string bytes;
        const char* says;
    } cases[] = {
        {"empty.csv", "", "E_FORMAT: {}: expected a header, but there is none"},
        {"blank.csv", "\n\n", "E_FORMAT: {}: expected a header, but there is none"},
        {"empty.ndjson", "", "E_FORMAT: {}: expected at least one object, but there is none"},
        {"none.json", "[]", "E_FORMAT: {}: expected at least one object, but there is none"},
        {"object.json", "{\"id\":1}",
         "E_FORMAT: {}: expected json, an array of objects, but it does not begin with '['"},
        {"unnamed.ndjson", "{\"\":1}\n", "E_FORMAT: {}: expected members with names"},
        {"member.ndjson", "{\"id\":1}\n{\"id\":2,\"\\u0069d\":3}\n",
         "E_FORMAT: {}:2: the line has member 'id' twice"},
        {"member.json", "[{\"id\":1},{\"id\":2,\"id\":3}]",
         "E_FORMAT: {}:2: the line has member 'id' twice"},
        {"nan.ndjson", "{\"id\":1}\n{\"id\":NaN}\n", "E_FORMAT: {}:2: the line is not JSON"},
        {"infinity.json", "[{\"id\":1},{\"id\":-Infinity}]",
         "E_FORMAT: {}:2: the line is not JSON"},
        {"text.parquet", "x", "E_FORMAT: {}: expected parquet"},
        {"latin.ndjson", "{\"id\":1,\"n\":\"M\xfcller\"}\n",
         "E_ENCODING: {}:1: the line is not UTF-8"},
        {"latin.csv", "id,n\n1,ok\n2,M\xfcller\n", "E_ENCODING: {}:3: the line is not UTF-8"},
        {"nul.csv", nul, "E_FORMAT: {}: expected a header of texts, but it has NUL bytes"},
        {"mac.csv", "id,n\r1,2\r3,4\r",
         "E_FORMAT: {}: expected lines that end in LF or CR LF, but they end in CR alone"},
        {"twice.csv", "ID,id,amount\n1,2,3\n",
         "E_SCHEMA: {}: expected each column once, but the header has 'ID' and 'id'"},
        {"twice.ndjson", "{\"Id\":1,\"id\":2}\n",
         "E_SCHEMA: expected members whose names differ in more than case, but there are 'Id' and "
         "'id'"},
    };
    for (const auto& test : cases) {
        INFO(test.name);
        Place place;
        std::string want = test.says;
        if (const auto at = want.find("{}"); at != want.npos)
            want.replace(at, 2, place.path(test.name));
        CHECK(verdict_of(place.load_file(test.name, test.bytes)).starts_with(want));
    }
}

TEST_CASE("An array without objects adds no rows to a table that is there") {
    Place place;
    CHECK(verdict_of(place.load_file("one.json", R"([{"id":1}])")) == "success");
    const auto none = place.load_file("none.json", "[]", {{"mode", "append"}});
    CHECK(verdict_of(none) == "success");
    CHECK(none.result["rows"]["read"] == 0);
    CHECK(place.table() == "1");
}

TEST_CASE("Names in a header may hold quotes and delimiters") {
    Place place;
    CHECK(verdict_of(place.load_file("q.csv", "id,\"na\"\"me\",\"b,c\"\n1,2,3\n")) == "success");
    CHECK(place.table("select string_agg(column_name, '|' order by ordinal_position) from "
                      "information_schema.columns where table_name = 't'") == "id|na\"me|b,c");
}

TEST_CASE("What a name ends in says how a file is read, in capitals or not") {
    for (const auto& file : {std::pair{"A.CSV", "id,n\n1,x\n"},
                             {"a.tsv", "id\tn\n1\tx\n"},
                             {"A.NDJSON", "{\"id\":1,\"n\":\"x\"}\n"},
                             {"A.Json", "[{\"id\":1,\"n\":\"x\"}]"}}) {
        INFO(file.first);
        Place place;
        CHECK(verdict_of(place.load_file(file.first, file.second)) == "success");
        CHECK(place.table("select id, n from {}") == "1,x");
    }
    Place place;
    place.folder.write("a.tsv", "id\tn\n1\tx\n");
    place.folder.write("b.csv", "id,n\n1,x\n");
    const Json both = {place.path("a.tsv"), place.path("b.csv")};
    CHECK(verdict_of(place.load({{"uri", both}}))
              .starts_with("E_CONFIG: " + place.path("b.csv") + ": expected one delimiter"));
    CHECK(verdict_of(place.load(
              {{"uri", place.path("a.tsv")}, {"options", {{"delimiter", ","}}}})) == "success");
    CHECK(place.table() == "1\tx");
}

TEST_CASE("A file with the columns of our own quarantine can be read") {
    const char* const csv = "id,_sw_file,_sw_line\n1,a.csv,7\n";
    Place place;
    CHECK(verdict_of(place.load_file("bad.csv", csv)) == "success");
    CHECK(place.table("select id, original_sw_file, original_sw_line from {}") == "1,a.csv,7");
    Place other;
    CHECK(verdict_of(other.load({{"sql", "select 1 as id, 'a.csv' as _sw_file"}})) == "success");
    other.folder.write("lake/x", "");
    const auto copied =
        query_text(other.context, "wh", "", "copy t to '" + other.path("q.parquet") + "'");
    CHECK(verdict_of(other.load({{"uri", other.path("q.parquet")}})) == "success");
    CHECK(other.table("select id, original_sw_file from {}") == "1,a.csv");
}

TEST_CASE("JSON numbers keep the digits that they are written with") {
    for (const char* name : {"a.ndjson", "a.json"}) {
        INFO(name);
        const std::string object =
            R"({"d":99999999999999.99,"e":0.1234567890123456789,"t":1.10,"s":"a\u00fc\n","n":null})";
        const bool is_array = std::string(name) == "a.json";
        Place place;
        place.folder.write(name, is_array ? "[" + object + "]" : object + "\n");
        const auto done = place.load(
            {{"uri", place.path(name)},
             {"columns", {{"d", "decimal(18,2)"}, {"e", "decimal(20,19)"}, {"t", "varchar"}}}});
        CHECK(verdict_of(done) == "success");
        CHECK(place.table("select d::varchar, e::varchar, t, s, n from {}") ==
              "99999999999999.99,0.1234567890123456789,1.10,aü\n,null");
    }
}

TEST_CASE("What several files have not in common follows the policy, in every format") {
    const std::vector<std::pair<std::string, std::pair<std::string, std::string>>> formats = {
        {"csv", {"id,old\n1,a\n", "id,new\n2,b\n"}},
        {"ndjson", {"{\"id\":1,\"old\":\"a\"}\n", "{\"id\":2,\"new\":\"b\"}\n"}},
        {"json", {"[{\"id\":1,\"old\":\"a\"}]", "[{\"id\":2,\"new\":\"b\"}]"}},
    };
    for (const auto& test : formats) {
        const std::string& format = test.first;
        const auto& files = test.second;
        INFO(format);
        Place place;
        place.folder.write("1." + format, files.first);
        place.folder.write("2." + format, files.second);
        const auto load = [&](Json policy) {
            return place.load({{"uri", {place.path("1." + format), place.path("2." + format)}},
                               {"schema_policy", std::move(policy)}});
        };
        const auto done = load(Json::object());
        CHECK(verdict_of(done) == "success");
        CHECK(done.result["schema_changes"].size() == 2);
        CHECK(place.table("select id, old, \"new\" from {} order by 1") == "1,a,null;2,null,b");
        CHECK(verdict_of(load({{"new_columns", "fail"}})) ==
              "E_SCHEMA: expected column 'new' in all 2 files, but it is in 1 and not in the "
              "first");
        CHECK(verdict_of(load({{"missing", "fail"}})) ==
              "E_SCHEMA: expected column 'old' in all 2 files, but it is in 1, the first among "
              "them");
        CHECK(verdict_of(load({{"new_columns", "ignore"}})) == "success");
        CHECK(place.table("select * from {} order by 1") == "1,a;2,null");
    }
}

TEST_CASE("Parquet columns whose types have no exact one in common are refused") {
    Place place;
    const auto write = [&](const std::string& name, const std::string& sql) {
        CHECK(query_text(place.context, "wh", "",
                         "copy (" + sql + ") to '" + place.path(name) + "'") == "1");
        return place.path(name);
    };
    const std::string whole = write("1.parquet", "select 9007199254740993::bigint as id");
    const std::string small = write("2.parquet", "select 1::integer as id");
    const std::string text = write("3.parquet", "select 'x' as id");
    const std::string real = write("4.parquet", "select 1.5::double as id");
    CHECK(verdict_of(place.load({{"uri", {small, whole}}})) == "success");
    CHECK(place.table("select * from {} order by 1") == "1;9007199254740993");
    for (const auto& other : {text, real}) {
        const auto refused = place.load({{"uri", {small, other}}});
        CHECK(verdict_of(refused).starts_with(
            "E_SCHEMA: expected one type for column 'id' in all files, but it is integer"));
    }
    CHECK(verdict_of(place.load({{"uri", {small, text}}, {"columns", {{"id", "varchar"}}}})) ==
          "success");
    CHECK(place.table("select * from {} order by 1") == "1;x");
    const auto declared = place.load({{"uri", real}, {"columns", {{"id", "bigint"}}}});
    CHECK(verdict_of(declared) ==
          "E_FORMAT: " + real + ":1: column id: expected bigint, but got '1.5'");
}

TEST_CASE("Broken lines that are left out are counted, and quarantine is refused without a place") {
    Place place;
    place.folder.write("r.csv", "id,n\n1,a\n2\n3,c\n");
    const auto load = [&](const char* how) {
        return place.load({{"uri", place.path("r.csv")}, {"options", {{"on_bad_line", how}}}});
    };
    const auto skipped = load("skip");
    CHECK(to_text(skipped.result["rows"]).starts_with(R"({"read":3,"good":2,"rejected":1)"));
    CHECK(load("quarantine").error == "E_CONFIG");
    place.folder.write("r.ndjson", "{\"id\":1}\nnonsense\n");
    const auto lines =
        place.load({{"uri", place.path("r.ndjson")}, {"options", {{"on_bad_line", "skip"}}}});
    CHECK(to_text(lines.result["rows"]).starts_with(R"({"read":2,"good":1,"rejected":1)"));
}

TEST_CASE("Loose forms are counted where they are used, in load and in validate") {
    Place place;
    place.folder.write("n.csv",
                       "n,day\n1.25,2024-01-01\n1.255,2024-01-02 10:00:00\n2,2024-01-03\n");
    const Json columns = {{"n", {{"type", "decimal(18,2)"}, {"numbers", "rounded"}}},
                          {"day", {{"type", "date"}, {"dates", "iso_or_time"}}}};
    const auto done = place.load({{"uri", place.path("n.csv")}, {"columns", columns}});
    CHECK(verdict_of(done) == "success");
    CHECK(to_text(done.result["loosened"]) == R"({"n":1,"day":1})");
    const auto valid =
        run_task("validate", {{"input", place.path("n.csv")}, {"columns", columns}}, place.context);
    CHECK(verdict_of(valid) == "success");
    CHECK(to_text(valid.result["loosened"]) == R"({"n":1,"day":1})");
    const auto strict = run_task(
        "validate",
        {{"input", place.path("n.csv")}, {"columns", {{"n", "decimal(18,2)"}, {"day", "date"}}}},
        place.context);
    CHECK(strict.result["rows"]["rejected"] == 1);
}

TEST_CASE("A limit for whole numbers is not rounded") {
    Place place;
    place.folder.write("n.csv", "n\n1\n2\n");
    const auto valid = run_task(
        "validate",
        {{"input", place.path("n.csv")}, {"columns", {{"n", {{"type", "bigint"}, {"max", 1.5}}}}}},
        place.context);
    CHECK(valid.result["rows"]["rejected"] == 1);
}

TEST_CASE("Exact numbers of a table never become inexact ones") {
    Place place;
    CHECK(verdict_of(place.load({{"sql",
                                  "select 9007199254740993::bigint as n, "
                                  "123456789012345678901234.5678::decimal(38,4) as d"}})) ==
          "success");
    const auto load = [&](const std::string& sql, const char* changes) {
        return place.load({{"sql", sql}},
                          {{"mode", "append"}, {"schema_policy", {{"type_changes", changes}}}});
    };
    const auto refused = load("select 1.5::double as n", "widen");
    CHECK(verdict_of(refused) ==
          "E_SCHEMA: expected column 'n' to be bigint as in the target, but in the input it is "
          "double; widening bigint to double would change values that are there, so declare the "
          "type in input.columns, or say schema_policy.type_changes: stringify");
    CHECK(load("select 1.5::double as d", "widen").error == "E_SCHEMA");
    CHECK(place.table("select n, d::varchar from {}") ==
          "9007199254740993,123456789012345678901234.5678");
    CHECK(verdict_of(load("select 1.5::double as n", "stringify")) == "success");
    CHECK(place.table("select n from {} order by n") == "1.5;9007199254740993");
    CHECK(verdict_of(place.load({{"sql", "select 1.5::double as x"}})) == "success");
    CHECK(verdict_of(load("select 2::bigint as x", "widen")) == "success");
    CHECK(load("select 9007199254740993::bigint as x", "widen").error == "E_FORMAT");
    CHECK(place.table("select x from {} order by x") == "1.5;2.0");
}

TEST_CASE("The time zone of DuckDB is UTC, whatever the machine's is") {
    Place place;
    CHECK(place.table("select current_setting('TimeZone'), "
                      "epoch(timestamptz '2024-07-01 12:00:00')::bigint") == "UTC,1719835200");
}

}  // namespace
}  // namespace stepwell::test

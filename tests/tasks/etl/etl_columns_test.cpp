// Columns that cannot be there are told before etl and load run, and no others.
#include "tasks/etl/etl_columns.hpp"

#include <doctest/doctest.h>

#include "engine/definition/workflow.hpp"
#include "tasks/load/load_columns.hpp"

namespace stepwell::test {
namespace {

using Faults = std::vector<ShapeFault> (*)(const Json& parameters, Written written);

/// "pointer: message (hint)", a line each.
std::string told(Faults faults, const std::string& yaml, Written written) {
    const auto parameters = definition::parse_yaml(yaml);
    REQUIRE_MESSAGE(parameters.has_value(), yaml);
    std::string all;
    for (const ShapeFault& fault : faults(*parameters, written)) {
        all += fault.pointer + ": " + fault.message + " (" + fault.hint + ")\n";
    }
    return all;
}

std::string etl(const std::string& yaml, Written written = Written::as_paths) {
    return told(tasks::etl::etl_column_faults, yaml, written);
}

std::string load(const std::string& yaml) {
    return told(tasks::data::load_column_faults, yaml, Written::as_paths);
}

/// Of `steps` after an input of which nothing is known.
std::string steps(const std::string& list) {
    return etl("{input: lake://raw/a.csv, steps: [" + list + "]}");
}

const std::string kNamed =
    "input: {uri: lake://raw/a.csv, options: {header: false, names: [id, day, amount]}}\n";

}  // namespace

TEST_CASE("an input whose columns are named has no others: steps, checks and targets") {
    CHECK(etl(kNamed + R"(
steps:
  - trim: [id, dya]
  - cast: {amonut: bigint, day: date}
  - dedupe: {keys: [id, nothing]}
checks:
  - not_null: {columns: [idd]}
  - duplicates: [id, day]
write: {uri: lake://w/t, partition_by: days, keys: [id]}
)") == "/steps/0/trim/1: expected a column, but there is no 'dya' (did you mean 'day'?)\n"
       "/steps/1/cast/amonut: expected a column, but there is no 'amonut' (did you mean "
       "'amount'?)\n"
       "/steps/2/dedupe/keys/1: expected a column, but there is no 'nothing' (the columns here "
       "are id, day, amount)\n"
       "/write/partition_by: expected a column, but there is no 'days' (did you mean 'day'?)\n"
       "/checks/0/not_null/columns/0: expected a column, but there is no 'idd' (did you mean "
       "'id'?)\n");
    CHECK(etl("input: {uri: a.csv, columns: {dy: date}, options: {header: false, names: [day]}}") ==
          "/input/columns/dy: expected a column, but there is no 'dy' (did you mean 'day'?)\n");
}

TEST_CASE("an input may have any columns where they are not all named") {
    const std::string wrong = "\nsteps: [{trim: other}]\nwrite: {uri: w, keys: other}\n";
    for (const char* input : {"lake://raw/a.csv", "{uri: a.csv, columns: {id: bigint}}",
                              "{uri: a.csv, options: {names: [id]}}",
                              "{uri: folder, options: {header: false, names: [id]}}",
                              "{uri: a.parquet, options: {header: false, names: [id]}}",
                              "{uri: a.csv, options: {header: false, names.$: $.names}}",
                              "{uri: a.csv, options: {header.$: $.header, names: [id]}}",
                              "{table: t}", "{sql: select 1}"}) {
        CAPTURE(input);
        CHECK(etl("input: " + std::string(input) + wrong).empty());
    }
    CHECK(etl("input.$: $.input" + wrong).empty());
    CHECK_FALSE(etl(kNamed + wrong).empty());
    // Names are the same in capitals; the readers' own are always there.
    CHECK(etl(kNamed + "steps: [{trim: ID}, {drop: _sw_line}]").empty());
}

TEST_CASE("steps that choose columns say which there are") {
    CHECK(steps("{select: [id, {total: price * 2}]}, {drop: totl}") ==
          "/steps/1/drop: expected a column, but there is no 'totl' (did you mean 'total'?)\n");
    CHECK(steps("{aggregate: {by: day, columns: {total: sum(x)}}}, {cast: {amount: bigint}}") ==
          "/steps/1/cast/amount: expected a column, but there is no 'amount' (the columns here are "
          "day, total)\n");
    CHECK(steps("{map: [[a, string, b, long]]}, {lower: a}") ==
          "/steps/1/lower: expected a column, but there is no 'a' (the columns here are b)\n");
    CHECK(steps("{select: [a, b]}, {select: ['*', {c: a + b}]}, {trim: [a, b, c]}").empty());
    CHECK(steps("{select: ['*', {c: a}]}, {trim: anything}").empty());
}

TEST_CASE("what a step takes away is no more, and what it adds is there") {
    CHECK(steps("{rename: {a: b}}, {trim: a}, {trim: [b, c]}") ==
          "/steps/1/trim: expected a column, but there is no 'a' (a step before takes it away)\n");
    CHECK(steps("{rename: {a: b, b: a}}, {trim: [a, b]}").empty());
    CHECK(steps("{drop: [customer]}, {hash: {columns: [customer]}}") ==
          "/steps/1/hash/columns/0: expected a column, but there is no 'customer' (a step before "
          "takes it away)\n");
    CHECK(steps("{drop: a}, {derive: {a: '1'}}, {trim: a}").empty());
    CHECK(steps("{select: [a]}, {derive: {b: a}}, {window: {columns: {r: row_number()}}}, "
                "{generate_surrogate_key: {columns: [a, b]}}, {trim: [r, surrogate_key]}")
              .empty());
}

TEST_CASE("after SQL, unnest and columns of others nothing is known") {
    for (const char* step :
         {"{sql: select * from this}", "{unnest: a}", "{join: {with: b, on: [a]}}",
          "{join: {with: b, on: [a], columns: [a]}}", "{union: b}"}) {
        CAPTURE(step);
        CHECK(etl("{input: {x: x.csv, b: b.csv}, steps: [{select: [a]}, " + std::string(step) +
                  ", {trim: other}]}")
                  .empty());
    }
    CHECK(etl("{input: {x: x.csv, b: b.csv}, steps: [{select: a}, "
              "{lookup: {from: b, on: a, columns: [c]}}, {trim: [a, c, d]}]}") ==
          "/steps/2/trim/2: expected a column, but there is no 'd' (the columns here are a, c)\n");
}

TEST_CASE("steps read inputs and earlier steps that there are") {
    CHECK(etl("{input: {orders: a.csv, customers: b.csv}, steps: [{name: kept, filter: 'x > 1'}, "
              "{join: {with: costumers, on: [id]}}, {union: [kept, filter, filter_2]}, "
              "{lookup: {from: nowhere, on: id, columns: [c]}}]}") ==
          "/steps/1/join/with: expected an input of the task, but there is no 'costumers' (did you "
          "mean 'customers'?)\n"
          "/steps/3/lookup/from: expected an input of the task, but there is no 'nowhere' ()\n");
}

TEST_CASE("what is computed is not known") {
    CHECK(etl(kNamed + "steps.$: $.steps\nwrite: {uri: w, keys: other}").empty());
    CHECK(etl(kNamed + "steps: [{cast.$: $.types}, {trim: other}]").empty());
    CHECK(etl(kNamed + "steps: [{trim: {columns.$: $.columns}}, {trim: other}]").empty());
    CHECK(etl(kNamed + "write: {uri: w, keys.$: $.keys}").empty());
    const auto queries = Written::as_queries;
    CHECK(etl(kNamed + "steps: '{% $x %}'\nwrite: {uri: w, keys: other}", queries).empty());
    CHECK(etl(kNamed + "steps: [{select: ['{% $x %}']}, {trim: other}]", queries).empty());
    CHECK(etl(kNamed + "write: {uri: w, keys: ['{% $key %}']}", queries).empty());
    CHECK_FALSE(etl(kNamed + "write: {uri: w, keys: other}", queries).empty());
}

TEST_CASE("what has not the shape of parameters is passed over") {
    for (const char* text :
         {"5", "[]", "{input: 5, steps: 5}", "{steps: [5, {trim: 5}, {select: 5}]}",
          "{input: {}, steps: [{rename: 5}, {map: [[1]]}, {aggregate: 5}]}",
          "{steps: [{join: 5}, {union: 5}, {lookup: {from: 5}}], checks: [5]}",
          "{write: 5, scd2: [], checks: {a: b}, steps: [{window: []}]}"}) {
        CAPTURE(text);
        CHECK(etl(text).empty());
    }
}

TEST_CASE("load's keys and updated columns are columns of its input") {
    CHECK(load(kNamed + "keys: [id, dya]\nupdate: {columns: [amount, loaded, run]}\n"
                        "audit_columns: {loaded_at: loaded}") ==
          "/keys/1: expected a column, but there is no 'dya' (did you mean 'day'?)\n"
          "/update/columns/2: expected a column, but there is no 'run' (the columns here are id, "
          "day, amount, loaded)\n");
    CHECK(load(kNamed + "keys.$: $.keys\nupdate: {columns: all}").empty());
    CHECK(load("input: a.csv\nkeys: anything").empty());
}

}  // namespace stepwell::test

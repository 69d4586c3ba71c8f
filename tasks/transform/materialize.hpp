// Brings a model into the database, as its configuration says: view, table or incremental.
#pragma once

#include <optional>
#include <string>

#include "tasks/sql/sql_engine.hpp"
#include "tasks/transform/rendering.hpp"

namespace stepwell::tasks::transform {

struct Materialized {
    std::string how;  // "CREATE VIEW", "CREATE TABLE", "INSERT", "MERGE", ...
    std::int64_t rows = 0;
    Json schema_changes = Json::array();
};

struct MaterializeOptions {
    bool is_full_refresh = false;
    std::string run_key;  // an incremental model takes in its rows once per key; "" = every time
    std::function<void(const std::string&)> log;
};

/// Each model changes its relation in one transaction: whoever reads sees the old or the new one.
DataResult<Materialized> materialize(data::Connection& connection, const Renderer& renderer,
                                     const Node& node, const MaterializeOptions& options);

struct TestVerdict {
    std::string status;  // pass, warn or fail
    std::int64_t failures = 0;
    std::string expected;   // the condition that did not hold: "0", "not > 10"
    std::string stored_in;  // the table of the failures; "" where they are not kept
};

/// Runs a test: counts its rows (or takes `fail_calc`), and judges by severity, error_if, warn_if.
DataResult<TestVerdict> run_test(data::Connection& connection, const Renderer& renderer,
                                 const Node& node);
/// Where the failures of a test are kept (`store_failures`); nothing where they are not.
std::optional<data::TableName> failures_table(const Renderer& renderer, const Node& test);

/// Makes what the run itself needs in the database: schemas, the table of commits. Once a run.
DataResult<void> prepare_database(data::Connection& connection, const Renderer& renderer,
                                  const Project& project, const std::set<std::size_t>& chosen);

}  // namespace stepwell::tasks::transform

// Runs etl tasks in a scratch folder and reads back what they wrote.
#pragma once

#include <string>

#include "tasks/etl/etl.hpp"
#include "tests/tasks/data/data_test.hpp"

namespace stepwell::test {

struct Etl {
    ScratchFolder folder;
    Json configuration = Json::object();
    int runs = 0;

    /// Each run has its own key, unless one is given.
    tasks::TaskResult run(const std::string& parameters, const std::string& run_key = "") {
        TestContext context(folder, configuration);
        context.set_run_key(run_key.empty() ? "run-" + std::to_string(++runs) : run_key);
        return tasks::etl_tasks()[0].run(Json::parse(parameters), context);
    }
    /// The result, or "E_CODE: message" as a text.
    Json result(const std::string& parameters, const std::string& run_key = "") {
        auto done = run(parameters, run_key);
        if (done) return *done;
        return done.error().error + ": " +
               string_or(Json::parse(done.error().cause), "message", "");
    }
    /// The rows of a query on `connection` ("" = in memory), or the error.
    Json query(const std::string& sql, const std::string& connection = "") {
        TestContext context(folder, configuration);
        tasks::data::DataSession session(context, "test");
        auto opened = connection.empty() ? session.connect_memory() : session.connect(connection);
        if (!opened) return opened.error().message;
        auto rows = (*opened)->query(sql);
        if (!rows) return rows.error().message;
        Json all = Json::array();
        for (const auto& row : rows->rows) all.push_back(row);
        return all;
    }
    std::string lake(const std::string& path) const {
        return (folder.path() / "data" / "lake" / path).string();
    }
    /// The rows of a lake table as any Parquet reader finds them.
    Json rows(const std::string& table, const std::string& columns,
              const std::string& order = "all") {
        return query("select " + columns + " from read_parquet('" + lake(table) +
                     "/**/*.parquet', hive_partitioning = false) order by " + order);
    }
};

}  // namespace stepwell::test

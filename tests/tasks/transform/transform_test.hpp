// Runs transform tasks on projects in a scratch folder.
#pragma once

#include <string>

#include "tasks/transform/transform.hpp"
#include "tests/tasks/data/data_test.hpp"

namespace stepwell::test {

struct Transform {
    ScratchFolder folder;
    Json configuration;
    int runs = 0;

    explicit Transform(const std::string& type = "duckdb") {
        configuration["connections"]["wh"] = {{"type", type}, {"path", "w.db"}};
    }
    void file(const std::string& name, const std::string& text) const {
        folder.write("data/project/" + name, text);
    }

    Json run(Json parameters = Json::object(), const std::string& run_key = "") {
        TestContext context(folder, configuration);
        context.set_run_key(run_key.empty() ? "run-" + std::to_string(++runs) : run_key);
        if (!parameters.contains("project")) parameters["project"] = "project";
        auto done = tasks::transform_tasks()[0].run(parameters, context);
        return done ? *done : Json::parse(done.error().cause);
    }
    Json query(const std::string& sql) {
        TestContext context(folder, configuration);
        tasks::data::DataSession session(context, "test");
        auto opened = session.connect("wh");
        if (!opened) return opened.error().message;
        auto rows = (*opened)->query(sql);
        if (!rows) return rows.error().message;
        Json all = Json::array();
        for (const auto& row : rows->rows) all.push_back(row);
        return all;
    }
    void execute(const std::string& sql) {
        TestContext context(folder, configuration);
        tasks::data::DataSession session(context, "test");
        auto opened = session.connect("wh");
        SW_ASSERT(opened.has_value());
        const auto done = (*opened)->execute(sql);
        SW_ASSERT(done.has_value());
    }
};

/// "name:status", sorted by the order of the report.
inline std::string statuses(const Json& result) {
    std::string text;
    for (const auto& node : result["results"]) {
        const std::string id = node["unique_id"];
        text += (text.empty() ? "" : " ") + id.substr(id.rfind('.') + 1) + ":" +
                node["status"].get<std::string>();
    }
    return text;
}

}  // namespace stepwell::test

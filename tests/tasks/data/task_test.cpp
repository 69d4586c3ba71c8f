#include "tests/tasks/data/task_test.hpp"

#include "tasks/data/data_session.hpp"
#include "tasks/data_tasks.hpp"

namespace stepwell::test {

Outcome run_task(const std::string& name, const Json& parameters, TestContext& context) {
    for (const auto& type : tasks::data_tasks()) {
        if (type.name != name) continue;
        auto result = type.run(parameters, context);
        if (result) return {*std::move(result), ""};
        auto cause = parse_json(result.error().cause);
        SW_ASSERT(cause.has_value());
        return {*std::move(cause), result.error().error};
    }
    SW_ASSERT(false);
    return {};
}

std::string query_text(TestContext& context, const std::string& connection,
                       const std::string& table, std::string sql) {
    if (const auto at = sql.find("{}"); at != sql.npos) sql.replace(at, 2, table);
    tasks::data::DataSession session(context, "test");
    auto opened = session.connect(connection);
    if (!opened) return opened.error().message;
    const auto rows = (*opened)->query(sql);
    if (!rows) return rows.error().message;
    std::string text;
    for (const auto& row : rows->rows) {
        if (!text.empty()) text += ";";
        for (std::size_t i = 0; i < row.size(); ++i) {
            text += i == 0 ? "" : ",";
            text += row[i].is_string() ? row[i].get<std::string>() : row[i].dump();
        }
    }
    return text;
}

}  // namespace stepwell::test

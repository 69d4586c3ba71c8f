#include "tasks/data/type_inference.hpp"

#include "tasks/sql/column_types.hpp"
#include "tasks/sql/strict_types.hpp"

namespace stepwell::tasks::data {
namespace {

bool is_declared(const InputSpec& spec, const std::string& name) {
    for (const auto& [key, ignored] : spec.columns.items()) {
        if (is_same_column(key, name)) return true;
    }
    return false;
}

}  // namespace

DataResult<void> infer_types(Connection& connection, const Input& input, InputSpec& spec) {
    std::vector<std::string> names;
    std::string select;
    for (const auto& column : input.columns) {
        if (is_declared(spec, column.name)) continue;
        names.push_back(column.name);
        select += std::string(select.empty() ? "" : ", ") + "bit_and(stepwell_kinds(" +
                  text_expression(spec, column.name) + "))";
    }
    if (names.empty()) return {};
    const Rows rows = SW_TRY(connection.query("select " + select + " from " + input.relation +
                                              " as input where _sw_fault is null"));
    for (std::size_t i = 0; i < names.size(); ++i) {
        const Json& kinds = rows.rows[0][i];  // null: no value at all
        spec.columns[names[i]] =
            kinds.is_null() ? "varchar" : strict::type_of_kinds(kinds.get<std::uint64_t>());
    }
    return {};
}

}  // namespace stepwell::tasks::data

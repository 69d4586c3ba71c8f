#include "tasks/sql/row_writer.hpp"

namespace stepwell::tasks::data {
namespace {

// SQLite takes 32,766 parameters in one statement; some hundred rows make its cost vanish.
constexpr std::size_t kParametersMax = 4000;

}  // namespace

DataResult<void> RowWriter::add(const Row& row) {
    SW_ASSERT(row.size() == columns_);
    values_ += held_ == 0 ? "(" : ", (";
    for (std::size_t i = 0; i < row.size(); ++i) {
        const std::string name = "p" + std::to_string(parameters_.size());
        values_ += (i == 0 ? "$" : ", $") + name;
        parameters_.push_back({name, row[i]});
    }
    values_ += ")";
    ++held_;
    ++rows_;
    if ((held_ + 1) * columns_ > kParametersMax) return finish();
    return {};
}

DataResult<void> RowWriter::finish() {
    if (held_ == 0) return {};
    SW_TRY(connection_.execute("insert into " + table_ + " values " + values_, parameters_));
    held_ = 0;
    values_.clear();
    parameters_ = Json::object();
    return {};
}

DataResult<std::int64_t> copy_rows(Connection& from, const std::string& sql, const Json& parameters,
                                   Connection& to, const std::string& table, std::size_t columns) {
    RowWriter writer(to, table, columns);
    SW_TRY(from.scan(sql, parameters, [&](Row& row) { return writer.add(row); }));
    SW_TRY(writer.finish());
    return writer.rows();
}

}  // namespace stepwell::tasks::data

#include "tasks/validate/rejected_rows.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "engine/base/utf8.hpp"
#include "tasks/data/data_session.hpp"

namespace stepwell::tasks::data {
namespace {

constexpr std::string_view kOwn = "_sw_";
constexpr std::string_view kParquetMark = "PAR1";
/// What a task may give is bounded: a page ends earlier where its rows are large.
constexpr std::size_t kPageBytesMax = 128u << 10;
constexpr std::size_t kTextBytesMax = 2'048;

/// By its first bytes: who names the file may give it any extension.
DataResult<bool> is_parquet(const InputFile& file) {
    const Descriptor open = SW_TRY(file.open());
    std::array<char, kParquetMark.size()> begin{};
    const auto got = ::pread(open.get(), begin.data(), begin.size(), 0);
    return got == static_cast<ssize_t>(begin.size()) &&
           std::string_view(begin.data(), begin.size()) == kParquetMark;
}

/// The rows with _sw_reasons as a list, in the order in which they were written.
DataResult<std::string> relation_of(const InputFile& file) {
    const std::string path = quote_literal(file.path.string());
    if (SW_TRY(is_parquet(file))) return "read_parquet(" + path + ", hive_partitioning = false)";
    return "(select * replace (string_split(_sw_reasons, '; ') as _sw_reasons) from read_csv(" +
           path +
           ", hive_partitioning = false, header = true, all_varchar = true, delim = ',', quote = "
           "'\"', escape = '\"'))";
}

/// A reason is the name of a check, perhaps with what was wrong behind it: "structure: expected
/// ...".
std::string condition_of(const std::string& check) {
    if (check.empty()) return "";
    return " where list_contains(list_transform(_sw_reasons, lambda x: split_part(x, ': ', 1)), "
           "$check)";
}

/// DuckDB refuses values that a statement does not name.
Json bound(const std::string& check) {
    return check.empty() ? Json::object() : Json{{"check", check}};
}

/// A text as it stood, or its beginning.
void shorten(Json& value, std::size_t bytes_max) {
    if (!value.is_string() || value.get_ref<const std::string&>().size() <= bytes_max) return;
    const std::string& text = value.get_ref<const std::string&>();
    std::size_t end = bytes_max;
    while (end > 0 && is_utf8_continuation(text[end])) --end;
    value = text.substr(0, end) + "…";
}

/// In CSV it is a text.
void make_number(Json& line) {
    if (!line.is_string()) return;
    auto number = parse_json(line.get<std::string>());
    line = number && number->is_number_integer() ? *std::move(number) : Json();
}

Json row_view(const std::vector<Column>& columns, Row& row) {
    const std::size_t text_max = std::min(kTextBytesMax, kPageBytesMax / (columns.size() + 1));
    Json view = {{"file", nullptr},
                 {"line", nullptr},
                 {"reasons", Json::array()},
                 {"raw", nullptr},
                 {"cells", Json::object()}};
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const std::string& name = columns[i].name;
        shorten(row[i], text_max);
        if (!name.starts_with(kOwn)) {
            view["cells"][name] = std::move(row[i]);
        } else if (const auto member = view.find(name.substr(kOwn.size())); member != view.end()) {
            *member = std::move(row[i]);
        }
    }
    make_number(view["line"]);
    return view;
}

/// As many of the rows as a page has room for, one at least.
Json rows_view(Rows& rows) {
    Json views = Json::array();
    std::size_t bytes = 0;
    for (Row& row : rows.rows) {
        Json view = row_view(rows.columns, row);
        bytes += to_text(view).size();
        if (bytes > kPageBytesMax && !views.empty()) break;
        views.push_back(std::move(view));
    }
    return views;
}

class RejectedFile {
public:
    RejectedFile(Connection& engine, std::string relation, std::string check)
        : engine_(engine), relation_(std::move(relation)), check_(std::move(check)) {}

    DataResult<Json> page(std::int64_t offset, std::int64_t limit) {
        const std::string from = " from " + relation_;
        const std::string where = condition_of(check_);
        const Json total =
            SW_TRY(engine_.query_value("select count(*)" + from + where, bound(check_)));
        const Json run = SW_TRY(engine_.query_value("select any_value(_sw_run_id)" + from));
        auto rows =
            SW_TRY(engine_.query("select *" + from + where + " limit " + std::to_string(limit) +
                                     " offset " + std::to_string(offset),
                                 bound(check_)));
        Json out = {{"columns", Json::array()}, {"total", total}, {"of_run", run}};
        for (const Column& column : rows.columns) {
            if (!column.name.starts_with(kOwn)) out["columns"].push_back(column.name);
        }
        out["rows"] = rows_view(rows);
        return out;
    }

private:
    Connection& engine_;
    const std::string relation_;
    const std::string check_;
};

DataResult<Json> read_page(const Json& parameters, TaskContext& context) {
    DataSession session(context, "rejected-rows");
    const std::string uri = string_or(parameters, "Uri", "");
    const auto& locations = session.locations();
    auto file = locations.file_at(SW_TRY(locations.resolve(uri)));
    if (!file) return fail(std::move(file).error().within(uri));
    Connection* engine = SW_TRY(session.connect_memory());
    RejectedFile rejected(*engine, SW_TRY(relation_of(*file)), string_or(parameters, "Check", ""));
    auto page = rejected.page(parameters.value("Offset", std::int64_t{0}),
                              parameters.value("Limit", std::int64_t{100}));
    if (!page) return fail(std::move(page).error().within(uri));
    return page;
}

}  // namespace

TaskResult read_rejected_rows(const Json& parameters, TaskContext& context) {
    auto page = read_page(parameters, context);
    if (page) return *std::move(page);
    return fail(TaskError{page.error().code, page.error().message});
}

}  // namespace stepwell::tasks::data

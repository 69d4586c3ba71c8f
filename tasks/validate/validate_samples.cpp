#include <algorithm>

#include "tasks/validate/validate.hpp"

namespace stepwell::tasks::data {
namespace {

constexpr std::size_t kColumnsShownMax = 8;
constexpr std::size_t kValueBytesMax = 200;

bool is_masked(const Validation& validation, const std::string& column) {
    const auto& masked = validation.parameters.masked;
    return std::any_of(masked.begin(), masked.end(), [&](const std::string& name) {
        return strcasecmp(name.c_str(), column.c_str()) == 0;
    });
}

Json shown(const Validation& validation, const std::string& column, Json value) {
    if (is_masked(validation, column)) return value.is_null() ? value : Json("***");
    if (!value.is_string()) return value;
    std::string text = value.get<std::string>();
    if (text.size() > kValueBytesMax) text = text.substr(0, kValueBytesMax) + "...";
    return text;
}

/// Where samples come from, and how a column's own text is called there.
struct Samples {
    std::string relation;
    Json parameters = Json::object();
    std::string condition;
    bool is_rejected_table = false;

    [[nodiscard]] std::string column(const std::string& name) const {
        return quote_identifier(is_rejected_table ? name : source_name(name));
    }
};

/// Rejected rows stand apart already, with their reasons: no second look at the files.
Samples samples_of(const Validation& validation, const Check& check) {
    Samples samples;
    const bool is_rejecting = check.is_failing() && !validation.rejected_table.empty() &&
                              validation.parameters.on_fail != "warn";
    if (is_rejecting || check.kind == "structure") {
        samples.relation = validation.rejected_table;
        samples.is_rejected_table = true;
        samples.condition = check.kind == "structure"
                                ? "_sw_raw is not null"
                                : "list_contains(_sw_reasons, " + quote_literal(check.name) + ")";
        return samples;
    }
    samples.relation = validation.rows.relation;
    samples.parameters = validation.rows.parameters;
    samples.condition = check.fails;
    return samples;
}

/// Of a broken row: the line as it stands, and what is wrong with it.
Json broken_sample(const Validation& validation, const Row& row, Json sample) {
    const std::string reason = row[3].is_string() ? row[3].get<std::string>() : "";
    constexpr std::string_view kPrefix = "structure: ";
    sample["reason"] = reason.starts_with(kPrefix) ? reason.substr(kPrefix.size()) : reason;
    sample["value"] =
        validation.parameters.masked.empty() ? shown(validation, "", row[2]) : Json("***");
    return sample;
}

/// First rows, in the order of the files.
DataResult<Json> sample_rows(Validation& validation, const Check& check) {
    const Samples from = samples_of(validation, check);
    std::vector<std::string> names;
    std::string select = std::string("_sw_file, _sw_line, _sw_raw, ") +
                         (from.is_rejected_table ? "_sw_reasons[1]" : "_sw_fault");
    for (const auto& column : validation.rows.columns) {
        if (names.size() == kColumnsShownMax && column.name != check.column) continue;
        names.push_back(column.name);
        select += ", cast(" + from.column(column.name) + " as varchar)";
    }
    const Rows found = SW_TRY(validation.connection->query(
        "select " + select + " from " + from.relation + " where " + from.condition +
            " order by _sw_file, _sw_line limit " + std::to_string(validation.parameters.samples),
        from.parameters));
    Json samples = Json::array();
    const bool has_files = validation.input.files.size() > 1;
    for (const auto& row : found.rows) {
        Json sample = {{"line", row[1]}};
        if (has_files) sample["file"] = row[0];
        if (check.kind == "structure") {
            samples.push_back(broken_sample(validation, row, std::move(sample)));
            continue;
        }
        Json others = Json::object();
        for (std::size_t i = 0; i < names.size(); ++i) {
            const bool is_it = names[i] == check.column;
            (is_it ? sample["value"] : others[names[i]]) = shown(validation, names[i], row[i + 4]);
        }
        sample["row"] = std::move(others);
        samples.push_back(std::move(sample));
    }
    return samples;
}

DataResult<Json> repeated_keys(Validation& validation, const Check& check) {
    std::string select;
    for (const auto& key : check.keys) select += "cast(" + quote_identifier(key) + " as varchar), ";
    const Rows found = SW_TRY(validation.connection->query(
        "select " + select + "_sw_count from " + check.repeated + " order by " +
        quoted_list(check.keys) + " limit " + std::to_string(validation.parameters.samples)));
    Json samples = Json::array();
    for (const auto& row : found.rows) {
        Json sample = Json::object();
        for (std::size_t i = 0; i < check.keys.size(); ++i) {
            sample[check.keys[i]] = shown(validation, check.keys[i], row[i]);
        }
        sample["count"] = row[check.keys.size()];
        samples.push_back(std::move(sample));
    }
    return samples;
}

/// Which values there were instead of the allowed ones, and how often.
DataResult<Json> unexpected(Validation& validation, const Check& check) {
    constexpr const char* kShown = "10";
    const std::string value = quote_identifier(raw_name(check.column));
    const Rows found = SW_TRY(validation.connection->query(
        "select " + value + ", count(*) from " + validation.rows.relation + " where " +
            check.fails + " group by 1 order by 2 desc, 1 limit " + kShown,
        validation.rows.parameters));
    Json values = Json::object();
    for (const auto& row : found.rows) {
        const Json name = shown(validation, check.column, row[0]);
        values[name.is_string() ? name.get<std::string>() : name.dump()] = row[1];
    }
    return values;
}

}  // namespace

DataResult<void> add_samples(Validation& validation) {
    if (validation.parameters.samples <= 0) return {};
    for (auto& check : validation.checks) {
        if (check.failed == 0 || check.status == "skipped") continue;
        if (check.is_row_check() || check.kind == "structure") {
            check.extra["samples"] = SW_TRY(sample_rows(validation, check));
            if (check.kind == "in") {
                check.extra["unexpected"] = SW_TRY(unexpected(validation, check));
            }
        } else if (!check.keys.empty()) {
            check.extra["samples"] = SW_TRY(repeated_keys(validation, check));
        }
    }
    return {};
}

}  // namespace stepwell::tasks::data

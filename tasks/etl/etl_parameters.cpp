#include "tasks/etl/etl_parameters.hpp"

namespace stepwell::tasks::etl {
namespace {

using data::Faults;
using data::ParameterReader;

EtlInput parse_input(const std::string& name, const Json& value, const std::string& place,
                     Faults& faults) {
    EtlInput input;
    input.name = name;
    Json rest = value;
    if (value.is_object() && value.contains("bookmark")) {
        input.is_bookmarked = string_or(value["bookmark"], "by", "") == "files";
        if (!input.is_bookmarked) faults.add(place + ".bookmark", "expected {by: files}");
        rest.erase("bookmark");
    }
    if (value.is_object() && value.contains("task")) {
        faults.add(place, "expected uri, table or sql; a task's output is named by its uri");
        return input;
    }
    // The seeds' word for a later file's new columns.
    input.spec = data::InputSpec::parse(rest, place, faults);
    return input;
}

/// `input` is one input, or several by name.
std::vector<EtlInput> parse_inputs(const Json* value, Faults& faults) {
    std::vector<EtlInput> inputs;
    if (value == nullptr) {
        faults.add("input",
                   "expected at least one input, such as {orders: {uri: \"lake://raw/orders/\", "
                   "format: csv}}");
        return inputs;
    }
    const bool is_one = !value->is_object() || value->contains("uri") || value->contains("table") ||
                        value->contains("sql");
    if (is_one) return {parse_input("input", *value, "input", faults)};
    for (const auto& [name, input] : value->items()) {
        const bool is_reserved = name == "this" || name.starts_with("_sw");
        if (is_reserved)
            faults.add("input." + name, "expected another name, as the steps use this one");
        inputs.push_back(parse_input(name, input, "input." + name, faults));
    }
    if (inputs.empty()) faults.add("input", "expected at least one input");
    return inputs;
}

lake::WriteMode parse_mode(ParameterReader& read) {
    static const std::vector<std::string> kModes = {
        "error", "append", "ignore", "overwrite", "overwrite_partitions", "merge"};
    const std::string mode = read.choice("mode", kModes, "error");
    for (std::size_t i = 0; i < kModes.size(); ++i) {
        if (kModes[i] == mode) return static_cast<lake::WriteMode>(i);
    }
    return lake::WriteMode::error;
}

LakeTarget parse_write(ParameterReader read) {
    LakeTarget target;
    target.uri = read.required_text("uri");
    read.choice("format", {"parquet"}, "parquet");
    target.mode = parse_mode(read);
    target.partition_by = read.texts("partition_by");
    target.keys = read.texts("keys");
    target.sort_by = read.texts("sort_by");
    target.compression = read.choice(
        "compression", {"zstd", "snappy", "gzip", "uncompressed", "lz4", "brotli"}, "zstd");
    if (const Json* size = read.any("target_file_size")) {
        const auto bytes = data::parse_bytes(*size);
        if (!bytes || *bytes < 1'000'000)
            read.fault("target_file_size", "expected a size of at least 1MB, such as 256MB");
        target.target_file_size = bytes.value_or(target.target_file_size);
    }
    if (const auto limit = read.integer("max_partitions")) {
        if (*limit < 1) read.fault("max_partitions", "expected a positive number");
        target.max_partitions = static_cast<std::size_t>(std::max<std::int64_t>(*limit, 1));
    }
    ParameterReader policy = read.object("schema_policy");
    target.allows_new_columns = policy.choice("new_columns", {"add", "fail"}, "add") == "add";
    target.allows_missing_columns = policy.choice("missing", {"null", "fail"}, "null") == "null";
    target.allows_type_changes =
        policy.choice("type_changes", {"allow", "fail"}, "fail") == "allow";
    policy.finish();
    read.finish();
    const bool needs_partitions =
        target.mode == lake::WriteMode::overwrite_partitions && target.partition_by.empty();
    if (needs_partitions)
        read.fault("partition_by", "expected partition columns for mode: overwrite_partitions");
    if (target.mode == lake::WriteMode::merge && target.keys.empty())
        read.fault("keys", "expected key columns for mode: merge");
    return target;
}

Scd2Target parse_scd2(ParameterReader read) {
    Scd2Target target;
    target.table = read.required_text("target");
    target.connection = read.text("connection");
    target.keys = read.texts("keys");
    if (target.keys.empty()) read.fault("keys", "expected the columns that name one thing");
    target.track = read.texts("track");
    target.ignore = read.texts("ignore");
    target.effective = read.required_text("effective");
    ParameterReader columns = read.object("columns");
    target.from = columns.text("from", target.from);
    target.to = columns.text("to", target.to);
    target.current = columns.text("current", target.current);
    columns.finish();
    target.open_end = read.text("open_end");
    target.closes_deleted = read.choice("deletes", {"close", "ignore"}, "ignore") == "close";
    target.late_rows = read.choice("late_rows", {"reject", "fail"}, "reject");
    read.choice("hash", {"", "md5"}, "");  // changes are found by comparing; a hash is not needed
    read.finish();
    return target;
}

}  // namespace

bool RowBounds::holds(std::int64_t rows) const {
    return (!min || rows >= *min) && (!max || rows <= *max);
}

std::string RowBounds::text() const {
    if (min && max && *min == *max) return std::to_string(*min);
    return (min ? "at least " + std::to_string(*min) : std::string()) +
           (min && max ? " and " : "") + (max ? "at most " + std::to_string(*max) : std::string());
}

std::optional<RowBounds> parse_bounds(const Json& value) {
    RowBounds bounds;
    if (value.is_number_integer()) {
        bounds.min = bounds.max = value.get<std::int64_t>();
        return bounds;
    }
    if (!value.is_object() || value.empty()) return std::nullopt;
    for (const auto& [name, limit] : value.items()) {
        if (!limit.is_number_integer() || (name != "min" && name != "max")) return std::nullopt;
        (name == "min" ? bounds.min : bounds.max) = limit.get<std::int64_t>();
    }
    return bounds;
}

DataResult<EtlParameters> EtlParameters::parse(const Json& parameters) {
    Faults faults;
    ParameterReader read(parameters, "", faults);
    EtlParameters result;
    if (const Json* params = read.any("params")) result.params = *params;
    if (!result.params.is_object()) read.fault("params", "expected an object of name: value");
    result.inputs = parse_inputs(read.any("input"), faults);
    if (const Json* steps = read.any("steps")) result.steps = parse_steps(*steps, faults);
    if (read.has("write")) result.write = parse_write(read.object("write"));
    if (read.has("scd2")) result.scd2 = parse_scd2(read.object("scd2"));
    if (result.write.has_value() == result.scd2.has_value())
        read.fault("write", "expected exactly one of write and scd2");
    if (const Json* checks = read.any("checks")) result.checks = *checks;
    if (!result.checks.is_array()) read.fault("checks", "expected a list of checks");
    if (const Json* bounds = read.any("expect_rows")) {
        result.expect_rows = parse_bounds(*bounds);
        if (!result.expect_rows)
            read.fault("expect_rows", "expected a number of rows or {min, max}");
    }
    result.counts_steps = read.flag("step_counts", true);
    for (const auto& input : result.inputs) {
        if (input.is_bookmarked && !result.write)
            faults.add("input." + input.name + ".bookmark",
                       "expected a write to a lake table, which remembers the files");
    }
    read.finish();
    SW_TRY(faults.result());
    return result;
}

}  // namespace stepwell::tasks::etl

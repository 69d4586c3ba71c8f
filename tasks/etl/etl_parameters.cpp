#include "tasks/etl/etl_parameters.hpp"

#include <algorithm>

#include "tasks/etl/etl_shape.hpp"

namespace stepwell::tasks::etl {
namespace {

using data::Faults;
using data::ParameterReader;

EtlInput read_input(const std::string& name, const Json& value, const Shape& shape,
                    const std::string& place, Faults& faults) {
    EtlInput input;
    input.name = name;
    const Json object = data::input_object(value);
    ParameterReader read(object, shape, place, faults);
    input.is_bookmarked = read.object("bookmark").text("by") == "files";
    input.spec = data::InputSpec::read(read);
    read.finish();
    return input;
}

/// `input` is one input, or several by name.
std::vector<EtlInput> read_inputs(ParameterReader& read) {
    const Json* value = read.any("input");
    if (value == nullptr) return {};
    const Shape* form = read.shape_of("input").form_of(*value);
    if (form == nullptr || form->kind != Shape::Kind::mapping) {
        return {read_input("input", *value, one_input_shape(), "input", read.faults())};
    }
    std::vector<EtlInput> inputs;
    for (const auto& [name, input] : value->items()) {
        const std::string place = "input." + name;
        const bool is_reserved = name == "this" || name.starts_with("_sw");
        if (is_reserved)
            read.faults().add(place, "expected another name, as the steps use this one");
        inputs.push_back(read_input(name, input, one_input_shape(), place, read.faults()));
    }
    return inputs;
}

lake::WriteMode mode_of(ParameterReader& read) {
    const std::string mode = read.text("mode");
    const auto& modes = read.shape_of("mode").choices;  // in the order of WriteMode
    const auto found = std::find(modes.begin(), modes.end(), mode);
    return static_cast<lake::WriteMode>(found - modes.begin());
}

void read_policy(ParameterReader policy, LakeTarget& target) {
    target.allows_new_columns = policy.text("new_columns") == "add";
    target.allows_missing_columns = policy.text("missing") == "null";
    target.allows_type_changes = policy.text("type_changes") == "allow";
    policy.finish();
}

LakeTarget read_write(ParameterReader read) {
    LakeTarget target;
    target.uri = read.text("uri");
    read.text("format");
    target.mode = mode_of(read);
    target.partition_by = read.texts("partition_by");
    target.keys = read.texts("keys");
    target.sort_by = read.texts("sort_by");
    target.compression = read.text("compression");
    if (const Json* size = read.any("target_file_size")) {
        target.target_file_size = data::parse_bytes(*size).value_or(target.target_file_size);
    }
    if (const auto limit = read.integer("max_partitions")) {
        target.max_partitions = static_cast<std::size_t>(std::max<std::int64_t>(*limit, 1));
    }
    read_policy(read.object("schema_policy"), target);
    read.finish();
    const bool needs_partitions =
        target.mode == lake::WriteMode::overwrite_partitions && target.partition_by.empty();
    if (needs_partitions)
        read.fault("partition_by", "expected partition columns for mode: overwrite_partitions");
    if (target.mode == lake::WriteMode::merge && target.keys.empty())
        read.fault("keys", "expected key columns for mode: merge");
    return target;
}

Scd2Target read_scd2(ParameterReader read) {
    Scd2Target target;
    target.table = read.text("target");
    target.connection = read.text("connection");
    target.keys = read.texts("keys");
    target.track = read.texts("track");
    target.ignore = read.texts("ignore");
    target.effective = read.text("effective");
    ParameterReader columns = read.object("columns");
    target.from = columns.text("from");
    target.to = columns.text("to");
    target.current = columns.text("current");
    columns.finish();
    target.open_end = read.text("open_end");
    target.closes_deleted = read.text("deletes") == "close";
    target.late_rows = read.text("late_rows");
    read.text("hash");
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
    ParameterReader read = ParameterReader::checked(parameters, etl_shape(), "", faults);
    EtlParameters result;
    if (const Json* params = read.any("params")) result.params = *params;
    result.inputs = read_inputs(read);
    if (const Json* steps = read.any("steps")) result.steps = read_steps(*steps);
    const bool is_written = read.any("write") != nullptr;
    if (is_written) result.write = read_write(read.object("write"));
    const bool has_history = read.any("scd2") != nullptr;
    if (has_history) result.scd2 = read_scd2(read.object("scd2"));
    if (const Json* checks = read.any("checks")) result.checks = *checks;
    if (const Json* bounds = read.any("expect_rows")) {
        result.expect_rows = parse_bounds(*bounds);
        if (!result.expect_rows && faults.empty())
            read.fault("expect_rows", "expected a number of rows or {min, max}");
    }
    result.counts_steps = read.flag("step_counts");
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

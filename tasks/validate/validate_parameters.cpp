#include "tasks/validate/validate_parameters.hpp"

#include <cmath>

#include "tasks/validate/validate_shape.hpp"

namespace stepwell::tasks::data {

Json Check::to_json() const {
    Json json = {{"name", name}, {"kind", kind}};
    if (!column.empty()) json["column"] = column;
    json["severity"] = severity;
    json["status"] = status;
    if (status == "skipped") {
        json["message"] = skipped;
        return json;
    }
    if (is_row_check() || !keys.empty() || !failing_rows.empty()) {
        json["evaluated"] = evaluated;
        json["failed"] = failed;
        const double percent =
            evaluated == 0 ? 0
                           : 100.0 * static_cast<double>(failed) / static_cast<double>(evaluated);
        json["percent"] = std::round(percent * 100) / 100;
        if (!column.empty()) json["missing"] = missing;
        json["threshold"] = tolerance.display();
    }
    for (const auto& [key, value] : extra.items()) json[key] = value;
    if (!message.empty()) json["message"] = message;
    return json;
}

namespace {

ColumnRule read_rule(const std::string& name, const Json& rule, ParameterReader& read,
                     const ValidateParameters& validate) {
    ColumnRule column;
    column.value = rule.is_null() ? Json::object() : rule.is_string() ? Json{{"type", rule}} : rule;
    ParameterReader one(column.value, column_rule_shape(), read.place_of("columns") + "." + name,
                        read.faults());
    column.name = name;
    column.type = one.text("type");
    column.format = one.text("format");
    column.forms =
        read_forms(one, validate.input.are_numbers_rounded, validate.input.have_dates_times);
    const bool is_required = one.flag("required");
    column.is_required = one.has("required") ? is_required : validate.schema_missing == "fail";
    one.leave_rest();  // to check_columns.cpp
    one.finish();
    return column;
}

void read_schema(ParameterReader schema, ValidateParameters& validate) {
    validate.schema_extra = schema.text("extra");
    validate.schema_missing = schema.text("missing");
    validate.schema_order = schema.text("order");
    validate.is_case_sensitive = schema.text("case") == "sensitive";
    schema.finish();
}

void read_quarantine(ParameterReader quarantine, ValidateParameters& validate) {
    validate.quarantine_uri = quarantine.text("uri");
    validate.quarantine_format = quarantine.text("format");
    if (const Json* bad = quarantine.any("max_bad")) validate.max_bad = parse_tolerance(*bad);
    quarantine.finish();
}

void read_good(ParameterReader good, ValidateParameters& validate) {
    validate.good_uri = good.text("uri");
    validate.good_table = good.text("table");
    validate.good_format = good.text("format");
    validate.good_mode = good.text("mode");
    if (!validate.good_uri.empty() && !validate.good_table.empty()) {
        good.fault("uri", "expected uri or table, but got both");
    }
    good.finish();
}

void read_outputs(ParameterReader& read, ValidateParameters& validate) {
    read_quarantine(read.object("quarantine"), validate);
    if (validate.on_fail == "quarantine" && validate.quarantine_uri.empty()) {
        read.fault("quarantine", "on_fail: quarantine expects quarantine.uri");
    }
    read_good(read.object("good"), validate);
    ParameterReader move = read.object("move");
    validate.move_passed = move.text("passed");
    validate.move_failed = move.text("failed");
    move.finish();
    ParameterReader report = read.object("report");
    validate.report_formats = report.texts("formats");
    validate.samples = report.integer("samples").value_or(validate.samples);
    validate.masked = report.texts("mask");
    report.finish();
}

}  // namespace

DataResult<ValidateParameters> ValidateParameters::parse(const Json& parameters) {
    Faults faults;
    ParameterReader read = ParameterReader::checked(parameters, validate_shape(), "", faults);
    ValidateParameters validate;
    validate.input = InputSpec::member(read, "input");
    validate.connection = read.text("connection");
    validate.dataset = read.text("dataset");
    if (const Json* params = read.any("params")) validate.params = *params;
    read_schema(read.object("schema"), validate);
    if (const Json* columns = read.any("columns")) {
        for (const auto& [name, rule] : columns->items()) {
            validate.columns.push_back(read_rule(name, rule, read, validate));
        }
    }
    if (const Json* checks = read.any("checks")) validate.checks = *checks;
    validate.on_fail = read.text("on_fail");
    read_outputs(read, validate);
    read.finish();
    SW_TRY(faults.result());
    return validate;
}

}  // namespace stepwell::tasks::data

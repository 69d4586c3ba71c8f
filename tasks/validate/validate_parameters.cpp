#include "tasks/validate/validate_parameters.hpp"

#include <cmath>

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

void read_columns(ParameterReader& read, ValidateParameters& validate) {
    const Json* columns = read.any("columns");
    if (columns == nullptr) return;
    if (!columns->is_object()) return read.fault("columns", "expected an object of column: rule");
    const bool is_missing_fatal = validate.schema_missing == "fail";
    for (const auto& [name, rule] : columns->items()) {
        const Json value = rule.is_null()     ? Json::object()
                           : rule.is_string() ? Json{{"type", rule}}
                                              : rule;
        ParameterReader one(value, "columns." + name + ".", read.faults());
        ColumnRule column;
        column.name = name;
        column.type = one.text("type");
        column.format = one.text("format");
        column.forms =
            read_forms(one, validate.input.are_numbers_rounded, validate.input.have_dates_times);
        column.is_required = one.flag("required", is_missing_fatal);
        column.value = value;
        if (!column.type.empty() && !is_type_name(column.type)) {
            one.fault("type", "expected a type, but got '" + column.type + "'");
        }
        for (const char* known :
             {"nullable", "unique", "regex", "not_regex", "length", "min", "max", "gt", "ge", "lt",
              "le", "in", "not_in", "semantic", "mostly", "severity", "where", "not_empty"}) {
            one.any(known);
        }
        one.choice("severity", {"error", "warn", "info"}, "error");
        if (const Json* mostly = one.any("mostly");
            mostly != nullptr &&
            (!mostly->is_number() || mostly->get<double>() < 0 || mostly->get<double>() > 1)) {
            one.fault("mostly", "expected a share between 0 and 1");
        }
        one.finish();
        validate.columns.push_back(std::move(column));
    }
}

void read_outputs(ParameterReader& read, ValidateParameters& validate) {
    ParameterReader quarantine = read.object("quarantine");
    validate.quarantine_uri = quarantine.text("uri");
    validate.quarantine_format = quarantine.choice("format", {"parquet", "csv"}, "parquet");
    if (const Json* bad = quarantine.any("max_bad")) {
        validate.max_bad = parse_tolerance(*bad);
        if (!validate.max_bad) quarantine.fault("max_bad", "expected a share like 5% or a count");
    }
    quarantine.finish();
    if (validate.on_fail == "quarantine" && validate.quarantine_uri.empty()) {
        read.fault("quarantine", "on_fail: quarantine expects quarantine.uri");
    }
    ParameterReader good = read.object("good");
    validate.good_uri = good.text("uri");
    validate.good_table = good.text("table");
    validate.good_format = good.choice("format", {"parquet", "csv"}, "parquet");
    validate.good_mode = good.choice("mode", {"replace", "append", "truncate"}, "replace");
    if (!validate.good_uri.empty() && !validate.good_table.empty()) {
        good.fault("uri", "expected uri or table, but got both");
    }
    good.finish();
    ParameterReader move = read.object("move");
    validate.move_passed = move.text("passed");
    validate.move_failed = move.text("failed");
    for (const auto& rule : {validate.move_passed, validate.move_failed}) {
        if (rule.empty() || rule.find("->") != std::string::npos) continue;
        read.fault("move", "expected 'FROM -> TO', but got '" + rule + "'");
    }
    move.finish();
    ParameterReader report = read.object("report");
    validate.report_formats = report.texts("formats");
    for (const auto& format : validate.report_formats) {
        if (format == "json" || format == "html" || format == "junit") continue;
        report.fault("formats", "expected json, html or junit, but got '" + format + "'");
    }
    validate.samples = report.integer("samples").value_or(validate.samples);
    validate.masked = report.texts("mask");
    report.finish();
}

}  // namespace

DataResult<ValidateParameters> ValidateParameters::parse(const Json& parameters) {
    Faults faults;
    ParameterReader read(parameters, "", faults);
    ValidateParameters validate;
    static const Json kNone = Json::object();
    const Json* input = read.any("input");
    validate.input = InputSpec::parse(input == nullptr ? kNone : *input, "input", faults);
    validate.connection = read.text("connection");
    validate.dataset = read.text("dataset");
    if (const Json* params = read.any("params")) validate.params = *params;
    ParameterReader schema = read.object("schema");
    const std::vector<std::string> policies = {"ignore", "warn", "fail"};
    validate.schema_extra = schema.choice("extra", policies, "ignore");
    validate.schema_missing = schema.choice("missing", policies, "fail");
    validate.schema_order = schema.choice("order", policies, "ignore");
    validate.is_case_sensitive =
        schema.choice("case", {"insensitive", "sensitive"}, "insensitive") == "sensitive";
    schema.finish();
    read_columns(read, validate);
    if (const Json* checks = read.any("checks")) {
        if (checks->is_array())
            validate.checks = *checks;
        else
            read.fault("checks", "expected a list of checks");
    }
    validate.on_fail = read.choice("on_fail", {"fail", "quarantine", "drop", "warn"}, "fail");
    read_outputs(read, validate);
    read.finish();
    SW_TRY(faults.result());
    return validate;
}

}  // namespace stepwell::tasks::data

#include <algorithm>

#include "tasks/sql/column_types.hpp"
#include "tasks/sql/strict_types.hpp"
#include "tasks/validate/check_builder.hpp"
#include "tasks/validate/validate_semantics.hpp"

namespace stepwell::tasks::data {

std::string raw_name(const std::string& column) {
    return "_sw_text_" + column;
}

std::string source_name(const std::string& column) {
    return "_sw_source_" + column;
}

namespace {

std::string typed_literal(const Json& value, const std::string& type) {
    if (type.empty() || value.is_boolean()) return sql_literal(value);
    // A limit of 0.5 for whole numbers is 0.5: the cast would round it.
    const std::string exact = canonical_type(type);
    const auto decimal = decimal_type(exact);
    const bool has_digits_more =
        value.is_number_float() && is_exact_number(exact) &&
        !strict::is_decimal(value.dump(), 1000, decimal ? decimal->scale : 0);
    if (has_digits_more) return sql_literal(value);
    return "cast(" + sql_literal(value) + " as " + type + ")";
}

std::string display(const Json& value) {
    return value.is_string() ? value.get<std::string>() : to_text(value);
}

std::string list_of(const Json& values, const std::string& type) {
    std::string list;
    for (const auto& value : values)
        list += (list.empty() ? "" : ", ") + typed_literal(value, type);
    return list;
}

}  // namespace

void CheckBuilder::add_schema_check(const std::string& kind, const std::string& policy,
                                    const Json& columns, const std::string& message) {
    if (policy == "ignore" || columns.empty()) return;
    Check check;
    check.name = "schema." + kind;
    check.kind = "schema";
    check.severity = policy == "warn" ? "warn" : "error";
    check.status = policy == "warn" ? "warn" : "fail";
    check.failed = static_cast<std::int64_t>(columns.size());
    check.extra["columns"] = columns;
    check.message = message;
    for (const auto& column : columns) check.message += " " + column.get<std::string>() + ",";
    check.message.pop_back();
    push(std::move(check));
}

void CheckBuilder::add_schema_checks() {
    Json missing = Json::array();
    Json extra = Json::array();
    std::size_t at = 0;
    bool is_ordered = true;
    for (const auto& rule : validate_.columns) {
        const Column* column = find_input(rule.name);
        if (column == nullptr) {
            if (rule.is_required) missing.push_back(rule.name);
            continue;
        }
        const auto position = static_cast<std::size_t>(column - rows_.columns.data());
        is_ordered = is_ordered && position >= at;
        at = position;
    }
    for (const auto& column : rows_.columns) {
        const bool is_known =
            std::any_of(validate_.columns.begin(), validate_.columns.end(),
                        [&](const ColumnRule& rule) { return find_input(rule.name) == &column; });
        if (!is_known) extra.push_back(column.name);
    }
    // A column that is required by its rule is missed whatever the policy says.
    add_schema_check("missing", validate_.schema_missing == "warn" ? "warn" : "fail", missing,
                     "the input lacks columns");
    if (!validate_.columns.empty()) {
        add_schema_check("extra", validate_.schema_extra, extra, "the input has more columns:");
    }
    if (!is_ordered) {
        add_schema_check("order", validate_.schema_order, Json::array({"in another order"}),
                         "the columns are");
    }
}

Check& CheckBuilder::add_row_check(const ColumnRule& rule, const std::string& kind, std::string ok,
                                   std::string expected) {
    Check check;
    check.name = rule.name + "." + kind;
    check.kind = kind;
    check.column = rule.name;
    check.severity = string_or(rule.value, "severity", "error");
    check.where = string_or(rule.value, "where", "");
    if (const Json* mostly = find(rule.value, "mostly"); mostly && mostly->is_number()) {
        check.tolerance = {1 - mostly->get<double>(), -1};
    }
    check.ok = std::move(ok);
    check.expected = std::move(expected);
    const Column* found = find_input(rule.name);
    if (found == nullptr) check.skipped = "column " + rule.name + " is missing";
    if (found != nullptr) check.column = found->name;
    push(std::move(check));
    return checks_.back();
}

void CheckBuilder::add_column_checks(const ColumnRule& rule) {
    const Column* found = find_input(rule.name);
    const Column column = found != nullptr ? *found : Column{rule.name, "varchar"};
    const std::string typed = quote_identifier(column.name);
    const std::string raw = quote_identifier(raw_name(column.name));
    if (!rule.type.empty()) {
        add_row_check(rule, "type", raw + " is null or " + typed + " is not null",
                      "are not " + rule.type + (rule.format.empty() ? "" : " as " + rule.format));
    }
    const Json* nullable = find(rule.value, "nullable");
    if (nullable != nullptr && *nullable == false) {
        add_row_check(rule, "not_null", raw + " is not null", "are missing").is_about_missing =
            true;
    }
    if (const Json* filled = find(rule.value, "not_empty"); filled != nullptr && *filled == true) {
        add_row_check(rule, "not_empty", "trim(" + raw + ") <> ''", "are empty");
    }
    add_bounds(rule, column);
    add_length(rule, column);
    add_value_checks(rule, column);
    const Json* unique = find(rule.value, "unique");
    if (unique == nullptr || *unique != true) return;
    Check& check = add_row_check(rule, "unique", "true", "are not unique");
    check.ok.clear();
    check.keys = {column.name};
}

void CheckBuilder::add_bounds(const ColumnRule& rule, const Column& column) {
    static constexpr std::pair<const char*, const char*> kBounds[] = {
        {"min", ">="}, {"max", "<="}, {"gt", ">"}, {"ge", ">="}, {"lt", "<"}, {"le", "<="}};
    for (const auto& [name, op] : kBounds) {
        const Json* bound = find(rule.value, name);
        if (bound == nullptr || bound->is_null()) continue;
        std::string value = quote_identifier(column.name);
        std::string type = rule.type;
        // Texts without a declared type are compared as what the bound is.
        if (type.empty() && bound->is_number()) {
            type = "double";
            value = "try_cast(" + value + " as double)";
        }
        add_row_check(rule, name, value + " " + op + " " + typed_literal(*bound, type),
                      "are not " + std::string(op) + " " + display(*bound));
        if (rule.type.empty() && bound->is_number()) {
            checks_.back().ok = "coalesce(" + checks_.back().ok + ", " +
                                quote_identifier(raw_name(column.name)) + " is null)";
        }
    }
}

void CheckBuilder::add_length(const ColumnRule& rule, const Column& column) {
    const Json* length = find(rule.value, "length");
    if (length == nullptr) return;
    Json low = *length;
    Json high = *length;
    if (length->is_array() && length->size() == 2) {
        low = (*length)[0];
        high = (*length)[1];
    } else if (length->is_object()) {
        low = length->value("min", Json(nullptr));
        high = length->value("max", Json(nullptr));
    }
    const std::string size = "length(" + quote_identifier(raw_name(column.name)) + ")";
    add_row_check(rule, "length",
                  (low.is_null() ? "true" : size + " >= " + low.dump()) + " and " +
                      (high.is_null() ? "true" : size + " <= " + high.dump()),
                  "are not " + low.dump() + " to " + high.dump() + " characters long");
}

void CheckBuilder::add_value_checks(const ColumnRule& rule, const Column& column) {
    const std::string typed = quote_identifier(column.name);
    const std::string raw = quote_identifier(raw_name(column.name));
    const auto pattern = [&](const char* name, bool is_wanted) {
        const Json* regex = find(rule.value, name);
        if (regex == nullptr || !regex->is_string()) return;
        const std::string match = "regexp_matches(" + raw + ", " + sql_literal(*regex) + ")";
        const auto tried =
            connection_.query("select regexp_matches('', " + sql_literal(*regex) + ")");
        if (!tried) faults_.add("columns." + rule.name + "." + name, tried.error().message);
        add_row_check(rule, name, is_wanted ? match : "not " + match,
                      std::string(is_wanted ? "do not match " : "match ") + display(*regex));
    };
    pattern("regex", true);
    pattern("not_regex", false);
    for (const char* name : {"in", "not_in"}) {
        const Json* values = find(rule.value, name);
        if (values == nullptr || values->is_null()) continue;
        const std::string list = list_of(*values, rule.type);
        add_row_check(
            rule, name, typed + (std::string(name) == "in" ? " in (" : " not in (") + list + ")",
            std::string(name) == "in" ? "are none of the allowed values" : "are forbidden values");
    }
    const Json* semantic = find(rule.value, "semantic");
    if (semantic == nullptr || semantic->is_null()) return;
    const std::string regex = semantic_pattern(display(*semantic));
    add_row_check(rule, "semantic", "regexp_full_match(" + raw + ", " + quote_literal(regex) + ")",
                  "are no " + display(*semantic));
}

}  // namespace stepwell::tasks::data

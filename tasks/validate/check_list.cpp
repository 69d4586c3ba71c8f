#include <cmath>

#include "tasks/sql/row_copy.hpp"
#include "tasks/validate/check_builder.hpp"
#include "tasks/validate/validate_semantics.hpp"
#include "tasks/validate/validate_shape.hpp"

namespace stepwell::tasks::data {

bool CheckBuilder::is_there(Check& check, const std::string& column) {
    if (find_input(column) != nullptr) return true;
    check.skipped = "column " + column + " is missing";
    return false;
}

void CheckBuilder::examine(Check& check, const std::string& expression, const std::string& place) {
    if (expression.empty()) return;
    const auto alone =
        check_expression(connection_, expression, rows_.relation + " as input", rows_.parameters);
    if (alone) return;
    for (const auto& rule : validate_.columns) {
        const bool is_named = expression.find(rule.name) != std::string::npos;
        if (is_named && find_input(rule.name) == nullptr) {
            check.skipped = "column " + rule.name + " is missing";
            return;
        }
    }
    faults_.add(place, alone.error().message);
}

DataResult<void> CheckBuilder::add_item(const Json& item, const std::string& place) {
    std::string kind;
    for (const auto& [name, check] : item.items()) {
        if (!check.is_null()) kind = name;
    }
    const Json& value = item.at(kind);
    ParameterReader read(value, *check_item_shape().member(kind), place + "." + kind, faults_);
    Check check;
    check.kind = kind;
    check.name = read.text("name");
    check.severity = read.text("severity");
    check.where = kind == "rows" ? "" : read.text("where");
    if (const auto mostly = read.number("mostly")) check.tolerance = {1 - *mostly, -1};
    if (const Json* bad = read.any("max_bad")) {
        check.tolerance = parse_tolerance(*bad).value_or(check.tolerance);
    }
    SW_TRY(add_kind(std::move(check), kind, read));
    if (faults_.empty()) read.finish();
    if (!checks_.empty() && !checks_.back().where.empty() && checks_.back().kind == kind) {
        examine(checks_.back(), checks_.back().where, place + "." + kind + ".where");
    }
    return {};
}

DataResult<void> CheckBuilder::add_kind(Check check, const std::string& kind,
                                        ParameterReader& read) {
    if (kind == "references") return add_references(std::move(check), read);
    if (kind == "rows") return add_rows(std::move(check), read);
    if (kind == "sql") return add_sql(std::move(check), read);
    if (kind == "reconcile") return add_reconcile(std::move(check), read);
    if (kind == "row_count")
        add_row_count(std::move(check), read);
    else if (kind == "row_count_change")
        add_row_count_change(std::move(check), read);
    else if (kind == "duplicates")
        add_duplicates(std::move(check), read);
    else if (kind == "freshness")
        add_freshness(std::move(check), read);
    else if (kind == "aggregate")
        add_aggregate(std::move(check), read);
    else if (kind == "anomaly")
        add_anomaly(std::move(check), read);
    else if (kind == "file")
        read.leave_rest();  // told from the files themselves: see validate.cpp
    return {};
}

namespace {

void name_by_default(Check& check, const std::string& name) {
    if (check.name.empty()) check.name = name;
}

}  // namespace

DataResult<void> CheckBuilder::add_references(Check check, ParameterReader& read) {
    check.column = read.text("column");
    name_by_default(check, "references(" + check.column + ")");
    ParameterReader to = read.object("to");
    const std::string table = to.text("table");
    const std::string named = to.text("column");
    const std::string column = named.empty() ? check.column : named;
    const std::string where = to.text("where");
    to.finish();
    const bool is_ignoring_nulls = read.text("nulls") == "ignore";
    if (!is_there(check, check.column)) return push(std::move(check)), DataResult<void>();
    const auto reference = SW_TRY(session_.table_reference(table, validate_.connection));
    std::string known = "select " + quote_identifier(column) + " from ";
    const std::string filter = " where " + quote_identifier(column) + " is not null" +
                               (where.empty() ? "" : " and (" + where + "\n)");
    if (reference.connection == rows_.connection) {
        known += quote_table(reference.name, Dialect::duckdb) + filter;
    } else {
        auto* other = SW_TRY(session_.connect(reference.connection));
        session_.note_engine(connection_.database());
        const std::string copy = "_sw_reference_" + std::to_string(checks_.size());
        const std::string sql = "select distinct " + quote_identifier(column) + " from " +
                                quote_table(reference.name, other->dialect()) + filter;
        auto copied = copy_to_duckdb(*other, sql, validate_.params, connection_, copy);
        if (!copied) {
            faults_.add(read.place_of("to"), copied.error().message);
            return {};
        }
        known += quote_identifier(copy);
    }
    const auto described = connection_.describe(known, rows_.parameters);
    if (!described) {
        faults_.add(read.place_of("to"), described.error().message);
        return {};
    }
    check.column = find_input(check.column)->name;
    const std::string value = quote_identifier(check.column);
    check.ok = "coalesce(" + value + " in (" + known + "), false)";
    if (is_ignoring_nulls) check.ok = "(" + value + " is null or " + check.ok + ")";
    check.expected = "are not in " + reference.display() + "." + column;
    push(std::move(check));
    return {};
}

DataResult<void> CheckBuilder::add_rows(Check check, ParameterReader& read) {
    const std::string failing = read.text("where");
    name_by_default(check, "rows(" + failing + ")");
    examine(check, failing, read.place_of("where"));
    check.ok = "not (" + failing + "\n)";
    check.expected = "meet " + failing;
    push(std::move(check));
    return {};
}

DataResult<void> CheckBuilder::add_sql(Check check, ParameterReader& read) {
    check.failing_rows = read.text("failing_rows");
    name_by_default(check, "sql");
    check.expected = "are returned by the query";
    // Alone, so that it is one whole statement. `input` is known only with the rows in front of it.
    const auto described =
        connection_.describe("with input as (select * from " + rows_.relation +
                                 ") select * from (" + check.failing_rows + "\n) as failing",
                             rows_.parameters);
    if (!described) faults_.add(read.place_of("failing_rows"), described.error().message);
    push(std::move(check));
    return {};
}

namespace {

/// min, max, equal and between of a check, as a judgement about one number.
std::function<Verdict(const Json&)> range_judge(ParameterReader& read) {
    std::optional<double> low = read.number("min");
    std::optional<double> high = read.number("max");
    if (const auto equal = read.number("equal")) low = high = equal;
    if (const Json* between = read.any("between")) {
        low = (*between)[0].get<double>();
        high = (*between)[1].get<double>();
    }
    if (!low && !high) read.fault("min", "expected min, max, equal or between");
    return [low, high](const Json& value) {
        Verdict verdict;
        verdict.observed = value;
        const auto text = [](double number) {
            const bool is_whole = std::trunc(number) == number && std::abs(number) < 1e15;
            return is_whole ? Json(static_cast<std::int64_t>(number)).dump() : Json(number).dump();
        };
        verdict.expected = low && high ? "between " + text(*low) + " and " + text(*high)
                           : low       ? "at least " + text(*low)
                           : high      ? "at most " + text(*high)
                                       : "";
        double number = 0;
        if (value.is_number())
            number = value.get<double>();
        else if (value.is_string())
            number = std::strtod(value.get<std::string>().c_str(), nullptr);
        else
            verdict.is_passed = false;
        if (!verdict.is_passed) return verdict;
        verdict.is_passed = (!low || number >= *low) && (!high || number <= *high);
        return verdict;
    };
}

}  // namespace

void CheckBuilder::add_row_count(Check check, ParameterReader& read) {
    name_by_default(check, "row_count");
    check.expression = "count(*)";
    check.judge = range_judge(read);
    push(std::move(check));
}

void CheckBuilder::add_row_count_change(Check check, ParameterReader& read) {
    name_by_default(check, "row_count_change");
    read.text("vs");
    const auto share = [&](const char* name) {
        const Json* value = read.any(name);
        return value == nullptr ? -1.0 : parse_tolerance(*value).value_or(Tolerance{}).share;
    };
    const double drop = share("max_drop");
    const double rise = share("max_rise");
    const auto found = history_.find("row_count");
    check.expression = "count(*)";
    if (found == history_.end() || found->second.empty()) {
        check.judge = [](const Json& value) {
            return Verdict{true, value, "", "there is no earlier successful result"};
        };
        return push(std::move(check));
    }
    const double last = found->second[0];
    check.judge = [=](const Json& value) {
        Verdict verdict;
        const auto now = static_cast<double>(value.get<std::int64_t>());
        const double change = last == 0 ? (now == 0 ? 0 : 1e9) : (now - last) / last;
        verdict.observed = {
            {"rows", value}, {"before", last}, {"change", std::round(change * 1e4) / 1e4}};
        verdict.is_passed = (drop < 0 || change >= -drop) && (rise < 0 || change <= rise);
        verdict.expected =
            "a change of " + (drop < 0 ? std::string("any") : Tolerance{drop, -1}.display()) +
            " down and " + (rise < 0 ? std::string("any") : Tolerance{rise, -1}.display()) + " up";
        return verdict;
    };
    push(std::move(check));
}

void CheckBuilder::add_duplicates(Check check, ParameterReader& read) {
    check.keys = read.texts("keys");
    check.keep = read.text("keep");
    check.order_by = read.text("order_by");
    if (check.keep == "latest" && check.order_by.empty()) {
        read.fault("order_by", "keep: latest expects the column that tells which is the latest");
    }
    std::string names;
    for (auto& key : check.keys) {
        names += (names.empty() ? "" : ", ") + key;
        if (is_there(check, key)) key = find_input(key)->name;
    }
    name_by_default(check, "duplicates(" + names + ")");
    check.expected = "are not unique";
    examine(check, check.order_by, read.place_of("order_by"));
    push(std::move(check));
}

namespace {

std::string age_text(std::int64_t seconds) {
    const std::int64_t size = seconds < 0 ? -seconds : seconds;
    std::string text = seconds < 0 ? "-" : "";
    if (size >= 86'400) text += std::to_string(size / 86'400) + "d";
    if (size % 86'400 >= 3600) text += std::to_string(size % 86'400 / 3600) + "h";
    return text + std::to_string(size % 3600 / 60) + "m";
}

}  // namespace

void CheckBuilder::add_freshness(Check check, ParameterReader& read) {
    check.column = read.text("column");
    name_by_default(check, "freshness(" + check.column + ")");
    const Json* given = read.any("max_age");
    const auto age_max = given == nullptr ? std::nullopt : parse_duration(*given);
    const Json as_of = read.any("as_of") ? *read.any("as_of") : Json(nullptr);
    if (!is_there(check, check.column)) return push(std::move(check));
    const std::string value = quote_identifier(find_input(check.column)->name);
    const std::string now = as_of.is_null() ? "(now() at time zone 'UTC')"
                                            : "cast(" + sql_literal(as_of) + " as timestamp)";
    check.expression = "epoch(" + now + ") - epoch(max(try_cast(" + value + " as timestamp)))";
    const std::string limit = given == nullptr     ? ""
                              : given->is_string() ? given->get<std::string>()
                                                   : to_text(*given);
    check.judge = [=](const Json& age) {
        Verdict verdict;
        verdict.expected = "at most " + limit + " old";
        verdict.is_passed = age.is_number();
        if (!age.is_number()) return verdict;
        const auto seconds = static_cast<std::int64_t>(age.get<double>());
        verdict.observed = age_text(seconds);
        verdict.is_passed = seconds <= age_max.value_or(0);
        return verdict;
    };
    push(std::move(check));
}

void CheckBuilder::add_aggregate(Check check, ParameterReader& read) {
    check.expression = read.text("expr");
    name_by_default(check, "aggregate(" + check.expression + ")");
    examine(check, check.expression, read.place_of("expr"));
    check.judge = range_judge(read);
    push(std::move(check));
}

DataResult<void> CheckBuilder::add_reconcile(Check check, ParameterReader& read) {
    check.expression = read.text("expr");
    name_by_default(check, "reconcile(" + check.expression + ")");
    examine(check, check.expression, read.place_of("expr"));
    const double tolerance = read.number("tolerance").value_or(0);
    ParameterReader against = read.object("against");
    const std::string sql = against.text("sql");
    const std::string named = against.text("connection");
    const std::string name = named.empty() ? validate_.connection : named;
    against.finish();
    auto* other = SW_TRY(session_.connect(name));
    session_.note_engine(connection_.database());
    auto expected = other->query_value(sql, validate_.params);
    if (!expected) {
        faults_.add(read.place_of("against"), expected.error().message);
        return {};
    }
    const Json want = *expected;
    check.judge = [=](const Json& value) {
        const auto number = [](const Json& json) {
            return json.is_string() ? std::strtod(json.get<std::string>().c_str(), nullptr)
                                    : json.get<double>();
        };
        Verdict verdict;
        verdict.observed = value;
        verdict.expected = to_text(want) + " within " + Json(tolerance).dump();
        verdict.is_passed = !value.is_null() && !want.is_null() &&
                            std::abs(number(value) - number(want)) <= tolerance;
        return verdict;
    };
    push(std::move(check));
    return {};
}

void CheckBuilder::add_anomaly(Check check, ParameterReader& read) {
    const std::string metric = read.text("metric");
    name_by_default(check, "anomaly(" + metric + ")");
    const auto runs = static_cast<std::size_t>(read.integer("history").value_or(14));
    const double sigma = read.number("sigma").value_or(3);
    const auto parsed = parse_metric(metric);
    if (!parsed->column.empty() && !is_there(check, parsed->column)) return push(std::move(check));
    const std::string column =
        parsed->column.empty() ? "" : quote_identifier(find_input(parsed->column)->name);
    check.expression = metric_expression(parsed->function, column);
    examine(check, check.expression, read.place_of("metric"));
    check.extra["metric"] = metric;
    std::vector<double> past;
    if (const auto found = history_.find(metric); found != history_.end()) past = found->second;
    past.resize(std::min(past.size(), runs));
    check.judge = [=](const Json& value) { return judge_anomaly(value, past, sigma); };
    push(std::move(check));
}

DataResult<std::vector<Check>> build_checks(DataSession& session, Connection& connection,
                                            const ValidateParameters& validate,
                                            const CheckedRows& rows,
                                            const MetricsHistory& history) {
    return CheckBuilder(session, connection, validate, rows, history).build();
}

}  // namespace stepwell::tasks::data

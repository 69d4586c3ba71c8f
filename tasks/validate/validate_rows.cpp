#include <algorithm>

#include "tasks/support/sentences.hpp"
#include "tasks/validate/kept_rows.hpp"
#include "tasks/validate/validate.hpp"

namespace stepwell::tasks::data {
namespace {

constexpr const char* kWhole = "_sw_fault is null";

/// The aggregates of the one scan, each asked for once. Marks are not counted one by one: the rows
/// are counted by the marks that they have.
class Counters {
public:
    explicit Counters(const RowMarks& marks) : marks_(marks) {}

    std::size_t add(const std::string& expression) { return ask({expression, ""}); }
    std::size_t count_where(const std::string& condition) {
        if (marks_.index_of(condition)) return ask({"", condition});
        return ask({"count(*) filter (where " + condition + ")", ""});
    }
    DataResult<void> run(Connection& connection, const CheckedRows& rows) {
        values_.resize(asked_.size());
        SW_TRY(count_marks(connection, rows));
        std::string select;
        std::vector<std::size_t> places;
        for (std::size_t i = 0; i < asked_.size(); ++i) {
            if (!values_[i].is_null()) continue;
            select += (select.empty() ? "" : ", ") + asked_[i].expression;
            places.push_back(i);
        }
        if (places.empty()) return {};
        Rows result = SW_TRY(
            connection.query("select " + select + " from " + rows.relation, rows.parameters));
        for (std::size_t i = 0; i < places.size(); ++i)
            values_[places[i]] = std::move(result.rows.at(0)[i]);
        return {};
    }
    [[nodiscard]] const Json& value(std::size_t index) const { return values_[index]; }
    [[nodiscard]] std::int64_t number(std::size_t index) const {
        return values_[index].is_number() ? values_[index].get<std::int64_t>() : 0;
    }

private:
    struct Asked {
        std::string expression;  // an aggregate; or "" and
        std::string mark;        // a condition that is a mark
        bool operator==(const Asked&) const = default;
    };

    std::size_t ask(const Asked& asked) {
        const auto found = std::find(asked_.begin(), asked_.end(), asked);
        const auto index = static_cast<std::size_t>(found - asked_.begin());
        if (found == asked_.end()) asked_.push_back(asked);
        return index;
    }
    DataResult<void> count_marks(Connection& connection, const CheckedRows& rows) {
        if (!marks_.is_kept) return {};
        const Rows groups = SW_TRY(connection.query(
            "select " + marks_.names() + "count(*) from " + rows.relation + " group by all",
            rows.parameters));
        for (std::size_t i = 0; i < asked_.size(); ++i) {
            const bool is_all = asked_[i].expression == "count(*)";
            const auto mark = is_all ? std::nullopt : marks_.index_of(asked_[i].mark);
            if (!is_all && !mark) continue;
            std::int64_t count = 0;
            for (const auto& group : groups.rows) {
                if (is_all || RowMarks::is_set(group, *mark))
                    count += group.back().get<std::int64_t>();
            }
            values_[i] = count;
        }
        return {};
    }

    const RowMarks& marks_;
    std::vector<Asked> asked_;
    Row values_;
};

struct RowCounters {
    std::size_t failed = 0;
    std::size_t missing = 0;
    std::size_t considered = 0;
    std::size_t value = 0;
};

void set_status(Check& check) {
    if (!check.tolerance.is_exceeded(check.failed, check.evaluated)) return;
    check.status = check.severity == "error" ? "fail" : check.severity;
    const std::string what = check.column.empty() ? " rows " : " values ";
    check.message = part_text(check.failed, check.evaluated) + what + check.expected;
    const bool is_tolerant = check.tolerance.count > 0 || check.tolerance.share > 0;
    if (!is_tolerant) return;
    check.message += " (" + share_text(check.failed, check.evaluated) + "), at most " +
                     check.tolerance.display() + " allowed";
}

void judge_scalar(Validation& validation, Check& check, const Json& value) {
    const Verdict verdict = check.judge(value);
    if (const Json* metric = find(check.extra, "metric"); metric != nullptr && value.is_number()) {
        validation.metrics[metric->get<std::string>()] = value.get<double>();
    }
    if (!verdict.skipped.empty()) {
        check.skipped = verdict.skipped;
        check.status = "skipped";
        return;
    }
    check.extra["observed"] = verdict.observed;
    check.extra["expected"] = verdict.expected;
    if (verdict.is_passed) return;
    check.status = check.severity == "error" ? "fail" : check.severity;
    check.message = "expected " + verdict.expected + ", but it is " +
                    (verdict.observed.is_string() ? verdict.observed.get<std::string>()
                                                  : to_text(verdict.observed));
}

/// The rows among which a key must not come twice. Where one of them stays, it must not be a bad
/// one: those are left out that a check of single rows rejects.
std::string key_condition(const Validation& validation, const Check& check) {
    std::string condition =
        considered_condition(check) + (check.keep == "none" ? "" : validation.sound);
    for (const auto& key : check.keys)
        condition += " and " + quote_identifier(key) + " is not null";
    return condition;
}

DataResult<void> count_duplicates(Validation& validation, Check& check) {
    const std::string keys = quoted_list(check.keys);
    check.repeated = "_sw_repeated_" + std::to_string(&check - validation.checks.data());
    SW_TRY(validation.connection->execute(
        "create or replace temp table " + check.repeated + " as select " + keys +
            ", count(*) as _sw_count from " + validation.rows.relation + " where " +
            key_condition(validation, check) + " group by " + keys + " having count(*) > 1",
        validation.rows.parameters));
    const Rows result = SW_TRY(validation.connection->query(
        "select count(*), coalesce(sum(_sw_count), 0) from " + check.repeated));
    const auto groups = result.rows[0][0].get<std::int64_t>();
    const auto rows = result.rows[0][1].get<std::int64_t>();
    check.failed = check.keep == "none" ? rows : rows - groups;
    check.evaluated = check.keep == "none" || validation.sound.empty()
                          ? validation.read - validation.faults
                          : SW_TRY(validation.connection->query_integer(
                                "select count(*) from " + validation.rows.relation + " where " +
                                    kWhole + validation.sound,
                                validation.rows.parameters));
    check.extra["groups"] = groups;
    set_status(check);
    return {};
}

std::string with_input(const Validation& validation, const std::string& sql) {
    std::vector<std::string> names;
    for (const auto& column : validation.rows.columns) names.push_back(column.name);
    return "with input as (select " + quoted_list(names) + ", _sw_file, _sw_line from " +
           validation.rows.relation + " where " + kWhole + ") " + sql;
}

DataResult<void> count_failing_rows(Validation& validation, Check& check) {
    check.failed = SW_TRY(validation.connection->query_integer(
        with_input(validation, "select count(*) from (" + check.failing_rows + "\n) as failing"),
        validation.rows.parameters));
    check.evaluated = validation.read - validation.faults;
    const auto columns = SW_TRY(validation.connection->describe(
        with_input(validation, "select * from (" + check.failing_rows + "\n) as failing"),
        validation.rows.parameters));
    const auto has = [&](const char* name) {
        return std::any_of(columns.begin(), columns.end(),
                           [&](const Column& column) { return column.name == name; });
    };
    // Rows that can be told are set apart; others make the whole fail.
    if (has("_sw_file") && has("_sw_line")) check.extra["rejects"] = true;
    set_status(check);
    return {};
}

/// The checks of single rows must have been judged.
DataResult<void> run_set_checks(Validation& validation) {
    for (const auto& check : validation.checks) {
        if (check.is_row_check() && check.is_failing() && validation.parameters.on_fail != "warn")
            validation.sound += " and not (" + check.fails + ")";
    }
    for (auto& check : validation.checks) {
        if (!check.skipped.empty()) continue;
        if (!check.keys.empty()) SW_TRY(count_duplicates(validation, check));
        if (!check.failing_rows.empty()) SW_TRY(count_failing_rows(validation, check));
    }
    return {};
}

void add_structure_check(Validation& validation) {
    if (!validation.input.is_text) return;
    Check check;
    check.name = "structure";
    check.kind = "structure";
    check.failed = validation.faults;
    check.evaluated = validation.read;
    check.extra = {{"evaluated", validation.read}, {"failed", validation.faults}};
    if (validation.faults > 0) {
        check.status = "fail";
        check.message = part_text(validation.faults, validation.read) + " lines are broken";
    }
    validation.checks.insert(validation.checks.begin(), std::move(check));
}

}  // namespace

std::string considered_condition(const Check& check) {
    return std::string(kWhole) + (check.where.empty() ? "" : " and (" + check.where + "\n)");
}

std::string missing_condition(const Check& check) {
    return std::string(kWhole) + " and " + quote_identifier(raw_name(check.column)) + " is null";
}

std::string failing_condition(const Check& check) {
    return "coalesce(" + considered_condition(check) + " and not (" + check.ok + "), false)";
}

DataResult<void> run_checks(Validation& validation) {
    Counters counters(validation.marks);
    const std::size_t read = counters.add("count(*)");
    const std::size_t faults = counters.count_where("_sw_fault is not null");
    std::vector<RowCounters> places(validation.checks.size());
    for (std::size_t i = 0; i < validation.checks.size(); ++i) {
        const Check& check = validation.checks[i];
        if (!check.skipped.empty()) continue;
        if (check.is_row_check()) {
            places[i].failed = counters.count_where(check.fails);
            places[i].considered = counters.count_where(considered_condition(check));
            if (!check.column.empty()) {
                places[i].missing = counters.count_where(missing_condition(check));
            }
        }
        if (!check.expression.empty() && check.where.empty()) {
            places[i].value = counters.add(check.expression);
        }
    }
    SW_TRY(counters.run(*validation.connection, validation.rows));
    validation.read = counters.number(read);
    validation.faults = counters.number(faults);
    validation.metrics["row_count"] = static_cast<double>(validation.read);
    for (std::size_t i = 0; i < validation.checks.size(); ++i) {
        Check& check = validation.checks[i];
        if (!check.skipped.empty()) {
            check.status = "skipped";
        } else if (check.is_row_check()) {
            check.failed = counters.number(places[i].failed);
            check.missing = check.column.empty() ? 0 : counters.number(places[i].missing);
            check.evaluated = counters.number(places[i].considered);
            if (!check.is_about_missing && check.where.empty()) check.evaluated -= check.missing;
            set_status(check);
        } else if (!check.expression.empty()) {
            const Json value =
                check.where.empty()
                    ? counters.value(places[i].value)
                    : SW_TRY(validation.connection->query_value(
                          "select " + check.expression + " from " + validation.rows.relation +
                              " where " + considered_condition(check),
                          validation.rows.parameters));
            judge_scalar(validation, check, value);
        }
    }
    SW_TRY(run_set_checks(validation));
    add_structure_check(validation);
    return {};
}

namespace {

/// The rows of repeated keys that are to go.
std::string repeated_rows(const Validation& validation, const Check& check) {
    const std::string keys = quoted_list(check.keys);
    const std::string condition = key_condition(validation, check);
    const std::string order =
        (check.keep == "latest" ? "(" + check.order_by + "\n) desc, " : std::string()) +
        "_sw_file, _sw_line";
    return "select _sw_file, _sw_line, " + quote_literal(check.name) +
           " as reason from (select _sw_file, _sw_line, row_number() over (partition by " + keys +
           " order by " + order + ") as rank from " + validation.rows.relation + " where " +
           condition + " and (" + keys + ") in (select (" + keys + ") from " + check.repeated +
           "))" + (check.keep == "none" ? "" : " where rank > 1");
}

std::string reported_rows(const Validation& validation, const Check& check) {
    return with_input(validation, "select distinct _sw_file, _sw_line, " +
                                      quote_literal(check.name) + " as reason from (" +
                                      check.failing_rows + "\n) as failing");
}

/// Which rows are rejected by what they are, and why.
struct Rejection {
    std::string rows = "_sw_fault is not null";
    std::string reasons = "case when _sw_fault is not null then 'structure: ' || _sw_fault end";
    bool has_rows = false;
    bool has_sets = false;  // others, by what they are together: `_sw_sets` has them
};

DataResult<Rejection> collect_rejection(Validation& validation) {
    Rejection rejection;
    rejection.has_rows = validation.faults > 0;
    SW_TRY(validation.connection->execute(
        "create or replace temp table _sw_sets(_sw_file varchar, _sw_line bigint, reason "
        "varchar)"));
    for (const auto& check : validation.checks) {
        if (!check.is_failing() || validation.parameters.on_fail == "warn") continue;
        if (check.is_row_check()) {
            rejection.rows += " or " + check.fails;
            rejection.reasons +=
                ", case when " + check.fails + " then " + quote_literal(check.name) + " end";
            rejection.has_rows = true;
        } else if (!check.keys.empty() || check.extra.contains("rejects")) {
            const std::string sql = check.keys.empty() ? reported_rows(validation, check)
                                                       : repeated_rows(validation, check);
            SW_TRY(validation.connection->execute(
                "insert into _sw_sets select * from (" + sql + ")", validation.rows.parameters));
            rejection.has_sets = true;
        }
    }
    return rejection;
}

/// Rows are compared much faster by one number than by a pair.
std::string is_in(const Validation& validation, const std::string& table) {
    return validation.input.files.size() > 1
               ? "(_sw_file, _sw_line) in (select (_sw_file, _sw_line) from " + table + ")"
               : "_sw_line in (select _sw_line from " + table + ")";
}

std::string where(const std::string& relation, const std::string& condition) {
    return "(select * from " + relation + " where " + condition + ")";
}

/// `relation`: the rows that are rejected.
std::string rejected_rows(const Validation& validation, const std::string& relation,
                          const Rejection& rejection) {
    std::string columns;
    for (const auto& column : validation.rows.columns) {
        columns += quote_identifier(source_name(column.name)) + " as " +
                   quote_identifier(column.name) + ", ";
    }
    const std::string of_row = rejection.reasons.empty() ? "[]::varchar[]"
                                                         : "list_filter([" + rejection.reasons +
                                                               "], lambda x: x is not null)";
    const std::string of_sets = rejection.has_sets ? "coalesce(s.reasons, [])" : "[]::varchar[]";
    // Materialized: else the engine moves the condition behind the join, and makes texts of all
    // rows.
    const std::string sets =
        rejection.has_sets
            ? " left join (select _sw_file as file, _sw_line as line, list(reason) as reasons "
              "from _sw_sets group by all) as s on s.file = r._sw_file and s.line = r._sw_line"
            : "";
    return "(with r as materialized (from " + relation + ") select " + columns + "_sw_raw, " +
           of_row + " || " + of_sets + " as _sw_reasons, _sw_file, _sw_line from r" + sets + ")";
}

/// Kept rows that are rejected only by what they are together are read from the files again: they
/// are not kept as they stand there.
DataResult<std::string> rows_of_sets(Validation& validation, const Rejection& rejection) {
    SW_TRY(validation.connection->execute(
        "create or replace temp table _sw_set_rows as select distinct _sw_file, _sw_line from "
        "_sw_sets where (_sw_file, _sw_line) not in (select (_sw_file, _sw_line) from " +
            validation.rows.relation + " where " + rejection.rows + ")",
        validation.rows.parameters));
    Rejection of_sets;
    of_sets.reasons.clear();
    of_sets.has_sets = true;
    const std::string are_they = is_in(validation, "_sw_set_rows");
    const std::string files = SW_TRY(rows_of_files(validation, are_they));
    return rejected_rows(validation, where(files, are_they), of_sets);
}

}  // namespace

DataResult<void> reject_rows(Validation& validation) {
    const Rejection rejection = SW_TRY(collect_rejection(validation));
    if (!rejection.has_rows && !rejection.has_sets) return {};
    validation.rejecting =
        rejection.rows + (rejection.has_sets ? " or " + is_in(validation, "_sw_sets") : "");
    const bool is_split = rejection.has_sets && validation.marks.is_kept;
    std::string sql =
        rejected_rows(validation,
                      is_split ? kept_rows(validation, rejection.rows)
                               : where(validation.rows.relation, validation.rejecting),
                      rejection);
    if (is_split) sql += " union all " + SW_TRY(rows_of_sets(validation, rejection));
    validation.rejected_table = "_sw_rejected";
    SW_TRY(validation.connection->execute("create or replace temp table _sw_rejected as " + sql,
                                          validation.rows.parameters));
    validation.rejected = SW_TRY(
        validation.connection->query_integer("select count(*) from " + validation.rejected_table));
    return {};
}

}  // namespace stepwell::tasks::data

#include "tasks/validate/validate.hpp"

#include <algorithm>
#include <cmath>

#include "engine/base/digest.hpp"
#include "tasks/sql/column_types.hpp"
#include "tasks/sql/row_copy.hpp"
#include "tasks/validate/kept_rows.hpp"
#include "tasks/validate/standing_verdict.hpp"
#include "tasks/validate/validate_move.hpp"

namespace stepwell::tasks::data {
namespace {

/// Whether a check or an output speaks of a table: then all happens in that table's database.
bool needs_database(const ValidateParameters& parameters) {
    if (parameters.input.uri.is_null() || !parameters.good_table.empty()) return true;
    return std::any_of(parameters.checks.begin(), parameters.checks.end(), [](const Json& check) {
        return check.contains("references") || check.contains("sql");
    });
}

/// Where the rows are checked: in the database of the tables that are spoken of, if that is
/// DuckDB's; else in memory. Sets `rows.connection`.
DataResult<Connection*> connect(DataSession& session, const ValidateParameters& parameters,
                                CheckedRows& rows) {
    if (!needs_database(parameters)) return session.connect_memory();
    std::string name = parameters.connection;
    if (name.empty()) name = parameters.input.connection;
    const auto of_table = [&](const std::string& table) -> DataResult<void> {
        if (!table.empty() && name.empty()) {
            name = SW_TRY(session.table_reference(table, name)).connection;
        }
        return {};
    };
    SW_TRY(of_table(parameters.input.table));
    SW_TRY(of_table(parameters.good_table));
    for (const auto& check : parameters.checks) {
        const Json* references = find(check, "references");
        const Json* to = references == nullptr ? nullptr : find(*references, "to");
        if (to != nullptr) SW_TRY(of_table(string_or(*to, "table", "")));
    }
    auto* connection = SW_TRY(session.connect(name));
    if (connection->dialect() == Dialect::sqlite) return session.connect_memory();
    rows.connection = name.empty() ? "wh" : name;
    return connection;
}

/// Opens a table or query, and gives its rows numbers, so that they can be told apart.
DataResult<Input> open_rows(DataSession& session, Connection& connection,
                            const ValidateParameters& parameters, const std::string& here) {
    std::string name = parameters.input.connection;
    if (name.empty()) name = parameters.connection.empty() ? "wh" : parameters.connection;
    if (!parameters.input.table.empty()) {
        name = SW_TRY(session.table_reference(parameters.input.table, name)).connection;
    }
    Connection* reader = name == here ? &connection : SW_TRY(session.connect(name));
    Input input = SW_TRY(open_raw_input(session, *reader, parameters.input, {}));
    const std::string sql = "select * from " + input.relation + " as input";
    if (reader == &connection) {
        SW_TRY(connection.execute("create temp table _sw_input as " + sql, input.parameters));
    } else {
        SW_TRY(copy_to_duckdb(*reader, sql, input.parameters, connection, "_sw_input"));
        session.note_engine(connection.database());
    }
    input.columns = SW_TRY(connection.describe("select * from _sw_input"));
    input.relation = "(select *, '' as _sw_file, rowid + 1 as _sw_line from _sw_input)";
    input.raw_relation = input.relation;
    input.parameters = Json::object();
    return input;
}

/// The checks that are told from the files alone.
void add_file_checks(Validation& validation) {
    for (const auto& item : validation.parameters.checks) {
        const Json* file_rule = find(item, "file");
        if (file_rule == nullptr) continue;
        Check check;
        check.name = string_or(*file_rule, "name", "file");
        check.kind = "file";
        const bool is_warning = string_or(*file_rule, "on_exceed", "fail") == "warn" ||
                                string_or(*file_rule, "severity", "error") == "warn";
        check.severity = is_warning ? "warn" : "error";
        const auto limit = [&](const char* name) {
            const Json* value = find(*file_rule, name);
            return value == nullptr ? std::nullopt : parse_bytes(*value);
        };
        const auto low = limit("min_bytes");
        const auto high = limit("max_bytes");
        for (const auto& file : validation.input.files) {
            const auto bytes = static_cast<std::int64_t>(file.bytes);
            const bool is_small = low && bytes < *low;
            if (!is_small && !(high && bytes > *high)) continue;
            check.status = is_small ? "fail" : is_warning ? "warn" : "fail";
            check.message = file.uri + " has " + std::to_string(bytes) + " bytes; expected " +
                            (is_small ? "at least " + std::to_string(*low)
                                      : "at most " + std::to_string(*high));
        }
        validation.checks.push_back(std::move(check));
    }
    if (!validation.input.scan) return;
    for (const auto& file : validation.input.scan->files()) {
        if (!file.is_empty) continue;
        Check check;
        check.name = "file.not_empty";
        check.kind = "file";
        check.status = "fail";
        check.message = file.file.uri + " is empty; expected at least a header";
        validation.checks.push_back(std::move(check));
    }
}

/// Columns must be in every file, not only in some.
void add_missing_by_file(Validation& validation) {
    if (!validation.input.scan || validation.input.scan->files().size() < 2) return;
    for (const auto& file : validation.input.scan->files()) {
        if (file.is_empty) continue;
        for (const auto& rule : validation.parameters.columns) {
            const bool is_there =
                std::any_of(file.header.begin(), file.header.end(),
                            [&](auto& name) { return is_same_column(name, rule.name); });
            if (is_there || !rule.is_required) continue;
            Check check;
            check.name = "schema.missing";
            check.kind = "schema";
            check.column = rule.name;
            check.status = "fail";
            check.message = file.file.uri + " lacks column " + rule.name;
            validation.checks.push_back(std::move(check));
        }
    }
}

void fill_result(Validation& validation) {
    Json& result = validation.session.result();
    result["rows"]["read"] = validation.read;
    result["rows"]["good"] = validation.good();
    result["rows"]["rejected"] = validation.rejected;
    const double score = validation.read == 0 ? 1
                                              : static_cast<double>(validation.good()) /
                                                    static_cast<double>(validation.read);
    result["score"] = score;
    result["checks"] = Json::array();
    for (const auto& check : validation.checks) result["checks"].push_back(check.to_json());
}

std::string dataset_of(DataSession& session, const ValidateParameters& parameters) {
    if (!parameters.dataset.empty()) return parameters.dataset;
    const auto& request = session.context().request();
    return request.workflow_name + "/" + request.state_name + " " + to_text(parameters.input.uri);
}

/// What names the input's moves in a verdict that is recorded; the envelope does not have it.
constexpr const char* kPlan = "_moves";

/// A run that came to its verdict and began to move its input judges nothing a second time: what is
/// left of the input is not what it was.
DataResult<std::optional<Json>> earlier_verdict(DataSession& session, MetricsStore& store,
                                                const ValidateParameters& parameters) {
    const bool is_moving = !parameters.move_passed.empty() || !parameters.move_failed.empty();
    if (!is_moving || session.run_key().empty() || parameters.input.uri.is_null()) {
        return std::optional<Json>();
    }
    return store.verdict_of(session.run_key());
}

DataResult<void> repeat_verdict(DataSession& session, Json verdict) {
    const auto moves = moves_from(verdict.value(kPlan, Json::array()));
    verdict.erase(kPlan);
    verdict["replayed"] = true;
    session.result() = std::move(verdict);
    SW_TRY(carry_out(session, moves));
    const Json& result = session.result();
    if (result["status"] != "failed") return {};
    return data_fail(result["code"].get<std::string>(), result["message"].get<std::string>());
}

/// Nothing has changed since the verdict: it is this run's too, with its metrics and reports.
DataResult<void> say_unchanged(DataSession& session, MetricsStore& store,
                               const ValidateParameters& parameters,
                               const StandingVerdict& standing, const KeptVerdict& kept) {
    if (!session.run_key().empty() && kept.run_key == session.run_key()) {
        session.result() = kept.envelope;  // it ended before anybody heard of it
        session.result()["replayed"] = true;
        return {};
    }
    session.note_inputs(standing.files());
    const Json inputs = session.result()["inputs"];
    session.result() = standing.unchanged_result(kept);
    session.result()["inputs"] = inputs;
    SW_TRY(store.record(dataset_of(session, parameters), session.run_key(), kept.metrics));
    return write_reports(session, parameters);
}

DataResult<void> open(Validation& validation, const StandingVerdict& standing) {
    auto& session = validation.session;
    auto& parameters = validation.parameters;
    validation.connection = SW_TRY(connect(session, parameters, validation.rows));
    if (parameters.input.uri.is_null()) {
        validation.input = SW_TRY(
            open_rows(session, *validation.connection, parameters, validation.rows.connection));
    } else {
        auto files = standing.is_certain() ? standing.files()
                                           : SW_TRY(session.input_files(parameters.input.uri));
        validation.input = SW_TRY(
            open_raw_input(session, *validation.connection, parameters.input, std::move(files)));
    }
    make_typed_rows(parameters, validation.input, validation.rows);
    auto known = validation.connection->describe("select * from " + validation.rows.relation,
                                                 validation.rows.parameters);
    if (!known) return data_fail("E_CONFIG", "columns: " + known.error().message);
    return {};
}

DataResult<void> fingerprint(Validation& validation, const Json& parameters,
                             const StandingVerdict& standing) {
    std::string text = to_text(parameters) + "\n" + standing.files_version();
    for (const auto& file : validation.input.files) {
        if (!standing.is_certain()) text += "\n" + file.uri + " " + file.identity;
    }
    if (!validation.rejected_table.empty()) {
        const Json sum = SW_TRY(validation.connection->query_value(
            "select bit_xor(hash(_sw_file, _sw_line)) from " + validation.rejected_table));
        text += "\n" + to_text(sum) + " " + std::to_string(validation.rejected);
    }
    validation.fingerprint = digest_hex("SHA-256", text).value_or("");
    return {};
}

/// Where the input goes by its verdict.
DataResult<std::vector<PlannedMove>> plan_move(Validation& validation, bool has_passed) {
    const auto& parameters = validation.parameters;
    const std::string& rule = has_passed ? parameters.move_passed : parameters.move_failed;
    if (rule.empty()) return std::vector<PlannedMove>();
    return plan_moves(validation.session, validation.input.files, rule);
}

/// Moves the input, as the last thing that happens; the verdict is kept first, because the input
/// is no longer there for a second look.
DataResult<void> finish_move(Validation& validation, MetricsStore& store,
                             const std::vector<PlannedMove>& moves, const DataResult<void>& verdict,
                             const FaultHook& fault_hook) {
    if (moves.empty()) return {};
    Json envelope = validation.session.result();
    if (!verdict) {
        envelope["status"] = "failed";
        envelope["code"] = verdict.error().code;
        envelope["message"] = verdict.error().message;
    }
    envelope[kPlan] = to_json(moves);
    SW_TRY(store.record_verdict(validation.session.run_key(), envelope));
    return carry_out(validation.session, moves, fault_hook);
}

}  // namespace

DataResult<void> run_validate(DataSession& session, const Json& parameters,
                              const FaultHook& fault_hook) {
    Validation validation(session, SW_TRY(ValidateParameters::parse(parameters)));
    MetricsStore store = SW_TRY(MetricsStore::open(session));
    if (auto verdict = SW_TRY(earlier_verdict(session, store, validation.parameters))) {
        return repeat_verdict(session, *std::move(verdict));
    }
    const auto standing = StandingVerdict::of(session, validation.parameters, parameters);
    if (const auto kept = SW_TRY(standing.find(store)))
        return say_unchanged(session, store, validation.parameters, standing, *kept);
    SW_TRY(open(validation, standing));
    const std::string dataset = dataset_of(session, validation.parameters);
    const MetricsHistory history = SW_TRY(store.history(dataset));
    add_file_checks(validation);
    add_missing_by_file(validation);
    auto built = SW_TRY(build_checks(session, *validation.connection, validation.parameters,
                                     validation.rows, history));
    validation.checks.insert(validation.checks.end(), built.begin(), built.end());
    for (Check& check : validation.checks) {
        if (check.is_row_check() && check.skipped.empty()) check.fails = failing_condition(check);
    }
    SW_TRY(keep_rows(validation));

    SW_TRY(run_checks(validation));
    SW_TRY(reject_rows(validation));
    SW_TRY(add_samples(validation));
    SW_ASSERT(validation.good() >= 0);
    fill_result(validation);
    SW_TRY(count_loosened(session, *validation.connection, validation.input));
    DataResult<void> verdict = judge(validation);
    auto planned = plan_move(validation, verdict.has_value());
    if (!planned && verdict) return fail(std::move(planned).error());
    // What is bad stays where it is then; that it is bad matters more.
    if (!planned) verdict.error().message += "; it was not moved: " + planned.error().message;
    const auto moves = planned ? *std::move(planned) : std::vector<PlannedMove>();
    if (validation.parameters.on_fail == "quarantine") SW_TRY(write_quarantine(validation));
    if (verdict) {
        SW_TRY(fingerprint(validation, parameters, standing));
        SW_TRY(write_good(validation));
        SW_TRY(store.record(dataset, session.run_key(), validation.metrics));
    }
    SW_TRY(write_reports(session, validation.parameters));
    SW_TRY(finish_move(validation, store, moves, verdict, fault_hook));
    if (verdict) {
        if (fault_hook) SW_TRY(fault_hook("before the verdict is kept"));
        SW_TRY(standing.keep(store, {session.result(), validation.metrics, session.run_key()},
                             validation.written));
    }
    return verdict;
}

}  // namespace stepwell::tasks::data

// Slowly changing dimension, type 2: one row per version of a thing, the current one marked.
//
// What comes in is compared with the current versions, NULL-safely, and sorted into new, changed
// and unchanged; then the changed versions are closed and the new ones inserted in one transaction
// (one MERGE on DuckDB). A second run with the same rows finds nothing to do.
#include <algorithm>

#include "tasks/etl/etl_run.hpp"
#include "tasks/etl/step_tools.hpp"
#include "tasks/sql/column_types.hpp"
#include "tasks/sql/row_copy.hpp"

namespace stepwell::tasks::etl {
namespace {

using data::data_fail;
using data::DataSession;
using data::quote_identifier;
using data::quote_literal;

class Scd2 {
public:
    Scd2(DataSession& session, const Scd2Target& target, data::Connection& connection,
         std::string table, std::vector<Column> columns)
        : session_(session),
          target_(target),
          connection_(connection),
          table_(std::move(table)),
          columns_(std::move(columns)) {}

    DataResult<void> prepare() {
        SW_TRY(need_columns(columns_, target_.keys, "scd2.keys"));
        SW_TRY(need_columns(columns_, target_.track, "scd2.track"));
        SW_TRY(need_columns(columns_, {target_.effective}, "scd2.effective"));
        for (const auto& column : columns_) {
            const auto is_in = [&](const std::vector<std::string>& names) {
                return std::any_of(names.begin(), names.end(),
                                   [&](const auto& n) { return has_column({column}, n); });
            };
            if (target_.track.empty() && !is_in(target_.keys) && !is_in(target_.ignore) &&
                !has_column({column}, target_.effective))
                tracked_.push_back(column.name);
        }
        if (!target_.track.empty()) tracked_ = target_.track;
        return check_keys();
    }

    /// Makes the table where it is missing: the source's columns and the three of the versions.
    DataResult<void> create_table(bool exists) {
        if (exists) return {};
        std::string definition;
        for (const auto& column : version_columns()) {
            definition += (definition.empty() ? "" : ", ") + quote_identifier(column.name) + " " +
                          (is_sqlite() ? data::sqlite_type(column.type) : column.type);
        }
        SW_TRY(connection_.execute("create table " + table_ + " (" + definition + ")"));
        session_.result()["schema_changes"].push_back(
            {{"op", "create_table"}, {"table", target_.table}});
        return {};
    }

    /// Sorts the source's rows by what is to be done with them.
    DataResult<void> classify() {
        std::string changed;
        for (const auto& name : tracked_)
            changed += (changed.empty() ? "" : " or ") + ("t." + quote_identifier(name)) +
                       distinct() + "s." + quote_identifier(name);
        if (changed.empty()) changed = is_sqlite() ? "0" : "false";
        const std::string is_late =
            "s." + quote_identifier(target_.effective) + " < t." + quote_identifier(target_.from);
        SW_TRY(connection_.execute("drop table if exists " + actions()));
        SW_TRY(connection_.execute(
            "create temp table " + plain(actions()) + " as select s.*, case when t." +
            quote_identifier(target_.from) + " is null then 'new' when not (" + changed +
            ") then 'unchanged' when " + is_late +
            " then 'late' else 'changed' end as _sw_action, s." +
            quote_identifier(target_.effective) + " as _sw_from from " + source() +
            " s left join " + table_ + " t on " + same_key("t", "s") + " and t." +
            quote_identifier(target_.current)));
        SW_TRY(date_returns());
        for (const char* action : {"new", "changed", "unchanged", "late"}) {
            counts_[action] = SW_TRY(connection_.query_integer(
                "select count(*) from " + actions() + " where _sw_action = $action",
                {{"action", action}}));
        }
        if (counts_["late"] == 0 || target_.late_rows == "reject") return {};
        return data_fail("E_CONFLICT", "scd2: " + counts_["late"].dump() +
                                           " rows are older than the current version of their key; "
                                           "set late_rows: reject to leave them out");
    }

    DataResult<void> apply() {
        if (target_.closes_deleted) SW_TRY(close_deleted());
        if (counts_["new"] == 0 && counts_["changed"] == 0) return {};
        return is_sqlite() ? update_and_insert() : merge();
    }

    void report(std::int64_t read) {
        const Json& n = counts_;
        const std::int64_t inserted =
            n["new"].get<std::int64_t>() + n["changed"].get<std::int64_t>();
        session_.result()["scd2"] = {{"inserted", n["new"]},
                                     {"closed", n["changed"]},
                                     {"unchanged", n["unchanged"]},
                                     {"deleted", deleted_},
                                     {"late", n["late"]}};
        session_.count("rows", "read", read);
        session_.count("rows", "good", read - n["late"].get<std::int64_t>());
        session_.count("rows", "rejected", n["late"]);
        session_.count("rows", "inserted", inserted);
        session_.count("rows", "updated", n["changed"].get<std::int64_t>() + deleted_);
        session_.count("rows", "unchanged", n["unchanged"]);
        session_.result()["unchanged"] = inserted == 0 && deleted_ == 0;
        session_.result()["outputs"].push_back({{"table", target_.table}, {"rows", inserted}});
    }

    /// The temporary table with the source's rows.
    [[nodiscard]] std::string source() const {
        return is_sqlite() ? "temp._sw_scd2_source" : "_sw_scd2_source";
    }
    [[nodiscard]] static std::string plain(const std::string& table) {
        return table.substr(table.find('.') == std::string::npos ? 0 : table.find('.') + 1);
    }

private:
    [[nodiscard]] bool is_sqlite() const { return connection_.dialect() == data::Dialect::sqlite; }
    [[nodiscard]] std::string distinct() const {
        return is_sqlite() ? " is not " : " is distinct from ";
    }
    [[nodiscard]] std::string actions() const {
        return is_sqlite() ? "temp._sw_scd2_actions" : "_sw_scd2_actions";
    }
    [[nodiscard]] std::string open_end() const {
        return target_.open_end.empty() ? "null"
               : is_sqlite()
                   ? quote_literal(target_.open_end)
                   : "cast(" + quote_literal(target_.open_end) + " as " + effective_type() + ")";
    }
    [[nodiscard]] std::string effective_type() const {
        for (const auto& column : columns_) {
            if (has_column({column}, target_.effective)) return column.type;
        }
        return "date";
    }
    /// The source's columns, then from, to and current where it does not have them itself.
    [[nodiscard]] std::vector<Column> version_columns() const {
        std::vector<Column> all = columns_;
        const auto add = [&](const std::string& name, const std::string& type) {
            if (!has_column(all, name)) all.push_back({name, type});
        };
        add(target_.from, effective_type());
        add(target_.to, effective_type());
        add(target_.current, "boolean");
        return all;
    }
    [[nodiscard]] std::string same_key(const std::string& left, const std::string& right) const {
        std::vector<std::string> terms;
        for (const auto& key : target_.keys)
            terms.push_back(left + "." + quote_identifier(key) + " = " + right + "." +
                            quote_identifier(key));
        return joined(terms, " and ");
    }
    DataResult<void> check_keys() {
        const std::string keys = data::quoted_list(target_.keys);
        const auto doubled =
            SW_TRY(connection_.query("select " + keys + ", count(*) as row_count from " + source() +
                                     " group by " + keys + " having count(*) > 1 limit 5"));
        if (!doubled.rows.empty()) {
            return data_fail(
                "E_DUPLICATE_KEY",
                "scd2: expected one row per key, but some keys come more than once, for example " +
                    to_text(doubled.objects()[0]) + "; add a dedupe step");
        }
        std::vector<std::string> nulls;
        for (const auto& key : target_.keys) nulls.push_back(quote_identifier(key) + " is null");
        nulls.push_back(quote_identifier(target_.effective) + " is null");
        const auto missing = SW_TRY(connection_.query_integer("select count(*) from " + source() +
                                                              " where " + joined(nulls, " or ")));
        if (missing == 0) return {};
        return data_fail("E_QUALITY", "scd2: " + std::to_string(missing) +
                                          " rows have a NULL in a key or in '" + target_.effective +
                                          "'");
    }
    /// The values of a new version, in the order of version_columns(), from the alias `s`.
    [[nodiscard]] std::string new_version(const std::string& alias) const {
        std::vector<std::string> values;
        for (const auto& column : version_columns()) {
            if (has_column({column}, target_.to))
                values.push_back(open_end());
            else if (has_column({column}, target_.current))
                values.emplace_back(is_sqlite() ? "1" : "true");
            else if (has_column({column}, target_.from))
                values.push_back(alias + "._sw_from");
            else
                values.push_back(alias + "." + quote_identifier(column.name));
        }
        return joined(values);
    }
    [[nodiscard]] std::string version_names() const {
        std::vector<std::string> names;
        for (const auto& column : version_columns()) names.push_back(column.name);
        return data::quoted_list(names);
    }
    /// A key that was closed and comes back was gone in between: where its own date is not after
    /// the end of its last version, the new one begins with the newest date of the source, as
    /// closing takes it.
    DataResult<void> date_returns() {
        const std::string end = "(select max(t." + quote_identifier(target_.to) + ") from " +
                                table_ + " t where " + same_key("t", "a") + ")";
        const std::string newest =
            "(select max(" + quote_identifier(target_.effective) + ") from " + source() + ")";
        SW_TRY(connection_.execute("update " + actions() + " as a set _sw_from = case when " +
                                   newest + " > " + end + " then " + newest + " else " + end +
                                   " end where _sw_action = 'new' and _sw_from <= " + end));
        return {};
    }
    DataResult<void> merge() {
        std::vector<std::string> match;
        std::string keys;
        std::string no_keys;
        for (std::size_t i = 0; i < target_.keys.size(); ++i) {
            const std::string name = "_sw_key_" + std::to_string(i);
            match.push_back("t." + quote_identifier(target_.keys[i]) + " = s." + name);
            keys += ", " + quote_identifier(target_.keys[i]) + " as " + name;
            no_keys += ", null as " + name;
        }
        // A changed thing comes twice: with its key it closes the version it matches, without one
        // it matches nothing and is inserted.
        const std::string versions = "select *" + keys + " from " + actions() +
                                     " where _sw_action in ('new', 'changed') union all select *" +
                                     no_keys + " from " + actions() +
                                     " where _sw_action = 'changed'";
        SW_TRY(connection_.execute(
            "merge into " + table_ + " t using (" + versions + ") s on " + joined(match, " and ") +
            " and t." + quote_identifier(target_.current) + " when matched then update set " +
            quote_identifier(target_.to) + " = s." + quote_identifier(target_.effective) + ", " +
            quote_identifier(target_.current) + " = false when not matched then insert (" +
            version_names() + ") values (" + new_version("s") + ")"));
        return {};
    }
    DataResult<void> update_and_insert() {
        SW_TRY(connection_.execute(
            "update " + table_ + " as t set " + quote_identifier(target_.to) + " = s." +
            quote_identifier(target_.effective) + ", " + quote_identifier(target_.current) +
            " = 0 from " + actions() + " s where s._sw_action = 'changed' and t." +
            quote_identifier(target_.current) + " and " + same_key("t", "s")));
        SW_TRY(connection_.execute("insert into " + table_ + " (" + version_names() + ") select " +
                                   new_version("s") + " from " + actions() +
                                   " s where s._sw_action in ('new', 'changed')"));
        return {};
    }
    DataResult<void> close_deleted() {
        const std::string latest =
            "(select max(" + quote_identifier(target_.effective) + ") from " + source() + ")";
        deleted_ = SW_TRY(connection_.execute(
            "update " + table_ + " as t set " + quote_identifier(target_.to) + " = " + latest +
            ", " + quote_identifier(target_.current) + " = " + (is_sqlite() ? "0" : "false") +
            " where t." + quote_identifier(target_.current) + " and exists (select 1 from " +
            source() + ") and not exists (select 1 from " + source() + " s where " +
            same_key("t", "s") + ")"));
        return {};
    }

    DataSession& session_;
    const Scd2Target& target_;
    data::Connection& connection_;
    std::string table_;
    std::vector<Column> columns_;
    std::vector<std::string> tracked_;
    Json counts_ = Json::object();
    std::int64_t deleted_ = 0;
};

/// Puts the pipeline's rows into a temporary table beside the target.
DataResult<std::int64_t> bring_source(Pipeline& pipeline, data::Connection& target) {
    if (&pipeline.connection() == &target) {
        SW_TRY(target.execute("create or replace temp table _sw_scd2_source as " +
                                  pipeline.query("select * from this"),
                              pipeline.parameters()));
        return target.query_integer("select count(*) from _sw_scd2_source");
    }
    std::string definition;
    for (const auto& column : pipeline.columns())
        definition += (definition.empty() ? "" : ", ") + quote_identifier(column.name) + " " +
                      data::sqlite_type(column.type);
    SW_TRY(target.execute("drop table if exists temp._sw_scd2_source"));
    SW_TRY(target.execute("create temp table _sw_scd2_source (" + definition + ")"));
    return data::copy_rows(pipeline.connection(), pipeline.query("select * from this"),
                           pipeline.parameters(), target, "temp._sw_scd2_source");
}

}  // namespace

DataResult<void> run_scd2(DataSession& session, const EtlParameters& parameters,
                          const Json& raw_parameters) {
    const Scd2Target& target = *parameters.scd2;
    const auto reference = SW_TRY(session.table_reference(target.table, target.connection));
    data::Connection* connection = SW_TRY(session.connect(reference.connection));
    const bool is_sqlite = connection->dialect() == data::Dialect::sqlite;
    if (SW_TRY(data::is_replayed(session, *connection))) {
        session.result()["unchanged"] = true;
        return {};
    }
    OpenedInputs opened = SW_TRY(open_inputs(session, parameters, raw_parameters, Json::object(),
                                             is_sqlite ? "" : reference.connection));
    SW_TRY(count_left_out(session, parameters, opened));
    Pipeline pipeline(*opened.connection, parameters.params);
    StepCounts counts = SW_TRY(run_steps(parameters, opened, pipeline, Reading::often));
    if (opened.connection->dialect() == connection->dialect()) connection = opened.connection;
    const std::int64_t rows = SW_TRY(bring_source(pipeline, *connection));
    counts.finish(rows);
    SW_TRY(check_expected(parameters, rows));
    if (!is_sqlite)
        SW_TRY(run_checks(session, pipeline, parameters.checks, "_sw_scd2_source", rows));
    else
        SW_TRY(run_checks(session, pipeline, parameters.checks,
                          "(" + pipeline.query("select * from this") + ")", rows));
    const auto lock = SW_TRY(session.lock_table(reference));
    Scd2 scd2(session, target, *connection,
              data::quote_table(reference.name, connection->dialect()), pipeline.columns());
    SW_TRY(scd2.prepare());
    if (!reference.name.schema.empty() && !is_sqlite)
        SW_TRY(connection->execute("create schema if not exists " +
                                   quote_identifier(reference.name.schema)));
    auto transaction = SW_TRY(data::Transaction::begin(*connection));
    const bool exists = SW_TRY(connection->has_table(reference.name));
    SW_TRY(scd2.create_table(exists));
    SW_TRY(scd2.classify());
    SW_TRY(scd2.apply());
    SW_TRY(data::record_commit(session, *connection, reference.display()));
    SW_TRY(transaction.commit());
    session.result()["steps"] = counts.to_json();
    counts.report_loosened(session);
    scd2.report(rows);
    return {};
}

}  // namespace stepwell::tasks::etl

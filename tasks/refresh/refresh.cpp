#include "tasks/refresh/refresh.hpp"

#include <fnmatch.h>

#include <algorithm>

#include "tasks/refresh/refresh_shape.hpp"
#include "tasks/refresh/view_graph.hpp"
#include "tasks/support/parameters.hpp"

namespace stepwell::tasks::data {
namespace {

struct RefreshParameters {
    std::string connection;
    std::vector<std::pair<std::string, std::string>> definitions;  // name, SQL
    std::vector<std::string> patterns;                             // names and globs
    std::string mode = "auto";
    bool is_cascading = true;
    bool is_only_if_stale = false;
    std::string key;  // of incremental
    std::int64_t window_seconds = -1;

    static DataResult<RefreshParameters> parse(const Json& parameters);
};

void read_views(ParameterReader& read, RefreshParameters& refresh) {
    const Json* views = read.any("views");
    if (views == nullptr) return;
    std::size_t index = 0;
    for (const auto& view : views->is_array() ? *views : Json::array({*views})) {
        const std::string place = "views[" + std::to_string(index++) + "]";
        if (view.is_string()) {
            refresh.patterns.push_back(view.get<std::string>());
            continue;
        }
        ParameterReader one(view, view_shape(), place, read.faults());
        const std::string name = one.text("name");
        refresh.definitions.emplace_back(name, one.text("sql"));
        refresh.patterns.push_back(name);
        one.finish();
    }
}

DataResult<RefreshParameters> RefreshParameters::parse(const Json& parameters) {
    Faults faults;
    ParameterReader read = ParameterReader::checked(parameters, refresh_shape(), "", faults);
    RefreshParameters refresh;
    refresh.connection = read.text("connection");
    read_views(read, refresh);
    refresh.mode = read.text("mode");
    refresh.is_cascading = read.flag("cascade");
    refresh.is_only_if_stale = read.flag("only_if_stale");
    ParameterReader incremental = read.object("incremental");
    refresh.key = incremental.text("key");
    if (const Json* window = incremental.any("window")) {
        refresh.window_seconds = parse_duration(*window).value_or(-1);
    }
    incremental.finish();
    if (refresh.mode == "incremental" && refresh.key.empty()) {
        read.fault("incremental", "mode incremental expects incremental.key");
    }
    read.integer("max_parallel");
    read.finish();
    SW_TRY(faults.result());
    return refresh;
}

class Refresher {
public:
    Refresher(DataSession& session, RefreshParameters refresh, const FaultHook& fault_hook)
        : session_(session), refresh_(std::move(refresh)), fault_hook_(fault_hook) {}
    DataResult<void> run();

private:
    struct Outcome {
        std::string mode;
        std::string reason;
        std::int64_t rows = 0;
        std::int64_t changed = 0;
    };

    /// What is known of a view before it is refreshed.
    struct Staleness {
        std::optional<bool> is_stale;  // nothing where nobody asked
        std::string reason;
        std::string versions;  // to be recorded
    };

    DataResult<void> define();
    bool waits(const StoredView& view);
    DataResult<void> check_inputs(const StoredView& view);
    DataResult<Staleness> staleness_of(const StoredView& view, bool exists);
    DataResult<void> reached(const std::string& point) {
        return fault_hook_ ? fault_hook_(point) : DataResult<void>();
    }
    [[nodiscard]] std::string range_of(const std::string& table) const;
    [[nodiscard]] std::string groups_of(const std::string& table, const std::string& range,
                                        const std::vector<Column>& columns) const;
    DataResult<std::set<std::string>> choose();
    DataResult<void> refresh_one(const StoredView& view);
    DataResult<Outcome> rebuild(const StoredView& view, const TableReference& table);
    DataResult<Outcome> rebuild_full(const StoredView& view, const TableReference& table);
    DataResult<Outcome> rebuild_changed(const StoredView& view, const TableReference& table);
    DataResult<std::vector<std::string>> drop_indexes(const TableName& table);
    [[nodiscard]] std::string normal_name(const std::string& name) const;

    DataSession& session_;
    RefreshParameters refresh_;
    const FaultHook& fault_hook_;
    Connection* connection_ = nullptr;
    std::string connection_name_;
    std::map<std::string, StoredView> views_;
    std::map<std::string, std::string> catalog_;
    std::set<std::string> failed_;
};

/// Without the connection in front.
std::string Refresher::normal_name(const std::string& name) const {
    const std::string prefix = connection_name_ + ".";
    return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

DataResult<void> Refresher::define() {
    // Definitions are kept in the database, and read again without this task.
    if (session_.context().request().has_secrets && !refresh_.definitions.empty()) {
        return data_fail("E_CONFIG", "expected no secret in the definition of a view");
    }
    SW_TRY(make_view_table(*connection_));
    for (auto& [name, sql] : refresh_.definitions) {
        // Alone, so that it is one whole query; what it lacks is reported when it is refreshed.
        auto described = connection_->describe(sql);
        const bool is_config = !described && described.error().code == "E_CONFIG" &&
                               described.error().message.find("syntax") != std::string::npos;
        if (is_config) return fail(std::move(described).error().within("view " + name));
        SW_TRY(define_view(*connection_, normal_name(name), sql));
    }
    for (auto& pattern : refresh_.patterns) pattern = normal_name(pattern);
    views_ = SW_TRY(read_views(*connection_));
    catalog_ = SW_TRY(read_catalog(*connection_));
    std::set<std::string> names;
    for (const auto& [name, ignored] : catalog_) names.insert(name);
    for (const auto& [name, ignored] : views_) names.insert(name);
    for (auto& [name, view] : views_) {
        view.inputs = mentioned(view.sql, names);
        view.inputs.erase(name);
    }
    return {};
}

DataResult<std::set<std::string>> Refresher::choose() {
    std::set<std::string> wanted;
    for (const auto& pattern : refresh_.patterns) {
        bool has_any = false;
        for (const auto& [name, ignored] : views_) {
            if (fnmatch(pattern.c_str(), name.c_str(), 0) != 0) continue;
            wanted.insert(name);
            has_any = true;
        }
        if (has_any) continue;
        return data_fail("E_NOT_FOUND", "expected a view '" + pattern +
                                            "', but none is defined; give it as {name, sql} once");
    }
    if (!refresh_.is_cascading) return wanted;
    // What the wanted ones are made of, and what is made of them.
    for (bool has_grown = true; has_grown;) {
        const auto before = wanted.size();
        for (const auto& [name, view] : views_) {
            const bool is_above = std::any_of(view.inputs.begin(), view.inputs.end(),
                                              [&](auto& input) { return wanted.contains(input); });
            if (is_above) wanted.insert(name);
            if (!wanted.contains(name)) continue;
            for (const auto& input : view.inputs) {
                if (views_.contains(input)) wanted.insert(input);
            }
        }
        has_grown = wanted.size() != before;
    }
    return wanted;
}

DataResult<std::vector<std::string>> Refresher::drop_indexes(const TableName& table) {
    std::vector<std::string> created;
    if (connection_->dialect() == Dialect::sqlite) {
        const Rows rows = SW_TRY(connection_->query(
            "select name, sql from sqlite_schema where type = 'index' and tbl_name = $table and "
            "sql is not null",
            {{"table", table.display()}}));
        for (const auto& row : rows.rows) created.push_back(row[1].get<std::string>());
        return created;  // they go with the table
    }
    const Rows rows = SW_TRY(connection_->query(
        "select index_name, sql, schema_name from duckdb_indexes() where table_name = $table and "
        "schema_name = case when $schema = '' then current_schema() else $schema end and sql is "
        "not null",
        {{"table", table.table}, {"schema", table.schema}}));
    for (const auto& row : rows.rows) {
        created.push_back(row[1].get<std::string>());
        SW_TRY(connection_->execute("drop index " + quote_identifier(row[2].get<std::string>()) +
                                    "." + quote_identifier(row[0].get<std::string>())));
    }
    return created;
}

/// A new table beside the old one, which it then replaces: readers see one or the other.
DataResult<Refresher::Outcome> Refresher::rebuild_full(const StoredView& view,
                                                       const TableReference& table) {
    const Dialect dialect = connection_->dialect();
    TableName fresh = table.name;
    fresh.table += "__new";
    const std::string name = quote_table(table.name, dialect);
    const std::string fresh_name = quote_table(fresh, dialect);
    SW_TRY(connection_->execute("drop table if exists " + fresh_name));
    SW_TRY(connection_->execute("create table " + fresh_name + " as select * from (" + view.sql +
                                "\n) as definition"));
    const auto indexes = SW_TRY(drop_indexes(table.name));
    SW_TRY(connection_->execute("drop table if exists " + name));
    const std::string renamed =
        quote_identifier(dialect == Dialect::sqlite ? table.name.display() : table.name.table);
    SW_TRY(connection_->execute("alter table " + fresh_name + " rename to " + renamed));
    for (const auto& index : indexes) SW_TRY(connection_->execute(index));
    Outcome outcome;
    outcome.mode = "full";
    outcome.rows = SW_TRY(connection_->query_integer("select count(*) from " + name));
    outcome.changed = outcome.rows;
    return outcome;
}

/// The rows to look at: keys within the window, and those that are NULL or have nothing to be
/// compared with.
std::string Refresher::range_of(const std::string& table) const {
    if (refresh_.window_seconds < 0) return {};
    const std::string key = quote_identifier(refresh_.key);
    const std::string seconds = std::to_string(refresh_.window_seconds);
    const std::string oldest = connection_->dialect() == Dialect::sqlite
                                   ? "datetime(max(" + key + "), '-" + seconds + " seconds')"
                                   : "max(" + key + ") - interval " + seconds + " seconds";
    return " where (" + key + " >= (select " + oldest + " from " + table + ")) is not false";
}

/// For each group, how many rows it has and what they are.
std::string Refresher::groups_of(const std::string& table, const std::string& range,
                                 const std::vector<Column>& columns) const {
    const std::string key = quote_identifier(refresh_.key);
    std::vector<std::string> names;
    for (const auto& column : columns) names.push_back(column.name);
    const std::string hash = connection_->dialect() == Dialect::sqlite
                                 ? "stepwell_rows_hash(" + quoted_list(names) + ")"
                                 : "sum(hash(" + quoted_list(names) + "))";
    return "select " + key + " as changed_key, count(*) as n, " + hash + " as h from " + table +
           range + " group by " + key;
}

/// Only the groups whose rows differ are written again.
DataResult<Refresher::Outcome> Refresher::rebuild_changed(const StoredView& view,
                                                          const TableReference& table) {
    const std::string name = quote_table(table.name, connection_->dialect());
    const std::string key = quote_identifier(refresh_.key);
    const std::string range = range_of(name);
    const auto columns = SW_TRY(connection_->table_columns(table.name));
    SW_TRY(connection_->execute("drop table if exists _sw_fresh"));
    // With the table's types, so that equal rows have equal hashes.
    SW_TRY(
        connection_->execute("create temp table _sw_fresh as select * from " + name + " limit 0"));
    SW_TRY(connection_->execute("insert into _sw_fresh select * from (" + view.sql +
                                "\n) as definition" + range));
    SW_TRY(connection_->execute("drop table if exists _sw_changed"));
    const std::string fresh = groups_of("_sw_fresh", "", columns);
    const std::string old = groups_of(name, range, columns);
    SW_TRY(connection_->execute(
        "create temp table _sw_changed as select distinct changed_key from (select * from (" +
        fresh + " except " + old + ") as added union all select * from (" + old + " except " +
        fresh + ") as gone) as differing"));
    const std::string is_changed =
        " where exists (select 1 from _sw_changed where changed_key is "
        "not distinct from " +
        key + ")";
    SW_TRY(connection_->execute("delete from " + name + is_changed));
    SW_TRY(connection_->execute("insert into " + name + " select * from _sw_fresh" + is_changed));
    Outcome outcome;
    outcome.mode = "incremental";
    outcome.rows = SW_TRY(connection_->query_integer("select count(*) from " + name));
    outcome.changed = SW_TRY(connection_->query_integer("select count(*) from _sw_changed"));
    const auto groups = SW_TRY(connection_->query_integer("select count(*) from (select distinct " +
                                                          key + " from " + name + ") as g"));
    outcome.reason =
        std::to_string(outcome.changed) + " of " + std::to_string(groups) + " groups changed";
    SW_TRY(connection_->execute("drop table _sw_fresh"));
    SW_TRY(connection_->execute("drop table _sw_changed"));
    return outcome;
}

DataResult<Refresher::Outcome> Refresher::rebuild(const StoredView& view,
                                                  const TableReference& table) {
    const bool exists = SW_TRY(connection_->has_table(table.name));
    bool is_incremental = exists && !view.versions.empty() && !refresh_.key.empty() &&
                          (refresh_.mode == "auto" || refresh_.mode == "incremental");
    if (is_incremental) {
        const auto fresh = SW_TRY(connection_->describe(view.sql));
        const auto old = SW_TRY(connection_->table_columns(table.name));
        const bool has_key = std::any_of(fresh.begin(), fresh.end(), [&](const Column& column) {
            return column.name == refresh_.key;
        });
        if (!has_key) {
            return data_fail("E_CONFIG",
                             "expected the key '" + refresh_.key + "' to be a column of the view");
        }
        is_incremental = fresh.size() == old.size();
    }
    return is_incremental ? rebuild_changed(view, table) : rebuild_full(view, table);
}

/// Whether the view has to wait for what failed before it; then it fails for others, too.
bool Refresher::waits(const StoredView& view) {
    for (const auto& input : view.inputs) {
        if (!failed_.contains(input)) continue;
        failed_.insert(view.name);
        session_.result()["skipped"].push_back(
            {{"name", view.name}, {"reason", input + " is not up to date"}});
        return true;
    }
    return false;
}

/// A view that is defined, but no table yet, is nothing to read from.
DataResult<void> Refresher::check_inputs(const StoredView& view) {
    for (const auto& input : view.inputs) {
        if (catalog_.contains(input)) continue;
        return data_fail("E_NOT_FOUND", "expected its input " + input +
                                            ", but that view was never refreshed; refresh it, "
                                            "too (cascade: true)");
    }
    return {};
}

/// Of what it is made: asked only where it matters, because it reads all of it.
DataResult<Refresher::Staleness> Refresher::staleness_of(const StoredView& view, bool exists) {
    Staleness state;
    if (!refresh_.is_only_if_stale) {
        state.reason = !exists                 ? "it was not there"
                       : view.versions.empty() ? "its definition is new"
                                               : "asked for";
        state.versions = kUnknownVersions;
        return state;
    }
    const auto versions = SW_TRY(input_versions(*connection_, view, catalog_));
    state.versions = versions.value_or(kUnknownVersions);
    state.is_stale = !exists || !versions || state.versions != view.versions;
    state.reason = !exists                 ? "it was not there"
                   : view.versions.empty() ? "its definition is new"
                   : !versions             ? "its inputs may change unseen"
                                           : "its inputs changed";
    return state;
}

DataResult<void> Refresher::refresh_one(const StoredView& view) {
    const auto begun = std::chrono::steady_clock::now();
    Json& result = session_.result();
    if (waits(view)) return {};
    SW_TRY(check_inputs(view));
    const auto table = SW_TRY(session_.table_reference(view.name, connection_name_));
    const auto guard = SW_TRY(session_.lock_table(table));
    const bool exists = SW_TRY(connection_->has_table(table.name));
    const Staleness state = SW_TRY(staleness_of(view, exists));
    if (state.is_stale == false) {
        result["skipped"].push_back({{"name", view.name}, {"reason", "fresh"}});
        return {};
    }
    if (!table.name.schema.empty() && connection_->dialect() == Dialect::duckdb) {
        SW_TRY(connection_->execute("create schema if not exists " +
                                    quote_identifier(table.name.schema)));
    }
    auto transaction = SW_TRY(Transaction::begin(*connection_));
    Outcome outcome = SW_TRY(rebuild(view, table));
    SW_TRY(reached("rebuilt " + view.name));
    SW_TRY(record_refresh(*connection_, view, state.versions));
    SW_TRY(reached("recorded " + view.name));
    SW_TRY(transaction.commit());
    SW_TRY(reached("committed " + view.name));
    catalog_[view.name] = "";
    const auto taken = std::chrono::steady_clock::now() - begun;
    result["views"].push_back(
        {{"name", view.name},
         {"mode", outcome.mode},
         {"reason", outcome.reason.empty() ? state.reason : outcome.reason},
         {"rows", outcome.rows},
         {"changed", outcome.changed},
         {"ms", std::chrono::duration_cast<std::chrono::milliseconds>(taken).count()},
         {"stale_before", state.is_stale ? Json(*state.is_stale) : Json()}});
    session_.count("rows", "inserted", outcome.changed);
    return {};
}

DataResult<void> Refresher::run() {
    Json& result = session_.result();
    result["views"] = Json::array();
    result["skipped"] = Json::array();
    connection_name_ = refresh_.connection.empty() ? "wh" : refresh_.connection;
    connection_ = SW_TRY(session_.connect(connection_name_));
    SW_TRY(define());
    const auto wanted = SW_TRY(choose());
    const auto order = SW_TRY(order_of(views_, wanted));
    result["order"] = order;
    std::optional<DataError> first;
    for (const auto& name : order) {
        auto done = refresh_one(views_.at(name));
        if (done) continue;
        failed_.insert(name);
        result["views"].push_back(
            {{"name", name}, {"mode", "failed"}, {"reason", done.error().message}});
        if (done.error().code == "E_CANCELLED") return done;
        if (!first) first = std::move(done).error().within("view " + name);
    }
    if (first) return fail(*std::move(first));
    return {};
}

}  // namespace

DataResult<void> run_refresh(DataSession& session, const Json& parameters,
                             const FaultHook& fault_hook) {
    return Refresher(session, SW_TRY(RefreshParameters::parse(parameters)), fault_hook).run();
}

}  // namespace stepwell::tasks::data

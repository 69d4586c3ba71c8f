#include "tasks/load/load.hpp"

#include <algorithm>
#include <atomic>

#include "tasks/data/file_ledger.hpp"
#include "tasks/data/type_inference.hpp"
#include "tasks/load/load_statements.hpp"
#include "tasks/sql/column_types.hpp"
#include "tasks/sql/row_copy.hpp"
#include "tasks/wall_clock.hpp"

namespace stepwell::tasks::data {
namespace {

class Loader {
public:
    Loader(DataSession& session, LoadParameters load) : session_(session), load_(std::move(load)) {}
    DataResult<void> run();

private:
    DataResult<void> connect();
    DataResult<bool> choose_files();
    DataResult<void> open();
    DataResult<void> declare_types(const Input& raw);
    DataResult<void> stage();
    [[nodiscard]] std::string latest_order() const;
    [[nodiscard]] std::vector<std::string> staged_columns() const;
    [[nodiscard]] std::string selection(const std::vector<Column>& columns) const;
    [[nodiscard]] bool needs_stage() const;
    DataResult<void> write();
    /// All that is done to the target, in one transaction.
    DataResult<LoadCounts> write_all(const LoadPlan& plan);
    DataResult<std::int64_t> count_source();
    DataResult<void> finish(const LoadCounts& counts);
    DataResult<void> run_after();
    void add_audit_columns();

    DataSession& session_;
    LoadParameters load_;
    TableReference target_;
    Connection* writer_ = nullptr;  // the target's
    Connection* reader_ = nullptr;  // the input's; often the same
    std::vector<InputFile> files_;
    std::vector<Column> existing_;
    Input input_;
    std::vector<Column> columns_;  // the input's, with the audit columns
    std::string select_;           // the source's columns out of the input
    LoadSource source_;            // on the writer
    std::shared_ptr<void> lock_;
    std::int64_t rows_ = 0;  // read, good
    bool is_void_ = false;   // there is nothing to load
};

DataResult<void> Loader::connect() {
    target_ = SW_TRY(session_.table_reference(load_.target, load_.connection));
    writer_ = SW_TRY(session_.connect(target_.connection));
    const bool is_files = !load_.input.uri.is_null();
    if (is_files) {
        const bool is_duckdb = writer_->dialect() == Dialect::duckdb;
        reader_ = is_duckdb ? writer_ : SW_TRY(session_.connect_memory());
        session_.note_engine(writer_->database());
        return {};
    }
    std::string name = load_.input.connection.empty() ? target_.connection : load_.input.connection;
    if (!load_.input.table.empty()) {
        name = SW_TRY(session_.table_reference(load_.input.table, name)).connection;
    }
    reader_ = name == target_.connection ? writer_ : SW_TRY(session_.connect(name));
    session_.note_engine(writer_->database());
    return {};
}

/// False where there is nothing to do.
DataResult<bool> Loader::choose_files() {
    if (load_.input.uri.is_null()) return true;
    files_ = SW_TRY(session_.input_files(load_.input.uri));
    if (!load_.input.is_changed_only || files_.empty()) return true;
    const auto all = files_.size();
    files_ = SW_TRY(changed_files(session_, *writer_, target_.display(), files_));
    session_.count("files", "unchanged", static_cast<std::int64_t>(all - files_.size()));
    if (!files_.empty()) return true;
    session_.result()["message"] = "no file has changed since the last load";
    return false;
}

/// SQLite's numbers end at 64 bits and 15 digits: longer ones are only whole as texts.
void keep_long_numbers_as_texts(const Json& declared, Json& columns) {
    for (auto& [name, type] : columns.items()) {
        if (declared.contains(name)) continue;
        const std::string inferred = type.get<std::string>();
        if (inferred == "hugeint" || decimal_type(inferred)) type = "varchar";
    }
}

/// Text columns take the target's types; where there is no target yet, those of their values.
DataResult<void> Loader::declare_types(const Input& raw) {
    if (!raw.is_text) return {};
    // An array without objects has no columns, and needs none where rows are only added.
    const bool is_adding = load_.mode != "truncate" && load_.mode != "replace";
    is_void_ = raw.columns.empty() && raw.format == "json" && is_adding && !existing_.empty();
    if (is_void_) return {};
    const bool has_types = !existing_.empty() && writer_->dialect() == Dialect::duckdb;
    if (!has_types) {
        const Json declared = load_.input.columns;
        SW_TRY(infer_types(*reader_, raw, load_.input));
        if (writer_->dialect() == Dialect::sqlite)
            keep_long_numbers_as_texts(declared, load_.input.columns);
        return {};
    }
    for (const auto& column : raw.columns) {
        const bool is_declared =
            std::any_of(load_.input.columns.items().begin(), load_.input.columns.items().end(),
                        [&](const auto& item) { return is_same_column(item.key(), column.name); });
        const auto own = std::find_if(existing_.begin(), existing_.end(), [&](const Column& other) {
            return is_same_column(other.name, column.name);
        });
        if (!is_declared && own != existing_.end()) load_.input.columns[column.name] = own->type;
    }
    return infer_types(*reader_, raw, load_.input);
}

void Loader::add_audit_columns() {
    const auto add = [&](const std::string& name, const std::string& type, const std::string& sql) {
        if (name.empty()) return;
        select_ += ", " + sql + " as " + quote_identifier(name);
        columns_.push_back({name, type});
    };
    const auto now = wall_clock();
    std::string stamp = to_iso8601(now);
    stamp[10] = ' ';
    while (!stamp.empty() && stamp.back() == 'Z') stamp.pop_back();
    const bool is_duckdb = reader_->dialect() == Dialect::duckdb;
    add(load_.loaded_at_column, "timestamp",
        is_duckdb ? "timestamp " + quote_literal(stamp) : quote_literal(stamp));
    add(load_.file_column, "varchar", input_.files.empty() ? "null" : "_sw_file");
    add(load_.run_id_column, "varchar", quote_literal(session_.context().request().execution_arn));
}

DataResult<void> Loader::open() {
    const bool exists = SW_TRY(writer_->has_table(target_.name));
    if (exists && load_.mode != "replace") {
        existing_ = SW_TRY(writer_->table_columns(target_.name));
    }
    if (!exists && !load_.is_created) {
        return data_fail("E_NOT_FOUND", "expected table '" + target_.display() +
                                            "', but there is none, and create is never");
    }
    Input raw = SW_TRY(open_raw_input(session_, *reader_, load_.input, files_));
    if (!files_.empty()) SW_TRY(declare_types(raw));
    if (is_void_) return {};
    input_ = SW_TRY(with_types(*reader_, load_.input, std::move(raw)));
    columns_ = input_.columns;
    if (reader_->dialect() == Dialect::sqlite) {
        columns_ = SW_TRY(typed_columns(*reader_, "select * from " + input_.relation + " as input",
                                        input_.parameters));
    }
    std::vector<std::string> names;
    for (const auto& column : columns_) names.push_back(column.name);
    select_ = quoted_list(names);
    for (const auto& key : load_.keys) {
        const bool is_there = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
            return is_same_column(name, key);
        });
        if (is_there) continue;
        return data_fail("E_SCHEMA",
                         "expected key '" + key + "' in the input, but it has no such column");
    }
    add_audit_columns();
    return {};
}

/// Whether the rows are set aside before they are looked at: where they could be others when they
/// are read a second time, come from another engine, or must be cleared of repetitions.
bool Loader::needs_stage() const {
    if (reader_ != writer_ || load_.duplicates != "fail") return true;
    return load_.is_keyed() && input_.format != "parquet" && input_.format != "table";
}

/// A column's name is that column, also where SQL has the word for itself; else it is SQL.
std::string Loader::latest_order() const {
    const bool is_column = std::any_of(columns_.begin(), columns_.end(), [&](const Column& column) {
        return is_same_column(column.name, load_.duplicates_order);
    });
    return is_column ? quote_identifier(load_.duplicates_order) : load_.duplicates_order;
}

std::vector<std::string> Loader::staged_columns() const {
    std::vector<std::string> names;
    for (const auto& column : columns_) names.push_back(column.name);
    return names;
}

DataResult<void> Loader::stage() {
    // What is found by its key needs no order.
    const bool is_unordered = load_.is_keyed() && reader_ == writer_ && input_.pieces > 1;
    std::string sql = "select " + select_ + " from " +
                      (is_unordered ? unordered(input_.relation) : input_.relation) + " as input";
    if (load_.duplicates != "fail") {
        const std::string keys = quoted_list(load_.keys);
        const std::string place = input_.files.empty() ? "1" : "_sw_file, _sw_line";
        // Of the latest all that are equally late, which keep_latest looks at.
        const std::string rank =
            load_.duplicates == "latest"
                ? "rank() over (partition by " + keys + " order by " + latest_order() + " desc"
                : "row_number() over (partition by " + keys + " order by " + place;
        sql = "select " + select_ + ", " + rank + "\n) as _sw_rank from " + input_.relation +
              " as input";
        SW_TRY(reader_->describe(sql, input_.parameters));
        sql = "select " + quoted_list(staged_columns()) + " from (" + sql + ") as ranked where " +
              is_first_by("_sw_rank");
        rows_ = SW_TRY(reader_->query_integer(
            "select count(*) from " + input_.relation + " as input", input_.parameters));
    }
    static std::atomic<int> counter = 0;
    const std::string name = quote_identifier("_sw_stg_" + std::to_string(++counter));
    if (reader_ == writer_) {
        SW_TRY(writer_->execute("create temp table " + name + " as " + sql, input_.parameters));
    } else {
        std::string declared;
        for (const auto& column : columns_) {
            const bool is_sqlite = writer_->dialect() == Dialect::sqlite;
            declared += (declared.empty() ? "" : ", ") + quote_identifier(column.name) + " " +
                        (is_sqlite ? sqlite_type(column.type) : column.type);
        }
        SW_TRY(writer_->execute("create temp table " + name + " (" + declared + ")"));
        auto transaction = SW_TRY(Transaction::begin(*writer_));
        SW_TRY(copy_rows(*reader_, sql, input_.parameters, *writer_, name));
        SW_TRY(transaction.commit());
    }
    source_ = {name, Json::object()};
    return {};
}

/// `name` of type `from` as the target's type; the statement fails where its value would change.
std::string as_target(const std::string& name, const std::string& from, const Column& to) {
    DeclaredType declared;
    declared.type = to.type;
    std::string value = strict_value(name, from, declared);
    if (value == name || value.starts_with("cast(")) return value;
    const std::string message = quote_literal("[E_FORMAT] column " + to.name + ": expected " +
                                              to.type + " as in the target, but got '");
    return "coalesce(" + value + ", case when " + name + " is not null then error(concat(" +
           message + ", " + name + ", '''')) end)";
}

/// The plan's columns as the target has them.
std::string Loader::selection(const std::vector<Column>& columns) const {
    std::string list;
    for (const auto& column : columns) {
        const std::string name = quote_identifier(column.name);
        const auto own = std::find_if(columns_.begin(), columns_.end(), [&](const Column& other) {
            return is_same_column(other.name, column.name);
        });
        const bool is_sqlite = writer_->dialect() == Dialect::sqlite;
        list += std::string(list.empty() ? "" : ", ") +
                (is_sqlite ? name : as_target(name, own->type, column) + " as " + name);
    }
    return list;
}

DataResult<std::int64_t> Loader::count_source() {
    return writer_->query_integer("select count(*) from " + source_.relation + " as source",
                                  source_.parameters);
}

DataResult<void> Loader::write() {
    if (needs_stage()) {
        SW_TRY(stage());
    } else {
        source_ = {"(select " + select_ + " from " + input_.relation + " as input)",
                   input_.parameters};
    }
    if (load_.is_keyed()) {
        rows_ = std::max(rows_, SW_TRY(check_keys_given(*writer_, load_, source_)));
    }
    if (load_.duplicates == "latest")
        SW_TRY(keep_latest(*writer_, load_, source_.relation, staged_columns()));
    const LoadPlan plan =
        SW_TRY(plan_load(load_, target_.name, writer_->dialect(), columns_, existing_));
    const bool is_told_by_index = !plan.statements_after.empty() && !load_.is_dry_run;
    if (load_.is_keyed() && !is_told_by_index) {
        SW_TRY(check_keys_once(*writer_, load_, source_));
    }
    session_.result()["schema_changes"].insert(session_.result()["schema_changes"].end(),
                                               plan.schema_changes.begin(),
                                               plan.schema_changes.end());
    if (load_.is_dry_run) {
        session_.result()["status"] = "skipped";
        session_.result()["message"] = "no_load: the target was not touched";
        rows_ = std::max(rows_, SW_TRY(count_source()));
        return finish({});
    }
    auto counts = write_all(plan);
    if (counts) return finish(*counts);
    // The index knows that a key comes twice, but not how to say it.
    if (is_told_by_index) SW_TRY(check_keys_once(*writer_, load_, source_));
    return fail(std::move(counts).error());
}

DataResult<LoadCounts> Loader::write_all(const LoadPlan& plan) {
    LoadCounts counts;
    auto transaction = SW_TRY(Transaction::begin(*writer_));
    for (const auto& statement : plan.statements) SW_TRY(writer_->execute(statement));
    if (load_.mode == "truncate" && !existing_.empty()) {
        counts.deleted = SW_TRY(writer_->execute(
            "delete from " + quote_table(target_.name, writer_->dialect()) + " where true"));
    }
    const LoadSource source{"(select " + selection(plan.columns) + " from " + source_.relation +
                                (source_.relation.starts_with("(") ? " as source)" : ")"),
                            source_.parameters};
    const LoadCounts written = SW_TRY(write_rows(*writer_, load_, target_.name, plan, source));
    for (const auto& statement : plan.statements_after) SW_TRY(writer_->execute(statement));
    counts = {written.inserted, written.updated, counts.deleted + written.deleted};
    if (load_.input.is_changed_only) {
        SW_TRY(record_files(*writer_, target_.display(), files_));
    }
    SW_TRY(record_commit(session_, *writer_, target_.display()));
    SW_TRY(transaction.commit());
    if (!load_.is_keyed()) rows_ = std::max(rows_, counts.inserted);
    return counts;
}

DataResult<void> Loader::finish(const LoadCounts& counts) {
    const std::int64_t rejected = SW_TRY(count_bad_lines(*reader_, load_.input, input_));
    SW_TRY(count_loosened(session_, *reader_, input_));
    const std::int64_t kept =
        load_.is_keyed() ? counts.inserted + counts.updated + counts.deleted : rows_;
    session_.result()["rows"] = {
        {"read", rows_ + rejected},
        {"good", rows_},
        {"rejected", rejected},
        {"inserted", counts.inserted},
        {"updated", counts.updated},
        {"deleted", counts.deleted},
        {"unchanged", load_.is_dry_run ? 0 : std::max<std::int64_t>(0, rows_ - kept)}};
    session_.result()["outputs"].push_back(
        {{"uri", target_.display()}, {"rows", counts.inserted + counts.updated}});
    if (rejected > 0) session_.result()["status"] = "warn";
    return {};
}

DataResult<void> Loader::run_after() {
    for (const auto& step : load_.after) {
        const bool is_duckdb = writer_->dialect() == Dialect::duckdb;
        if (step == "checkpoint") {
            if (is_duckdb) SW_TRY(writer_->execute("checkpoint"));
            continue;
        }
        const std::string table = quote_table(target_.name, writer_->dialect());
        SW_TRY(writer_->execute(
            step == "analyze" ? "analyze" + std::string(is_duckdb ? "" : " " + table) : "vacuum"));
    }
    return {};
}

DataResult<void> Loader::run() {
    SW_TRY(connect());
    Json& result = session_.result();
    result["target"] = target_.display();
    result["mode"] = load_.mode;
    result["strategy"] = !load_.is_keyed()                       ? "insert"
                         : load_.strategy != "auto"              ? load_.strategy
                         : writer_->dialect() == Dialect::sqlite ? "update_insert"
                                                                 : "merge";
    result["load_errors"] = Json::array();
    lock_ = SW_TRY(session_.lock_table(target_));
    if (SW_TRY(is_replayed(session_, *writer_))) {
        result["message"] = "this run's rows are already in the table";
        return {};
    }
    if (!SW_TRY(choose_files())) return {};
    SW_TRY(open());
    if (is_void_) return finish({});
    SW_TRY(write());
    return run_after();
}

}  // namespace

DataResult<void> run_load(DataSession& session, const Json& parameters) {
    return Loader(session, SW_TRY(LoadParameters::parse(parameters))).run();
}

}  // namespace stepwell::tasks::data

#include "tasks/sql/duckdb/duckdb_engine.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "engine/base/machine.hpp"
#include "tasks/sql/duckdb/duckdb_api.hpp"
#include "tasks/sql/duckdb/duckdb_batches.hpp"
#include "tasks/sql/duckdb/duckdb_error.hpp"
#include "tasks/sql/duckdb/duckdb_types.hpp"
#include "tasks/sql/duckdb/duckdb_values.hpp"
#include "tasks/sql/duckdb/strict_functions.hpp"
#include "tasks/sql/sql_text.hpp"

namespace stepwell::tasks::data {
namespace {

using duckdb::Api;
using duckdb::ErrorType;
using duckdb::Handle;
using duckdb::ResultData;
using duckdb::Size;
using duckdb::State;

/// Destroys what the library made, whatever its kind.
class Owned {
public:
    Owned() = default;
    explicit Owned(void (*destroy)(Handle*)) : destroy_(destroy) {}
    Owned(void (*destroy)(Handle*), Handle handle) : handle_(handle), destroy_(destroy) {}
    ~Owned() { reset(); }
    Owned(Owned&& other) noexcept
        : handle_(std::exchange(other.handle_, nullptr)), destroy_(other.destroy_) {}
    Owned& operator=(Owned&& other) noexcept {
        reset();
        handle_ = std::exchange(other.handle_, nullptr);
        destroy_ = other.destroy_;
        return *this;
    }
    [[nodiscard]] Handle get() const { return handle_; }
    Handle* out() { return &handle_; }
    void reset() {
        if (handle_ != nullptr) destroy_(&handle_);
        handle_ = nullptr;
    }

private:
    Handle handle_ = nullptr;
    void (*destroy_)(Handle*) = nullptr;
};

class QueryResult {
public:
    explicit QueryResult(const Api& api) : api_(api) {}
    ~QueryResult() { api_.destroy_result(&data_); }
    QueryResult(const QueryResult&) = delete;
    QueryResult& operator=(const QueryResult&) = delete;
    ResultData* get() { return &data_; }

private:
    const Api& api_;
    ResultData data_{};
};

class DuckdbDatabase final : public Database {
public:
    DuckdbDatabase(const Api& api, std::string name) : api_(api), name_(std::move(name)) {}
    ~DuckdbDatabase() override {
        if (handle_ != nullptr) api_.close(&handle_);
    }

    [[nodiscard]] Dialect dialect() const override { return Dialect::duckdb; }
    [[nodiscard]] std::string engine_name() const override { return "duckdb"; }
    [[nodiscard]] std::string engine_version() const override { return api_.library_version(); }
    DataResult<std::unique_ptr<Connection>> connect() override;

    const Api& api_;
    std::string name_;
    Handle handle_ = nullptr;
};

class DuckdbConnection final : public Connection {
public:
    DuckdbConnection(std::shared_ptr<DuckdbDatabase> database, Handle handle)
        : api_(database->api_), database_(std::move(database)), handle_(handle) {}
    ~DuckdbConnection() override { api_.disconnect(&handle_); }

    [[nodiscard]] Database& database() override { return *database_; }
    DataResult<std::int64_t> execute(std::string_view sql, const Json& parameters) override;
    DataResult<std::vector<Column>> scan(
        std::string_view sql, const Json& parameters,
        const std::function<DataResult<void>(Row&)>& consume) override;
    DataResult<std::vector<Column>> scan_batches(
        std::string_view sql, const Json& parameters,
        const std::function<DataResult<void>(const Batch&)>& consume) override;
    DataResult<std::unique_ptr<BatchWriter>> append_to(
        const std::string& table, const std::vector<std::string>& columns) override;
    DataResult<std::vector<Column>> describe(std::string_view sql, const Json& parameters) override;
    void interrupt() override;
    Handle native() { return handle_; }

private:
    struct Script {
        Owned statements;
        Size count = 0;
        /// One statement that the engine takes apart: a PIVOT over what is in the rows first makes
        /// a type of them, in a transaction of its own where it is not a query.
        bool is_taken_apart = false;
    };
    DataResult<Script> parse(std::string_view sql);
    DataResult<Owned> prepare_single(std::string_view sql, const Json& parameters);
    DataResult<Owned> prepare(const Script& script, Size index);
    [[nodiscard]] std::vector<Column> columns_of(Handle statement) const;
    DataResult<void> run(Handle statement, std::int64_t& changed);
    bool is_skipped(const Script& script, Handle statement) const;
    DataResult<void> bind(Handle statement, const Json& parameters);
    DataResult<void> bind_one(Handle statement, Size index, const Json& value);
    /// Runs one query; `consume` gets its chunks and their types.
    DataResult<std::vector<Column>> scan_chunks(
        std::string_view sql, const Json& parameters,
        const std::function<DataResult<void>(Handle chunk, const std::vector<Owned>&)>& consume);
    /// Marks the time in which the library works for this connection.
    class Running {
    public:
        explicit Running(DuckdbConnection& connection) : connection_(connection) {
            connection_.set_runner(std::this_thread::get_id());
        }
        ~Running() { connection_.set_runner({}); }
        Running(const Running&) = delete;
        Running& operator=(const Running&) = delete;

    private:
        DuckdbConnection& connection_;
    };
    void set_runner(std::thread::id runner) {
        const std::lock_guard lock(mutex_);
        runner_ = runner;
        if (runner == std::thread::id()) idle_.notify_all();
    }

    DataResult<void> refuse_if_cancelled() const {
        if (is_cancelled_) return data_fail("E_CANCELLED", "the task was cancelled");
        return {};
    }

    /// An interrupted stream has an error of no kind: the flag says why.
    DataError why_broken(ResultData* result) const {
        if (is_cancelled_) return {"E_CANCELLED", "the task was cancelled"};
        return engine_error(api_.result_error_type(result), api_.result_error(result));
    }

    const Api& api_;
    std::shared_ptr<DuckdbDatabase> database_;
    Handle handle_;
    std::atomic<bool> is_cancelled_ = false;
    std::mutex mutex_;
    std::condition_variable idle_;
    std::thread::id runner_;  // who is in a query; none: nobody
};

/// The library forgets an interrupt that comes before a query has begun; so it is repeated until
/// the query that may just have begun is over.
void DuckdbConnection::interrupt() {
    constexpr auto kPause = std::chrono::milliseconds(5);
    constexpr int kTriesMax = 400;
    is_cancelled_ = true;
    std::unique_lock lock(mutex_);
    const bool is_own = runner_ == std::this_thread::get_id();
    for (int i = 0; i < kTriesMax; ++i) {
        api_.interrupt(handle_);
        const bool is_over =
            is_own || idle_.wait_for(lock, kPause, [&] { return runner_ == std::thread::id(); });
        if (is_over) return;
    }
}

/// What the engine offers and does not survive: its log, where the file may not be written, ends
/// the process.
DataResult<void> refuse_what_ends_the_engine(std::string_view sql) {
    constexpr std::string_view kRefused = "enable_logging";
    const auto same = [](char a, char b) { return (a | 0x20) == b || a == b; };
    if (std::search(sql.begin(), sql.end(), kRefused.begin(), kRefused.end(), same) == sql.end()) {
        return {};
    }
    return data_fail("E_DENIED", "the SQL does what tasks may not do: " + std::string(kRefused));
}

DataResult<DuckdbConnection::Script> DuckdbConnection::parse(std::string_view sql) {
    SW_TRY(refuse_what_ends_the_engine(sql));
    Script script{Owned(api_.destroy_extracted)};
    const std::string text(sql);
    script.count = api_.extract_statements(handle_, text.c_str(), script.statements.out());
    script.is_taken_apart = script.count > 1 && is_one_statement(sql);
    if (script.count > 0) return script;
    const char* why = api_.extract_statements_error(script.statements.get());
    if (why == nullptr) return data_fail("E_CONFIG", "expected an SQL statement, but it is empty");
    return fail(prepare_error(why));
}

DataResult<Owned> DuckdbConnection::prepare(const Script& script, Size index) {
    Owned statement(api_.destroy_prepare);
    const State state =
        api_.prepare_extracted_statement(handle_, script.statements.get(), index, statement.out());
    if (state == State::success) return statement;
    return fail(prepare_error(api_.prepare_error(statement.get())));
}

/// The transaction of a statement that was taken apart, and what stands for it in another one: it
/// is part of that, or needs none.
bool DuckdbConnection::is_skipped(const Script& script, Handle statement) const {
    constexpr int kTransaction = 10, kSet = 20;  // DUCKDB_STATEMENT_TYPE_...
    const int type = api_.prepared_statement_type(statement);
    return script.is_taken_apart && (type == kTransaction || type == kSet);
}

DataResult<void> DuckdbConnection::run(Handle statement, std::int64_t& changed) {
    QueryResult result(api_);
    if (api_.execute_prepared(statement, result.get()) != State::success)
        return fail(why_broken(result.get()));
    changed = static_cast<std::int64_t>(api_.rows_changed(result.get()));
    return {};
}

DataResult<Owned> DuckdbConnection::prepare_single(std::string_view sql, const Json& parameters) {
    SW_TRY(refuse_if_cancelled());
    const Script script = SW_TRY(parse(sql));
    if (script.count != 1 && !script.is_taken_apart) {
        return data_fail("E_CONFIG",
                         "expected one SQL statement, but got " + std::to_string(script.count));
    }
    for (Size i = 0;; ++i) {
        Owned statement = SW_TRY(prepare(script, i));
        SW_TRY(bind(statement.get(), parameters));
        if (i + 1 == script.count) return statement;
        std::int64_t ignored = 0;
        if (!is_skipped(script, statement.get())) SW_TRY(run(statement.get(), ignored));
    }
}

DataResult<void> DuckdbConnection::bind(Handle statement, const Json& parameters) {
    for (Size i = 1; i <= api_.nparams(statement); ++i) {
        const char* given = api_.parameter_name(statement, i);
        const std::string name = given == nullptr ? "" : given;
        api_.free(const_cast<char*>(given));
        const Json* value = find(parameters, name);
        if (value == nullptr) {
            return data_fail("E_CONFIG",
                             "the SQL uses $" + name + ", but no parameter of that name is given");
        }
        SW_TRY(bind_one(statement, i, *value));
    }
    return {};
}

DataResult<void> DuckdbConnection::bind_one(Handle statement, Size index, const Json& value) {
    State state = State::success;
    if (value.is_null()) {
        state = api_.bind_null(statement, index);
    } else if (value.is_boolean()) {
        state = api_.bind_boolean(statement, index, value.get<bool>());
    } else if (value.is_number_unsigned()) {
        const auto number = value.get<std::uint64_t>();
        state = number <= INT64_MAX
                    ? api_.bind_int64(statement, index, static_cast<std::int64_t>(number))
                    : api_.bind_uint64(statement, index, number);
    } else if (value.is_number_integer()) {
        state = api_.bind_int64(statement, index, value.get<std::int64_t>());
    } else if (value.is_number_float()) {
        state = api_.bind_double(statement, index, value.get<double>());
    } else {
        const std::string text = value.is_string() ? value.get<std::string>() : to_text(value);
        state = api_.bind_varchar_length(statement, index, text.data(), text.size());
    }
    if (state == State::success) return {};
    return fail(prepare_error(api_.prepare_error(statement)));
}

DataResult<std::int64_t> DuckdbConnection::execute(std::string_view sql, const Json& parameters) {
    const Running running(*this);
    SW_TRY(refuse_if_cancelled());
    const Script script = SW_TRY(parse(sql));
    std::int64_t changed = 0;
    for (Size i = 0; i < script.count; ++i) {
        SW_TRY(refuse_if_cancelled());
        // One after the other: a later statement may use what an earlier one made.
        Owned statement = SW_TRY(prepare(script, i));
        if (is_skipped(script, statement.get())) continue;
        SW_TRY(bind(statement.get(), parameters));
        SW_TRY(run(statement.get(), changed));
    }
    return changed;
}

DataResult<std::vector<Column>> DuckdbConnection::scan_chunks(
    std::string_view sql, const Json& parameters,
    const std::function<DataResult<void>(Handle chunk, const std::vector<Owned>&)>& consume) {
    const Running running(*this);
    Owned statement = SW_TRY(prepare_single(sql, parameters));
    QueryResult result(api_);
    if (api_.execute_prepared_streaming(statement.get(), result.get()) != State::success) {
        return fail(
            engine_error(api_.result_error_type(result.get()), api_.result_error(result.get())));
    }
    std::vector<Owned> types;
    std::vector<Column> columns;
    for (Size i = 0; i < api_.column_count(result.get()); ++i) {
        types.emplace_back(api_.destroy_logical_type, api_.column_logical_type(result.get(), i));
        columns.push_back(
            {api_.column_name(result.get(), i), duckdb::type_name(api_, types.back().get())});
        if (duckdb::is_readable(api_, types.back().get())) continue;
        return fail(duckdb::unreadable(columns.back()));
    }
    while (true) {
        const Owned chunk(api_.destroy_data_chunk, api_.fetch_chunk(*result.get()));
        if (chunk.get() == nullptr) break;
        SW_TRY(consume(chunk.get(), types));
    }
    // A stream ends the same way when it is done and when it broke.
    if (api_.result_error(result.get()) != nullptr) return fail(why_broken(result.get()));
    return columns;
}

DataResult<std::vector<Column>> DuckdbConnection::scan(
    std::string_view sql, const Json& parameters,
    const std::function<DataResult<void>(Row&)>& consume) {
    const auto hand_over = [&](Handle chunk, const std::vector<Owned>& types) -> DataResult<void> {
        const Size rows = api_.data_chunk_get_size(chunk);
        for (Size row = 0; row < rows; ++row) {
            Row values(types.size());
            for (std::size_t i = 0; i < types.size(); ++i) {
                values[i] = duckdb::value_at(api_, api_.data_chunk_get_vector(chunk, i),
                                             types[i].get(), row);
            }
            SW_TRY(consume(values));
        }
        return {};
    };
    return scan_chunks(sql, parameters, hand_over);
}

DataResult<std::vector<Column>> DuckdbConnection::scan_batches(
    std::string_view sql, const Json& parameters,
    const std::function<DataResult<void>(const Batch&)>& consume) {
    std::vector<Column> columns;
    std::string query;
    {
        const Owned statement = SW_TRY(prepare_single(sql, parameters));
        columns = columns_of(statement.get());
        query = SW_TRY(duckdb::batch_query(api_, statement.get(), std::string(sql), columns));
    }
    Batch batch(columns.size());
    const auto hand_over = [&](Handle chunk, const std::vector<Owned>& types) -> DataResult<void> {
        batch.rows = api_.data_chunk_get_size(chunk);
        for (std::size_t i = 0; i < types.size(); ++i) {
            duckdb::read_column(api_, api_.data_chunk_get_vector(chunk, i),
                                api_.get_type_id(types[i].get()), batch.rows, batch.columns[i]);
        }
        return consume(batch);
    };
    SW_TRY(scan_chunks(query, parameters, hand_over));
    return columns;
}

DataResult<std::unique_ptr<BatchWriter>> DuckdbConnection::append_to(
    const std::string& table, const std::vector<std::string>& columns) {
    static std::atomic<int> counter = 0;
    const std::string list = columns.empty() ? "*" : quoted_list(columns);
    const std::string select = "select " + list + " from " + table;
    auto types = SW_TRY(describe(select, Json::object()));
    if (columns.empty()) return duckdb::open_appender(api_, handle_, table, std::move(types));
    const std::string staged = quote_identifier("_sw_appended_" + std::to_string(++counter));
    SW_TRY(execute("create temp table " + staged + " as " + select + " limit 0", Json::object()));
    auto writer = SW_TRY(duckdb::open_appender(api_, handle_, staged, std::move(types)));
    return duckdb::staged_writer(*this, std::move(writer),
                                 "insert into " + table + " (" + list + ") select * from " +
                                     staged + "; drop table " + staged);
}

DataResult<std::vector<Column>> DuckdbConnection::describe(std::string_view sql,
                                                           const Json& parameters) {
    const Owned statement = SW_TRY(prepare_single(sql, parameters));
    return columns_of(statement.get());
}

std::vector<Column> DuckdbConnection::columns_of(Handle statement) const {
    std::vector<Column> columns;
    for (Size i = 0; i < api_.prepared_statement_column_count(statement); ++i) {
        const Owned type(api_.destroy_logical_type,
                         api_.prepared_statement_column_logical_type(statement, i));
        const char* name = api_.prepared_statement_column_name(statement, i);
        columns.push_back({name == nullptr ? "" : name, duckdb::type_name(api_, type.get())});
        api_.free(const_cast<char*>(name));
    }
    return columns;
}

DataResult<std::unique_ptr<Connection>> DuckdbDatabase::connect() {
    Handle handle = nullptr;
    if (api_.connect(handle_, &handle) != State::success) {
        return data_fail("E_CONN", "expected to connect to DuckDB, but it refused");
    }
    auto self = std::static_pointer_cast<DuckdbDatabase>(shared_from_this());
    auto connection = std::make_unique<DuckdbConnection>(std::move(self), handle);
    if (!name_.empty()) {
        SW_TRY(connection->execute("use " + quote_identifier(name_), Json::object()));
    }
    return std::unique_ptr<Connection>(std::move(connection));
}

/// Half of what there is, so that two tasks and the hosts fit; of this process's own limit a
/// third, for that counts all that is mapped, also what the engine knows nothing of.
std::string default_memory_limit() {
    std::uint64_t share = memory_for_process() / 2;
    rlimit own{};
    if (getrlimit(RLIMIT_DATA, &own) == 0 && own.rlim_cur != RLIM_INFINITY)
        share = std::min<std::uint64_t>(share, own.rlim_cur / 3);
    return std::to_string(share / 1'000'000) + "MB";
}

DataResult<Handle> open_instance(const Api& api, const DuckdbOptions& options) {
    Owned config(api.destroy_config);
    api.create_config(config.out());
    const std::string memory =
        options.memory_limit.empty() ? default_memory_limit() : options.memory_limit;
    std::vector<std::pair<std::string, std::string>> settings = {
        {"autoinstall_known_extensions", "false"},
        {"autoload_known_extensions", "false"},
        {"memory_limit", memory},
        {"temp_directory", options.temporary_folder.string()},
    };
    if (options.threads > 0) settings.emplace_back("threads", std::to_string(options.threads));
    for (const auto& [name, value] : settings) {
        if (api.set_config(config.get(), name.c_str(), value.c_str()) != State::success) {
            return data_fail("E_CONFIG", "expected a value for DuckDB's " + name + ", but '" +
                                             value + "' is none");
        }
    }
    Handle handle = nullptr;
    char* why = nullptr;
    if (api.open_ext(":memory:", &handle, config.get(), &why) != State::success) {
        const DataError error = prepare_error(why);
        api.free(why);
        return fail(DataError("E_CONFIG", error.message));
    }
    return handle;
}

/// The order matters: nothing can be attached or set once the door is shut.
DataResult<void> attach_and_lock(Connection& connection, const DuckdbOptions& options) {
    if (!options.name.empty()) {
        SW_TRY(connection.execute("attach " + quote_literal(options.path.string()) + " as " +
                                  quote_identifier(options.name) +
                                  (options.is_read_only ? " (read_only)" : "")));
    }
    // The machine's own zone would make the same run read other moments elsewhere.
    SW_TRY(connection.execute("set global TimeZone = 'UTC'"));
    Json folders = Json::array();
    for (const auto& folder : options.allowed_folders) folders.push_back(folder.string());
    SW_TRY(connection.execute("set allowed_directories = " + sql_literal(folders)));
    SW_TRY(connection.execute("set enable_external_access = false"));
    SW_TRY(connection.execute("set lock_configuration = true"));
    return {};
}

}  // namespace

DataResult<std::shared_ptr<Database>> open_duckdb(const DuckdbOptions& options) {
    const Api& api = *SW_TRY(duckdb::api());
    auto database = std::make_shared<DuckdbDatabase>(api, "");
    database->handle_ = SW_TRY(open_instance(api, options));
    {
        const auto connection = SW_TRY(database->connect());
        auto ready = attach_and_lock(*connection, options);
        if (!ready) return fail(std::move(ready).error().within(options.path.string()));
        SW_TRY(duckdb::register_strict_functions(duckdb::native_connection(*connection)));
        for (const auto& add : options.functions) {
            SW_TRY(add(duckdb::native_connection(*connection)));
        }
    }
    database->name_ = options.name;
    return std::shared_ptr<Database>(std::move(database));
}

void* duckdb::native_connection(Connection& connection) {
    return static_cast<DuckdbConnection&>(connection).native();
}

}  // namespace stepwell::tasks::data

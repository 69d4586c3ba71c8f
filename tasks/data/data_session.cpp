#include "tasks/data/data_session.hpp"

#include <algorithm>

#include "tasks/files/csv_function.hpp"
#include "tasks/files/json_function.hpp"
#include "tasks/lake/lake_table.hpp"
#include "tasks/sql/duckdb/duckdb_engine.hpp"
#include "tasks/sql/duckdb/unfinished_file.hpp"
#include "tasks/sql/sqlite/sqlite_engine.hpp"
#include "tasks/support/parameters.hpp"
#include "tasks/wall_clock.hpp"

namespace stepwell::tasks::data {
namespace {

constexpr std::string_view kDefaultConnection = "wh";
constexpr std::size_t kInputsListedMax = 100;
// A failure's cause may hold 32,768 characters (AWS); what is longer would be cut in the middle.
constexpr std::size_t kCauseBytesMax = 30'000;

Json empty_envelope(const TaskContext& context, std::string_view type) {
    return {
        {"status", "success"},
        {"task", context.request().state_name},
        {"type", type},
        {"code", nullptr},
        {"message", nullptr},
        {"retryable", false},
        {"rows",
         {{"read", 0},
          {"good", 0},
          {"rejected", 0},
          {"inserted", 0},
          {"updated", 0},
          {"deleted", 0},
          {"unchanged", 0}}},
        {"bytes", {{"read", 0}, {"written", 0}}},
        {"files", {{"read", 0}, {"written", 0}}},
        {"inputs", Json::array()},
        {"outputs", Json::array()},
        {"schema_changes", Json::array()},
        {"checks", Json::array()},
        {"artifacts", Json::array()},
        {"engine", nullptr},
        {"timing", Json::object()},
    };
}

}  // namespace

struct DataSession::ConnectionSettings {
    std::string name;
    std::string type = "duckdb";
    std::filesystem::path path;
    std::string memory_limit;
    int threads = 0;
    bool is_read_only = false;
    std::chrono::seconds lock_timeout = std::chrono::minutes(1);
};

DataSession::DataSession(TaskContext& context, std::string_view type)
    : context_(context), locations_(context.settings()), result_(empty_envelope(context, type)) {
    on_cancel_ = context.on_cancel([this] {
        const std::lock_guard lock(mutex_);
        for (const auto& connection : connections_) connection->interrupt();
    });
}

DataSession::~DataSession() {
    on_cancel_.reset();  // first: it looks at the connections
}

std::string DataSession::run_key() const {
    return context_.request().run_key;
}

bool DataSession::has_connection(std::string_view name) const {
    if (name == kDefaultConnection) return true;
    const Json* all = find(context_.settings().configuration, "connections");
    return all != nullptr && find(*all, name) != nullptr;
}

DataResult<DataSession::ConnectionSettings> DataSession::settings_of(std::string_view name) const {
    if (name.empty()) name = kDefaultConnection;
    ConnectionSettings settings;
    settings.name = name;
    const Json& configuration = context_.settings().configuration;
    const Json* all = find(configuration, "connections");
    const Json* own = all == nullptr ? nullptr : find(*all, name);
    if (own == nullptr && name != kDefaultConnection) {
        return data_fail("E_CONFIG",
                         "expected a connection of the configuration, but there is no '" +
                             std::string(name) + "' under connections");
    }
    static const Json kNone = Json::object();
    const Json& given = own == nullptr ? kNone : *own;
    settings.type = string_or(given, "type", "duckdb");
    const std::string otherwise = settings.type == "sqlite" ? ".sqlite" : ".duckdb";
    const std::string file = name == kDefaultConnection && settings.type == "duckdb"
                                 ? "warehouse.duckdb"
                                 : settings.name + otherwise;
    settings.path = locations_.data_folder() / string_or(given, "path", file);
    settings.memory_limit = string_or(given, "memory_limit", "");
    if (const Json* threads = find(given, "threads"); threads && threads->is_number_integer()) {
        settings.threads = threads->get<int>();
    }
    if (const Json* only = find(given, "read_only"); only && only->is_boolean()) {
        settings.is_read_only = only->get<bool>();
    }
    if (const Json* timeout = find(given, "lock_timeout")) {
        const auto seconds = parse_duration(*timeout);
        if (!seconds) {
            return data_fail("E_CONFIG", "connection '" + settings.name +
                                             "': expected lock_timeout to be a duration like 1m");
        }
        settings.lock_timeout = std::chrono::seconds(*seconds);
    }
    if (settings.type == "duckdb" || settings.type == "sqlite") return settings;
    return data_fail("E_UNSUPPORTED", "connection '" + settings.name +
                                          "': expected type duckdb or sqlite, but got '" +
                                          settings.type + "'");
}

DataResult<std::shared_ptr<Database>> DataSession::open(const ConnectionSettings& settings) {
    std::error_code failed;
    std::filesystem::create_directories(locations_.temporary_folder(), failed);
    if (settings.type == "sqlite") {
        SqliteOptions options;
        options.path = settings.path;
        options.is_read_only = settings.is_read_only;
        return open_sqlite(options);
    }
    if (!settings.is_read_only) {
        if (const auto bytes = remove_unfinished_duckdb(settings.path)) {
            context_.log(
                settings.path.string() + " had " + std::to_string(*bytes) +
                " bytes and no database in it: whoever began it was ended, or the disk was "
                "full; it is made anew");
        }
    }
    DuckdbOptions options;
    options.name = settings.name;
    options.path = settings.path;
    options.allowed_folders = SW_TRY(locations_.allowed_folders());
    options.temporary_folder = locations_.temporary_folder();
    options.memory_limit = settings.memory_limit;
    options.threads = settings.threads;
    options.is_read_only = settings.is_read_only;
    options.functions = {duckdb::register_csv_function, duckdb::register_json_function};
    return open_duckdb(options);
}

DataResult<Connection*> DataSession::keep(DataResult<std::unique_ptr<Connection>> connection) {
    auto owned = SW_TRY(std::move(connection));
    Connection* raw = owned.get();
    const std::lock_guard lock(mutex_);
    connections_.push_back(std::move(owned));
    // Cancelled before the connection was known to the callback: nobody else will tell it.
    if (context_.is_cancelled()) raw->interrupt();
    return raw;
}

DataResult<Connection*> DataSession::connect(std::string_view name) {
    const ConnectionSettings settings = SW_TRY(settings_of(name));
    std::error_code failed;
    const auto key = std::filesystem::weakly_canonical(settings.path, failed).string();
    const auto database = SW_TRY(shared_database(key, [&] { return open(settings); }));
    note_engine(*database);
    return keep(database->connect());
}

DataResult<Connection*> DataSession::connect_memory() {
    if (!memory_) {
        ConnectionSettings settings;
        const auto common = SW_TRY(settings_of(kDefaultConnection));
        settings.memory_limit = common.memory_limit;
        settings.threads = common.threads;
        memory_ = SW_TRY(open(settings));
    }
    note_engine(*memory_);
    return keep(memory_->connect());
}

DataResult<TableReference> DataSession::table_reference(std::string_view text,
                                                        std::string_view connection) const {
    std::vector<std::string> parts(1);
    for (const char c : text) {
        if (c == '.') {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    const bool has_gap = std::any_of(parts.begin(), parts.end(), [](auto& p) { return p.empty(); });
    TableReference reference{std::string(connection.empty() ? kDefaultConnection : connection), {}};
    if (parts.size() > 1 && has_connection(parts[0])) {
        reference.connection = parts[0];
        parts.erase(parts.begin());
    }
    if (has_gap || parts.size() > 2) {
        return data_fail("E_CONFIG", "expected [CONNECTION.][SCHEMA.]TABLE, but got '" +
                                         std::string(text) + "'");
    }
    if (parts.size() == 2) reference.name.schema = parts[0];
    reference.name.table = parts.back();
    return reference;
}

DataResult<std::shared_ptr<void>> DataSession::lock_table(const TableReference& table) {
    const ConnectionSettings settings = SW_TRY(settings_of(table.connection));
    return lock_by_name(settings.path.string() + "#" + table.name.display(), settings.lock_timeout,
                        [this] { return context_.is_cancelled(); });
}

DataResult<std::vector<InputFile>> DataSession::input_files(const Json& uris) {
    std::vector<InputFile> files;
    const Json all = uris.is_array() ? uris : Json::array({uris});
    for (const auto& uri : all) {
        const bool is_text = uri.is_string();
        const auto root = is_text ? locations_.resolve(uri.get<std::string>())
                                  : DataResult<std::filesystem::path>(data_fail("", ""));
        if (!root || !lake::is_lake_table(*root)) {
            for (auto& file : SW_TRY(locations_.expand(uri))) files.push_back(std::move(file));
            continue;
        }
        lake::Waiting waiting;
        waiting.is_cancelled = [this] { return context_.is_cancelled(); };
        const lake::Snapshot snapshot = SW_TRY(lake::read_snapshot(*root, waiting));
        for (std::size_t i = 0; i < snapshot.paths.size(); ++i) {
            InputFile file = SW_TRY(locations_.file_at(snapshot.paths[i]));
            file.uri = locations_.uri_of(snapshot.names[i]);
            file.is_immutable = true;
            files.push_back(std::move(file));
        }
    }
    const auto by_path = [](const InputFile& a, const InputFile& b) { return a.path < b.path; };
    std::sort(files.begin(), files.end(), by_path);
    const auto is_same = [](const InputFile& a, const InputFile& b) { return a.path == b.path; };
    files.erase(std::unique(files.begin(), files.end(), is_same), files.end());
    return files;
}

void DataSession::count(std::string_view group, std::string_view name, std::int64_t by) {
    Json& number = result_[std::string(group)][std::string(name)];
    number = (number.is_number() ? number.get<std::int64_t>() : 0) + by;
}

void DataSession::note_inputs(const std::vector<InputFile>& files) {
    for (const auto& file : files) {
        count("files", "read", 1);
        count("bytes", "read", static_cast<std::int64_t>(file.bytes));
        if (result_["inputs"].size() == kInputsListedMax) continue;
        result_["inputs"].push_back({{"uri", file.uri},
                                     {"etag", file.etag()},
                                     {"size", file.bytes},
                                     {"mtime", file.modified_at}});
    }
}

void DataSession::note_engine(Database& database) {
    result_["engine"] = {{"name", database.engine_name()}, {"version", database.engine_version()}};
}

namespace {

/// The envelope as a failure's cause: complete where it fits, else without what is longest.
std::string cause_of(Json envelope) {
    std::string text = to_text(envelope);
    for (const char* samples : {"samples", "unexpected"}) {
        if (text.size() <= kCauseBytesMax) return text;
        for (auto& check : envelope["checks"]) check.erase(samples);
        text = to_text(envelope);
    }
    for (const char* list : {"inputs", "outputs", "checks"}) {
        if (text.size() <= kCauseBytesMax) return text;
        envelope[list] = Json::array();
        text = to_text(envelope);
    }
    return text;
}

}  // namespace

TaskResult run_data_task(TaskContext& context, std::string_view type,
                         const std::function<DataResult<void>(DataSession&)>& body) {
    const auto begun = std::chrono::steady_clock::now();
    DataSession session(context, type);
    DataResult<void> done = body(session);
    Json& result = session.result();
    const auto taken = std::chrono::steady_clock::now() - begun;
    result["timing"]["total_ms"] =
        std::chrono::duration_cast<std::chrono::milliseconds>(taken).count();
    if (done) {
        const std::string message = string_or(result, "message", "");
        if (result["status"] == "warn" && !message.empty()) context.log("warning: " + message);
        return std::move(result);
    }
    const DataError& error = done.error();
    context.log(error.code + ": " + error.message);
    result["status"] = "failed";
    result["code"] = error.code;
    result["message"] = error.message;
    result["retryable"] = error.is_retryable();
    return fail(TaskError{error.code, cause_of(std::move(result))});
}

namespace {

/// No retry comes after this; docs/tasks/common.md says it.
constexpr auto kCommitsKept = std::chrono::hours(90 * 24);

DataResult<void> forget_commits(Connection& connection) {
    const Json oldest = {{"oldest", to_iso8601(wall_clock() - kCommitsKept)}};
    const std::string old = " from _stepwell_commits where committed_at < $oldest";
    if (SW_TRY(connection.query_integer("select count(*)" + old, oldest)) == 0) return {};
    SW_TRY(connection.execute("delete" + old, oldest));
    return {};
}

}  // namespace

DataResult<bool> is_replayed(DataSession& session, Connection& connection) {
    if (session.run_key().empty()) return false;
    {
        // Not in the effect's own transaction: two first writers would conflict over the table.
        const auto guard = SW_TRY(lock_by_name("_stepwell_commits", std::chrono::minutes(1),
                                               [&] { return session.context().is_cancelled(); }));
        SW_TRY(connection.execute(
            "create table if not exists _stepwell_commits(run_key varchar primary key, "
            "target varchar, execution varchar, committed_at varchar)"));
        SW_TRY(forget_commits(connection));
    }
    const bool is_known = SW_TRY(connection.query_integer(
                              "select count(*) from _stepwell_commits where run_key = $key",
                              {{"key", session.run_key()}})) > 0;
    session.result()["commit"] = {{"run_key", session.run_key()}, {"replayed", is_known}};
    return is_known;
}

DataResult<void> record_commit(DataSession& session, Connection& connection,
                               std::string_view target) {
    if (session.run_key().empty()) return {};
    const auto now = wall_clock();
    SW_TRY(
        connection.execute("insert into _stepwell_commits values ($key, $target, $execution, $now)",
                           {{"key", session.run_key()},
                            {"target", target},
                            {"execution", session.context().request().execution_arn},
                            {"now", to_iso8601(now)}}));
    return {};
}

}  // namespace stepwell::tasks::data

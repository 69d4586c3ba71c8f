#include "tasks/unload/unload.hpp"

#include <algorithm>
#include <fstream>

#include "engine/base/digest.hpp"
#include "tasks/data/file_output.hpp"
#include "tasks/files/csv_function.hpp"
#include "tasks/sql/row_copy.hpp"
#include "tasks/support/parameters.hpp"

namespace stepwell::tasks::data {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kManifest = "manifest.json";
constexpr std::int64_t kFileBytesMax = 256'000'000;

struct UnloadParameters {
    std::string connection;
    std::string sql;
    std::string table;
    Json params = Json::object();
    std::string to;
    std::string format = "parquet";
    std::vector<std::string> partition_by;
    std::int64_t file_bytes_max = kFileBytesMax;
    std::string overwrite = "error";
    bool has_manifest = true;
    bool has_header = true;
    std::string null_as;
    bool has_partition_columns = false;
    std::string compression;
    std::int64_t rows_max = -1;

    static DataResult<UnloadParameters> parse(const Json& parameters);
};

DataResult<UnloadParameters> UnloadParameters::parse(const Json& parameters) {
    Faults faults;
    ParameterReader read(parameters, "", faults);
    UnloadParameters unload;
    unload.connection = read.text("connection");
    unload.sql = read.text("sql");
    unload.table = read.text("table");
    if (unload.sql.empty() == unload.table.empty())
        read.fault("sql", "expected either sql or table");
    if (const Json* params = read.any("params")) unload.params = *params;
    unload.to = read.required_text("to");
    unload.format = read.choice("format", {"parquet", "csv", "ndjson"}, "parquet");
    unload.partition_by = read.texts("partition_by");
    read.flag("parallel", true);
    if (const Json* bytes = read.any("max_file_size")) {
        const auto parsed = parse_bytes(*bytes);
        if (!parsed || *parsed < 1) read.fault("max_file_size", "expected a size like 256MB");
        unload.file_bytes_max = parsed.value_or(kFileBytesMax);
    }
    unload.overwrite = read.choice("overwrite", {"error", "allow", "clean_path"}, "error");
    if (const Json* manifest = read.any("manifest");
        manifest != nullptr && manifest->is_boolean()) {
        unload.has_manifest = manifest->get<bool>();
    } else {
        read.choice("manifest", {"verbose"}, "verbose");
    }
    unload.has_header = read.flag("header", true);
    unload.null_as = read.text("null_as");
    unload.has_partition_columns = read.flag("include_partition_columns", false);
    const std::vector<std::string> codecs =
        unload.format == "parquet"
            ? std::vector<std::string>{"zstd", "snappy", "gzip", "uncompressed"}
            : std::vector<std::string>{"none", "gzip", "zstd"};
    unload.compression =
        read.choice("compression", codecs, unload.format == "parquet" ? "zstd" : "none");
    unload.rows_max = read.integer("row_limit_guard").value_or(-1);
    read.finish();
    SW_TRY(faults.result());
    return unload;
}

class Unloader {
public:
    Unloader(DataSession& session, UnloadParameters unload)
        : session_(session), unload_(std::move(unload)) {}
    DataResult<void> run();

private:
    DataResult<void> open();
    DataResult<bool> look_at_target();
    DataResult<void> write_stage();
    DataResult<void> publish();
    DataResult<void> write_manifest();
    DataResult<Json> describe_file(const fs::path& path, const fs::path& name);
    [[nodiscard]] std::string options() const;

    DataSession& session_;
    UnloadParameters unload_;
    Connection* writer_ = nullptr;  // DuckDB, which writes the files
    std::string query_;
    Json parameters_ = Json::object();
    fs::path target_;
    fs::path stage_;
    std::vector<fs::path> old_files_;  // relative
    Json files_ = Json::array();
    std::int64_t rows_ = 0;
};

DataResult<void> Unloader::open() {
    std::string name = unload_.connection;
    std::string sql = unload_.sql;
    if (!unload_.table.empty()) {
        const auto table = SW_TRY(session_.table_reference(unload_.table, name));
        name = table.connection;
        auto* connection = SW_TRY(session_.connect(name));
        SW_TRY(connection->table_columns(table.name));
        sql = "select * from " + quote_table(table.name, connection->dialect());
    }
    auto* source = SW_TRY(session_.connect(name));
    SW_TRY(source->describe(sql, unload_.params));
    if (source->dialect() == Dialect::duckdb) {
        writer_ = source;
        query_ = "select * from (" + sql + "\n) as unloaded";
        parameters_ = unload_.params;
        return {};
    }
    writer_ = SW_TRY(session_.connect_memory());
    SW_TRY(copy_to_duckdb(*source, sql, unload_.params, *writer_, "_sw_unload"));
    query_ = "select * from _sw_unload";
    session_.note_engine(source->database());
    return {};
}

/// What is in the target's folder. True where this very run has written it already.
DataResult<bool> Unloader::look_at_target() {
    target_ = SW_TRY(session_.locations().resolve(unload_.to));
    std::error_code failed;
    if (fs::is_regular_file(target_, failed)) {
        return data_fail("E_CONFIG",
                         "expected a folder to unload to, but " + unload_.to + " is a file");
    }
    for (fs::recursive_directory_iterator it(target_, failed);
         !failed && it != fs::recursive_directory_iterator(); it.increment(failed)) {
        std::error_code ignored;
        if (it->is_regular_file(ignored))
            old_files_.push_back(it->path().lexically_relative(target_));
    }
    std::ifstream file(target_ / kManifest, std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(file)),
                           std::istreambuf_iterator<char>());
    const auto manifest = parse_json(text);
    const bool is_ours = !session_.run_key().empty() && manifest &&
                         string_or(*manifest, "run_key", "") == session_.run_key();
    if (is_ours) {
        files_ = manifest->value("entries", Json::array());
        for (const auto& entry : files_) {
            if (entry.value("rows", Json()).is_number()) rows_ += entry["rows"].get<std::int64_t>();
        }
        return true;
    }
    // Leftovers of an attempt that died are of no account.
    const bool has_files = std::any_of(
        old_files_.begin(), old_files_.end(),
        [](const fs::path& path) { return !path.string().starts_with("_stepwell_unload"); });
    if (!has_files || unload_.overwrite != "error") return false;
    return data_fail("E_CONFLICT", "expected an empty place, but " + unload_.to + " holds " +
                                       std::to_string(old_files_.size()) +
                                       " files; say overwrite: allow or clean_path");
}

std::string Unloader::options() const {
    std::string text = "format " + (unload_.format == "ndjson" ? "json" : unload_.format);
    text += ", compression " + quote_literal(unload_.compression);
    if (unload_.format == "csv") {
        text += std::string(", header ") + (unload_.has_header ? "true" : "false") + ", nullstr " +
                quote_literal(unload_.null_as);
    }
    const std::string id = digest_hex("SHA-256", session_.run_key()).value_or("").substr(0, 8);
    text += ", filename_pattern 'part-" + id + "-{i}'";
    if (unload_.partition_by.empty()) {
        return text + ", file_size_bytes " + std::to_string(unload_.file_bytes_max);
    }
    return text + ", partition_by (" + quoted_list(unload_.partition_by) +
           "), write_partition_columns " + (unload_.has_partition_columns ? "true" : "false");
}

DataResult<void> Unloader::write_stage() {
    stage_ = target_ / "_stepwell_unload";
    std::error_code failed;
    fs::remove_all(stage_, failed);
    fs::create_directories(stage_, failed);
    if (failed) {
        return data_fail("E_DENIED",
                         unload_.to + ": expected to write there, but: " + failed.message());
    }
    if (unload_.rows_max >= 0) {
        const std::int64_t rows =
            SW_TRY(writer_->query_integer("select count(*) from (" + query_ + "\n limit " +
                                              std::to_string(unload_.rows_max + 1) + ")",
                                          parameters_));
        if (rows > unload_.rows_max) {
            return data_fail("E_ROW_COUNT", "expected at most " + std::to_string(unload_.rows_max) +
                                                " rows (row_limit_guard), but there are more");
        }
    }
    rows_ = SW_TRY(writer_->execute("copy (" + query_ + "\n) to " +
                                        quote_literal((stage_ / "data").string()) + " (" +
                                        options() + ")",
                                    parameters_));
    return {};
}

DataResult<Json> Unloader::describe_file(const fs::path& path, const fs::path& name) {
    Json entry = {{"uri", session_.locations().uri_of(target_ / name)}};
    const InputFile file = SW_TRY(stat_file(path, path.string()));
    const bool is_compressed = unload_.format != "parquet" && unload_.compression != "none";
    if (unload_.format == "parquet") {
        entry["rows"] =
            SW_TRY(writer_->query_integer("select sum(num_rows) from parquet_file_metadata(" +
                                          quote_literal(path.string()) + ")"));
    } else if (is_compressed) {
        entry["rows"] = nullptr;
    } else {
        CsvOptions csv;
        csv.is_lines = unload_.format == "ndjson";
        csv.has_header = unload_.has_header;
        if (!csv.has_header) csv.names = {"first"};
        const duckdb::CsvLease lease(SW_TRY(CsvScan::open({file}, csv)));
        entry["rows"] = SW_TRY(writer_->query_integer("select count(*) from " + lease.relation()));
    }
    entry["bytes"] = file.bytes;
    std::ifstream stream(path, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(stream)),
                            std::istreambuf_iterator<char>());
    entry["sha256"] = digest_hex("SHA-256", bytes).value_or("");
    session_.count("files", "written", 1);
    session_.count("bytes", "written", static_cast<std::int64_t>(file.bytes));
    return entry;
}

/// Gives the staged files their places; the manifest comes last and says that all are there.
DataResult<void> Unloader::publish() {
    std::error_code failed;
    std::vector<fs::path> staged;
    for (fs::recursive_directory_iterator it(stage_, failed);
         !failed && it != fs::recursive_directory_iterator(); it.increment(failed)) {
        std::error_code ignored;
        if (it->is_regular_file(ignored)) staged.push_back(it->path());
    }
    std::sort(staged.begin(), staged.end());
    std::vector<fs::path> names;
    for (const auto& path : staged) {
        // stage/data (one file), stage/data/part-0.parquet, stage/data/p=1/part-0.parquet
        fs::path name = path.lexically_relative(stage_ / "data");
        if (name == ".") name = "part-0." + unload_.format;
        Json entry = SW_TRY(describe_file(path, name));
        const bool is_void = entry["rows"] == 0 && staged.size() > 1;
        if (is_void) continue;
        SW_TRY(sync_path(path));
        files_.push_back(std::move(entry));
        SW_TRY(move_file(path, target_ / name));
        names.push_back(name);
    }
    if (unload_.overwrite == "clean_path") {
        for (const auto& old : old_files_) {
            if (std::find(names.begin(), names.end(), old) == names.end())
                fs::remove(target_ / old, failed);
        }
    }
    fs::remove_all(stage_, failed);
    return write_manifest();
}

DataResult<void> Unloader::write_manifest() {
    if (!unload_.has_manifest) return {};
    Json schema = Json::array();
    for (const auto& column : SW_TRY(writer_->describe(query_, parameters_))) {
        schema.push_back({{"name", column.name}, {"type", column.type}});
    }
    const Json manifest = {{"run_key", session_.run_key()},
                           {"rows", rows_},
                           {"format", unload_.format},
                           {"schema", std::move(schema)},
                           {"entries", files_}};
    const fs::path temporary = target_ / "_tmp-manifest.json";
    std::ofstream file(temporary, std::ios::binary);
    file << manifest.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
    file.close();
    if (!file)
        return data_fail("E_DISK", target_.string() + ": expected to write the manifest there");
    SW_TRY(sync_path(temporary));
    std::error_code failed;
    fs::rename(temporary, target_ / kManifest, failed);
    if (failed) return data_fail("E_DISK", target_.string() + ": " + failed.message());
    return sync_path(target_);
}

DataResult<void> Unloader::run() {
    Json& result = session_.result();
    const auto guard = SW_TRY(lock_by_name("unload " + unload_.to, std::chrono::minutes(1),
                                           [&] { return session_.context().is_cancelled(); }));
    const bool is_done = SW_TRY(look_at_target());
    if (!is_done) {
        SW_TRY(open());
        SW_TRY(write_stage());
        SW_TRY(publish());
    }
    result["commit"] = {{"run_key", session_.run_key()}, {"replayed", is_done}};
    result["rows"]["read"] = rows_;
    result["rows"]["good"] = rows_;
    result["rows"]["written"] = rows_;
    result["outputs"].push_back({{"uri", session_.locations().uri_of(target_)}, {"rows", rows_}});
    result["unloaded"] = files_;
    if (unload_.has_manifest) {
        result["manifest"] = session_.locations().uri_of(target_ / kManifest);
    }
    return {};
}

}  // namespace

DataResult<void> run_unload(DataSession& session, const Json& parameters) {
    return Unloader(session, SW_TRY(UnloadParameters::parse(parameters))).run();
}

}  // namespace stepwell::tasks::data

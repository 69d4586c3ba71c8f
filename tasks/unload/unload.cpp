#include "tasks/unload/unload.hpp"

#include <algorithm>

#include "engine/base/digest.hpp"
#include "engine/base/json_layout.hpp"
#include "tasks/data/file_output.hpp"
#include "tasks/files/beneath.hpp"
#include "tasks/files/csv_function.hpp"
#include "tasks/files/durable_files.hpp"
#include "tasks/files/hive_partitions.hpp"
#include "tasks/sql/row_copy.hpp"
#include "tasks/support/parameters.hpp"
#include "tasks/unload/unload_shape.hpp"

namespace stepwell::tasks::data {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kStage = "_stepwell_unload";
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

bool is_parquet_codec(std::string_view codec) {
    return codec == "zstd" || codec == "snappy" || codec == "gzip" || codec == "uncompressed";
}

bool is_text_codec(std::string_view codec) {
    return codec == "none" || codec == "gzip" || codec == "zstd";
}

/// Which codecs there are depends on the format.
std::string codec_of(ParameterReader& read, const std::string& format) {
    std::string codec = read.text("compression");
    const bool is_parquet = format == "parquet";
    if (codec.empty()) return is_parquet ? "zstd" : "none";
    if (is_parquet && !is_parquet_codec(codec)) {
        read.fault("compression",
                   "expected one of zstd, snappy, gzip, uncompressed, but got '" + codec + "'");
    }
    if (!is_parquet && !is_text_codec(codec)) {
        read.fault("compression", "expected one of none, gzip, zstd, but got '" + codec + "'");
    }
    return codec;
}

DataResult<UnloadParameters> UnloadParameters::parse(const Json& parameters) {
    Faults faults;
    ParameterReader read = ParameterReader::checked(parameters, unload_shape(), "", faults);
    UnloadParameters unload;
    unload.connection = read.text("connection");
    unload.sql = read.text("sql");
    unload.table = read.text("table");
    if (const Json* params = read.any("params")) unload.params = *params;
    unload.to = read.text("to");
    unload.format = read.text("format");
    unload.partition_by = read.texts("partition_by");
    read.flag("parallel");
    if (const Json* bytes = read.any("max_file_size")) {
        unload.file_bytes_max = parse_bytes(*bytes).value_or(kFileBytesMax);
    }
    unload.overwrite = read.text("overwrite");
    const Json* manifest = read.any("manifest");
    unload.has_manifest = manifest == nullptr || *manifest != false;
    unload.has_header = read.flag("header");
    unload.null_as = read.text("null_as");
    unload.has_partition_columns = read.flag("include_partition_columns");
    unload.compression = codec_of(read, unload.format);
    unload.rows_max = read.integer("row_limit_guard").value_or(-1);
    read.finish();
    SW_TRY(faults.result());
    return unload;
}

class Unloader {
public:
    Unloader(DataSession& session, UnloadParameters unload, const FaultHook& fault_hook)
        : session_(session), unload_(std::move(unload)), fault_hook_(fault_hook) {}
    DataResult<void> run();

private:
    DataResult<void> open();
    DataResult<bool> is_done();
    DataResult<void> look_at_target();
    DataResult<void> make_stage();
    DataResult<void> check_row_limit();
    DataResult<void> write_stage();
    DataResult<void> put_in_folder();
    DataResult<std::vector<fs::path>> describe_stage();
    DataResult<void> publish();
    DataResult<void> write_manifest();
    DataResult<std::int64_t> rows_in(const InputFile& file);
    DataResult<Json> describe_file(const fs::path& path, const fs::path& name);
    [[nodiscard]] bool is_own(const fs::path& relative) const;
    /// A point at which a test may end the task as a crash would.
    DataResult<void> reached(std::string_view point) {
        return fault_hook_ ? fault_hook_(point) : DataResult<void>();
    }
    [[nodiscard]] std::string options() const;

    DataSession& session_;
    UnloadParameters unload_;
    const FaultHook& fault_hook_;
    std::string id_;                // of the run: the same for every attempt
    Connection* writer_ = nullptr;  // DuckDB, which writes the files
    std::string query_;
    Json parameters_ = Json::object();
    fs::path target_;
    fs::path stage_;
    std::vector<fs::path> old_files_;  // relative; those of earlier attempts too
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

/// Whether an attempt of this run has written the file: it carries the run's name.
bool Unloader::is_own(const fs::path& relative) const {
    const std::string name = relative.filename().string();
    return name.starts_with("part-" + id_ + "-");
}

/// Leftovers of an attempt that died, and what it has yet to replace, are of no account.
bool is_leftover(const fs::path& relative) {
    return relative.begin()->string() == kStage ||
           relative.filename().string().starts_with("_tmp-");
}

/// True where this very run has written all of it already.
DataResult<bool> Unloader::is_done() {
    if (session_.run_key().empty()) return false;
    const auto text = files::read_file(target_ / kManifest);
    const auto manifest = parse_json(text ? *text : std::string());
    if (!manifest || string_or(*manifest, "run_key", "") != session_.run_key()) return false;
    files_ = manifest->value("entries", Json::array());
    rows_ = manifest->value("rows", std::int64_t{0});
    return true;
}

DataResult<void> Unloader::look_at_target() {
    if (fs::exists(target_) && !fs::is_directory(target_)) {
        return data_fail("E_CONFIG",
                         "expected a folder to unload to, but " + unload_.to + " is a file");
    }
    std::size_t others = 0;
    for (auto& path : SW_TRY(session_.locations().all_below(target_))) {
        const bool is_table = std::any_of(path.begin(), path.end(),
                                          [](const fs::path& part) { return part == kLakeFolder; });
        if (is_table && unload_.overwrite == "clean_path") {
            return data_fail("E_CONFLICT", "expected a folder without lake tables to clean, but " +
                                               unload_.to + " holds " + path.string() +
                                               "; choose another folder");
        }
        if (is_leftover(path)) continue;
        if (!is_own(path)) ++others;
        old_files_.push_back(std::move(path));
    }
    if (others == 0 || unload_.overwrite != "error") return {};
    return data_fail("E_CONFLICT", "expected an empty place, but " + unload_.to + " holds " +
                                       std::to_string(others) +
                                       " files; say overwrite: allow or clean_path");
}

/// What the files' names end in.
std::string extension_of(const UnloadParameters& unload) {
    if (unload.format == "parquet" || unload.compression == "none") return unload.format;
    return unload.format + (unload.compression == "gzip" ? ".gz" : ".zst");
}

std::string Unloader::options() const {
    std::string text = "format " + (unload_.format == "ndjson" ? "json" : unload_.format);
    text += ", compression " + quote_literal(unload_.compression);
    if (unload_.format == "csv") {
        text += std::string(", header ") + (unload_.has_header ? "true" : "false") + ", nullstr " +
                quote_literal(unload_.null_as);
    }
    text += ", filename_pattern 'part-" + id_ + "-{i}', file_extension " +
            quote_literal(extension_of(unload_));
    if (unload_.partition_by.empty()) {
        return text + ", file_size_bytes " + std::to_string(unload_.file_bytes_max);
    }
    return text + ", partition_by (" + quoted_list(unload_.partition_by) +
           "), write_partition_columns " + (unload_.has_partition_columns ? "true" : "false");
}

DataResult<void> Unloader::make_stage() {
    const files::Place place = SW_TRY(session_.locations().place_of(stage_));
    SW_TRY(files::make_beneath(place.root, place.relative));
    return {};
}

DataResult<void> Unloader::check_row_limit() {
    if (unload_.rows_max < 0) return {};
    const std::int64_t rows =
        SW_TRY(writer_->query_integer("select count(*) from (" + query_ + "\n limit " +
                                          std::to_string(unload_.rows_max + 1) + ")",
                                      parameters_));
    if (rows <= unload_.rows_max) return {};
    return data_fail("E_ROW_COUNT", "expected at most " + std::to_string(unload_.rows_max) +
                                        " rows (row_limit_guard), but there are more");
}

DataResult<void> Unloader::write_stage() {
    SW_TRY(check_row_limit());
    const auto columns = SW_TRY(writer_->describe(query_, parameters_));
    const std::string query =
        guarded_select(unload_.partition_by, columns) + " from (" + query_ + "\n) as guarded";
    rows_ = SW_TRY(writer_->execute("copy (" + query + ") to " +
                                        quote_literal((stage_ / "data").string()) + " (" +
                                        options() + ")",
                                    parameters_));
    return put_in_folder();
}

/// How many rows come back when the file is read.
DataResult<std::int64_t> Unloader::rows_in(const InputFile& file) {
    const std::string path = quote_literal(file.path.string());
    if (unload_.format == "parquet") {
        return writer_->query_integer("select sum(num_rows) from parquet_file_metadata(" + path +
                                      ")");
    }
    if (unload_.compression != "none") {
        const std::string codec = ", compression = " + quote_literal(unload_.compression) + ")";
        if (unload_.format == "ndjson")
            return writer_->query_integer("select count(*) from read_ndjson_objects(" + path +
                                          codec);
        const std::string header = unload_.has_header ? "true" : "false";
        return writer_->query_integer("select count(*) from read_csv(" + path +
                                      ", all_varchar = true, delim = ',', quote = '\"', escape = "
                                      "'\"', header = " +
                                      header + codec);
    }
    CsvOptions csv;
    csv.is_lines = unload_.format == "ndjson";
    csv.has_header = unload_.has_header;
    if (!csv.has_header) csv.names = {"first"};
    const duckdb::CsvLease lease(SW_TRY(CsvScan::open({file}, csv)));
    return writer_->query_integer("select count(*) from " + lease.relation());
}

DataResult<Json> Unloader::describe_file(const fs::path& path, const fs::path& name) {
    const InputFile file = SW_TRY(session_.locations().file_at(path));
    Json entry = {{"uri", session_.locations().uri_of(target_ / name)}};
    entry["rows"] = SW_TRY(rows_in(file));
    entry["bytes"] = file.bytes;
    entry["sha256"] =
        SW_TRY(files::sha256_of({file.root, file.path.lexically_relative(file.root)}));
    return entry;
}

/// What the engine wrote as one file is in a folder, too.
DataResult<void> Unloader::put_in_folder() {
    std::error_code ignored;
    const fs::path data = stage_ / "data";
    if (!fs::is_regular_file(data, ignored)) return {};
    const fs::path name = "part-" + id_ + "-0." + extension_of(unload_);
    SW_TRY(files::rename_path(data, stage_ / name));
    SW_TRY(files::make_folder(data));
    return files::rename_path(stage_ / name, data / name);
}

/// Of the staged files, where they go; fails where rows are not in them.
DataResult<std::vector<fs::path>> Unloader::describe_stage() {
    std::vector<fs::path> names;
    std::int64_t rows = 0;
    const auto staged = SW_TRY(files::files_below(stage_ / "data"));
    for (const fs::path name : staged) {
        Json entry = SW_TRY(describe_file(stage_ / "data" / name, name));
        const auto in_file = entry["rows"].get<std::int64_t>();
        if (in_file == 0 && staged.size() > 1) continue;
        rows += in_file;
        session_.count("files", "written", 1);
        session_.count("bytes", "written", entry["bytes"].get<std::int64_t>());
        files_.push_back(std::move(entry));
        names.push_back(name);
    }
    if (rows == rows_) return names;
    return data_fail("E_ROW_COUNT", "expected " + std::to_string(rows_) +
                                        " rows in the files, as the query gave, but " +
                                        std::to_string(rows) + " come back");
}

/// Gives the staged files their places, then takes what is not to stay; the manifest comes last
/// and says that all are there.
DataResult<void> Unloader::publish() {
    const auto& locations = session_.locations();
    const auto names = SW_TRY(describe_stage());
    SW_TRY(reached("staged"));
    for (const auto& name : names) {
        SW_TRY(give_name(session_, stage_ / "data" / name, target_ / name));
        SW_TRY(reached("published"));
    }
    for (const auto& old : old_files_) {
        const bool is_new = std::find(names.begin(), names.end(), old) != names.end();
        const bool goes = is_own(old) || unload_.overwrite == "clean_path";
        if (is_new || !goes || old == kManifest) continue;
        const files::Place place = SW_TRY(locations.place_of(target_ / old));
        SW_TRY(files::remove_file(place));
        SW_TRY(reached("removed"));
    }
    SW_TRY(write_manifest());
    SW_TRY(reached("listed"));
    return files::remove_tree(stage_);
}

DataResult<void> Unloader::write_manifest() {
    if (!unload_.has_manifest) {
        if (unload_.overwrite != "clean_path") return {};
        return files::remove_file(SW_TRY(session_.locations().place_of(target_ / kManifest)));
    }
    Json schema = Json::array();
    for (const auto& column : SW_TRY(writer_->describe(query_, parameters_))) {
        schema.push_back({{"name", column.name}, {"type", column.type}});
    }
    const Json manifest = {{kManifestMark, session_.run_key()},
                           {"rows", rows_},
                           {"format", unload_.format},
                           {"schema", std::move(schema)},
                           {"entries", files_}};
    const fs::path draft = stage_ / kManifest;
    SW_TRY(files::create_file(draft, to_lines(manifest) + "\n"));
    SW_TRY(reached("described"));
    return give_name(session_, draft, target_ / kManifest);
}

DataResult<void> Unloader::run() {
    Json& result = session_.result();
    target_ = SW_TRY(session_.locations().target(unload_.to));
    id_ = digest_hex("SHA-256", session_.run_key()).value_or("").substr(0, 8);
    const auto guard = SW_TRY(lock_by_name("unload " + target_.string(), std::chrono::minutes(1),
                                           [&] { return session_.context().is_cancelled(); }));
    const fs::path folder = session_.locations().staging_folder(target_);
    stage_ = folder / (folder == target_ ? std::string(kStage) : "unload-" + id_);
    SW_TRY(files::remove_tree(stage_));  // of an attempt that died
    const bool was_done = SW_TRY(is_done());
    if (!was_done) {
        SW_TRY(look_at_target());
        SW_TRY(open());
        SW_TRY(make_stage());
        auto done = write_stage();
        if (done) done = publish();
        if (!done && !fault_hook_) (void)files::remove_tree(stage_);
        if (!done) return done;
    }
    result["commit"] = {{"run_key", session_.run_key()}, {"replayed", was_done}};
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

DataResult<void> run_unload(DataSession& session, const Json& parameters,
                            const FaultHook& fault_hook) {
    return Unloader(session, SW_TRY(UnloadParameters::parse(parameters)), fault_hook).run();
}

}  // namespace stepwell::tasks::data

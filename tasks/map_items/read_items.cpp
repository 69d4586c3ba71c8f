#include "tasks/map_items/read_items.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "tasks/data/data_session.hpp"
#include "tasks/files/durable_files.hpp"
#include "tasks/map_items/csv_items.hpp"
#include "tasks/map_items/json_items.hpp"

namespace stepwell::tasks::map_items {
namespace {

namespace fs = std::filesystem;
using data::data_fail;
using data::DataSession;
using data::InputFile;

/// An object, or a part of the names in a bucket.
struct Address {
    std::string bucket;
    std::string key;
    [[nodiscard]] std::string uri() const { return "s3://" + bucket + "/" + key; }
};

Address address_of(std::string_view uri) {
    constexpr std::string_view kScheme = "s3://";
    if (uri.starts_with(kScheme)) uri.remove_prefix(kScheme.size());
    const std::size_t slash = std::min(uri.find('/'), uri.size());
    return {std::string(uri.substr(0, slash)),
            std::string(uri.substr(std::min(slash + 1, uri.size())))};
}

char delimiter_of(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, char>, 5> kNames = {
        {{"COMMA", ','}, {"PIPE", '|'}, {"SEMICOLON", ';'}, {"SPACE", ' '}, {"TAB", '\t'}}};
    for (const auto& [known, c] : kNames) {
        if (known == name) return c;
    }
    return ',';
}

bool is_compressed(const std::string& key) {
    return key.ends_with(".gz") || key.ends_with(".zst");
}

class ItemReading {
public:
    ItemReading(DataSession& session, const Json& parameters, ItemsFile& items)
        : session_(session),
          parameters_(parameters),
          config_(parameters.value("ReaderConfig", Json::object())),
          items_(items) {}

    DataResult<void> run();

private:
    DataResult<void> read_listing();
    DataResult<void> read_manifest(const Address& manifest);
    DataResult<void> read_inventory(const Address& manifest);
    DataResult<void> read_object(const Address& object, const std::string& type);
    DataResult<void> read_csv_object(const Address& object, const CsvForm& form);
    DataResult<void> read_by_engine(const InputFile& file, const std::string& query);
    DataResult<InputFile> file_of(const Address& object);
    DataResult<ByteSource> open(const Address& object);
    DataResult<std::vector<InputFile>> files_with(const Address& prefix, const fs::path& bucket);
    DataResult<fs::path> bucket_folder(const std::string& bucket);
    DataResult<std::string> text_of(const Address& object);
    [[nodiscard]] CsvForm csv_form() const;

    DataSession& session_;
    const Json& parameters_;
    const Json config_;
    ItemsFile& items_;
};

DataResult<fs::path> ItemReading::bucket_folder(const std::string& bucket) {
    return session_.locations().resolve("lake://" + bucket);
}

DataResult<InputFile> ItemReading::file_of(const Address& object) {
    const auto& locations = session_.locations();
    auto file =
        locations.file_at(SW_TRY(locations.resolve("lake://" + object.bucket + "/" + object.key)));
    if (!file) return fail(std::move(file).error().within(object.uri()));
    return file;
}

DataResult<ByteSource> ItemReading::open(const Address& object) {
    const InputFile file = SW_TRY(file_of(object));
    return ByteSource(SW_TRY(file.open()), object.uri());
}

/// A manifest: it names files, and is small.
DataResult<std::string> ItemReading::text_of(const Address& object) {
    ByteSource source = SW_TRY(open(object));
    std::string text;
    for (int c = source.next(); c != ByteSource::kEnd; c = source.next()) {
        text += static_cast<char>(c);
        if (text.size() > kItemBytesMax) {
            return source.fault("E_FORMAT", "expected a manifest of at most " +
                                                std::to_string(kItemBytesMax) + " bytes");
        }
    }
    SW_TRY(source.check());
    return text;
}

CsvForm ItemReading::csv_form() const {
    CsvForm form;
    form.delimiter = delimiter_of(string_or(config_, "CSVDelimiter", "COMMA"));
    const Json* headers = find(config_, "CSVHeaders");
    const bool are_given = string_or(config_, "CSVHeaderLocation", "") == "GIVEN";
    if (are_given && headers) form.headers = headers->get<std::vector<std::string>>();
    return form;
}

/// DuckDB's rows, each as one JSON text.
DataResult<void> ItemReading::read_by_engine(const InputFile& file, const std::string& query) {
    auto* engine = SW_TRY(session_.connect_memory());
    bool was_enough = false;
    auto done = engine->scan(query, Json::object(), [&](data::Row& row) -> DataResult<void> {
        was_enough = items_.is_full();
        if (was_enough) return data_fail("E_CANCELLED", "there are enough items");
        return items_.add(row[0].is_string() ? row[0].get<std::string>() : to_text(row[0]));
    });
    if (done || was_enough) return {};
    auto error = std::move(done).error();
    return fail(std::move(error).within(file.uri));
}

DataResult<void> ItemReading::read_csv_object(const Address& object, const CsvForm& form) {
    if (!is_compressed(object.key)) {
        ByteSource source = SW_TRY(open(object));
        return read_csv(source, form, items_);
    }
    const InputFile file = SW_TRY(file_of(object));
    SW_TRY(check_headers(form.headers));
    std::string options = ", all_varchar = true, null_padding = true, quote = '\"', escape = '\"'";
    options += std::string(", delim = '") + form.delimiter + "', auto_detect = false";
    options += form.headers.empty() ? ", header = true" : ", header = false";
    if (!form.headers.empty()) {
        std::string list;
        for (const std::string& name : form.headers) {
            list += (list.empty() ? "" : ", ") + data::quote_literal(name) + ": 'VARCHAR'";
        }
        options += ", columns = {" + list + "}";
    }
    // An empty field is an empty text, as in plain files.
    return read_by_engine(
        file,
        "select to_json(_stepwell_row)::varchar from (select coalesce(columns(*), '') "
        "from read_csv(" +
            data::quote_literal(file.path.string()) + options + ")) _stepwell_row");
}

DataResult<void> ItemReading::read_object(const Address& object, const std::string& type) {
    if (type == "CSV") return read_csv_object(object, csv_form());
    if (type == "PARQUET") {
        const InputFile file = SW_TRY(file_of(object));
        return read_by_engine(file, "select to_json(_stepwell_row)::varchar from read_parquet(" +
                                        data::quote_literal(file.path.string()) +
                                        ") _stepwell_row");
    }
    if (is_compressed(object.key)) {
        return data_fail("E_UNSUPPORTED", object.uri() +
                                              ": expected a plain file, but it is compressed; "
                                              "decompress it, or write CSV or Parquet");
    }
    ByteSource source = SW_TRY(open(object));
    if (type == "JSONL") return read_json_lines(source, items_);
    return read_json_array(source, string_or(config_, "ItemsPointer", ""), items_);
}

/// An S3 inventory: its manifest names gzipped CSV files, and their columns.
DataResult<void> ItemReading::read_inventory(const Address& manifest) {
    const auto json = parse_json(SW_TRY(text_of(manifest)));
    const Json* files = json ? find(*json, "files") : nullptr;
    if (!files || !files->is_array()) {
        return data_fail("E_FORMAT", manifest.uri() +
                                         ": expected the manifest of an S3 inventory, an object "
                                         "with 'files' and 'fileSchema', but it is none");
    }
    const std::string format = string_or(*json, "fileFormat", "CSV");
    if (format != "CSV") {
        return data_fail("E_UNSUPPORTED",
                         manifest.uri() + ": expected an inventory in CSV, but it is in " + format);
    }
    CsvForm form;
    std::string name;
    for (const char c : string_or(*json, "fileSchema", "") + ",") {
        if (c == ',') form.headers.push_back(std::exchange(name, ""));
        if (c != ',' && c != ' ') name += c;
    }
    const std::string destination = string_or(*json, "destinationBucket", manifest.bucket);
    const std::string bucket = destination.substr(destination.rfind(':') + 1);
    for (const Json& file : *files) {
        if (items_.is_full()) return {};
        SW_TRY(read_csv_object({bucket, string_or(file, "key", "")}, form));
    }
    return {};
}

/// Athena's: the addresses of files, one a line.
DataResult<void> ItemReading::read_manifest(const Address& manifest) {
    if (string_or(config_, "ManifestType", "S3_INVENTORY") == "S3_INVENTORY") {
        return read_inventory(manifest);
    }
    const std::string text = SW_TRY(text_of(manifest));
    for (std::size_t at = 0; at < text.size() && !items_.is_full();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        std::string line = text.substr(at, end - at);
        at = end + 1;
        while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
        if (line.empty()) continue;
        SW_TRY(read_object(address_of(line), string_or(config_, "InputType", "CSV")));
    }
    return {};
}

/// What others are just writing, and the log of a lake table.
bool is_no_object(const fs::path& relative) {
    return std::any_of(relative.begin(), relative.end(), [](const fs::path& part) {
        return part == data::kLakeFolder ||
               part.string().find(files::kDraftMark) != std::string::npos;
    });
}

DataResult<std::vector<InputFile>> ItemReading::files_with(const Address& prefix,
                                                           const fs::path& bucket) {
    std::vector<InputFile> files;
    for (const fs::path& relative : SW_TRY(session_.locations().all_below(bucket))) {
        const std::string key = relative.generic_string();
        if (!key.starts_with(prefix.key) || is_no_object(relative)) continue;
        auto file = session_.locations().file_at(bucket / relative);
        if (!file && file.error().code == "E_NOT_FOUND") continue;  // gone meanwhile
        files.push_back(SW_TRY(std::move(file)));
    }
    return files;
}

Json listed(const InputFile& file, const std::string& key) {
    struct stat info {};
    const bool is_there = ::stat(file.path.c_str(), &info) == 0;
    return {{"Etag", "\"" + file.etag() + "\""},
            {"Key", key},
            {"LastModified", is_there ? info.st_mtim.tv_sec : 0},
            {"Size", file.bytes},
            {"StorageClass", "STANDARD"}};
}

DataResult<void> ItemReading::read_listing() {
    const Address prefix{string_or(parameters_, "Bucket", ""),
                         string_or(parameters_, "Prefix", "")};
    const fs::path bucket = SW_TRY(bucket_folder(prefix.bucket));
    const bool is_flat = string_or(config_, "Transformation", "NONE") == "LOAD_AND_FLATTEN";
    for (const InputFile& file : SW_TRY(files_with(prefix, bucket))) {
        if (items_.is_full()) return {};
        const std::string key = file.path.lexically_relative(bucket).generic_string();
        if (is_flat) {
            SW_TRY(read_object({prefix.bucket, key}, string_or(config_, "InputType", "JSON")));
        } else {
            SW_TRY(items_.add(to_text(listed(file, key))));
        }
    }
    return {};
}

DataResult<void> ItemReading::run() {
    if (string_or(parameters_, "Resource", "") == "s3:listObjectsV2") return read_listing();
    const Address object{string_or(parameters_, "Bucket", ""), string_or(parameters_, "Key", "")};
    const std::string type = string_or(config_, "InputType", "JSON");
    const bool is_manifest = type == "MANIFEST" || find(config_, "ManifestType");
    return is_manifest ? read_manifest(object) : read_object(object, type);
}

DataResult<Json> read_into_file(const Json& parameters, TaskContext& context) {
    const std::int64_t most = parameters.value("MaxItems", std::int64_t{0});
    if (most < 0) return data_fail("E_CONFIG", "field MaxItems must be positive");
    const fs::path path =
        context.settings().data_folder / parameters.at("ItemsFile").get<std::string>();
    auto items =
        SW_TRY(ItemsFile::create(path, most == 0 ? UINT64_MAX : static_cast<std::uint64_t>(most)));
    DataSession session(context, "map-items");
    SW_TRY(ItemReading(session, parameters, items).run());
    return items.finish();
}

}  // namespace

TaskResult read_items(const Json& parameters, TaskContext& context) {
    auto done = read_into_file(parameters, context);
    if (done) return *std::move(done);
    return fail(TaskError{"States.ItemReaderFailed", done.error().message});
}

}  // namespace stepwell::tasks::map_items

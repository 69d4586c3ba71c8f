#include "engine/definition/map_data_fields.hpp"

#include "engine/base/payload.hpp"

namespace stepwell::definition {
namespace {

constexpr IntegerRange kBatchBytes{1, kPayloadBytesMax};
constexpr IntegerRange kBatchItems{1};

/// The field of the Map, where it is an object; another value is reported.
const Json* object_at(const StateReading& at, const char* name) {
    const Json* json = at.fields.find(name);
    if (json == nullptr || json->is_object()) return json;
    at.fields.report_type(name, "an object");
    return nullptr;
}

void read_query_batcher(const Fields& fields, ItemBatcher& batcher) {
    fields.only({"MaxItemsPerBatch", "MaxInputBytesPerBatch", "BatchInput"}, "'ItemBatcher'");
    batcher.items_max = fields.read_integer_or_query("MaxItemsPerBatch", kBatchItems);
    batcher.bytes_max = fields.read_integer_or_query("MaxInputBytesPerBatch", kBatchBytes);
    batcher.input_query = fields.read_query("BatchInput", Fields::TemplateRoot::object, {});
}

void read_path_batcher(const Fields& fields, ItemBatcher& batcher) {
    fields.only({"MaxItemsPerBatch", "MaxItemsPerBatchPath", "MaxInputBytesPerBatch",
                 "MaxInputBytesPerBatchPath", "BatchInput"},
                "'ItemBatcher'");
    batcher.items_max =
        fields.read_integer_or_path("MaxItemsPerBatch", kBatchItems, PathForm::of_input);
    batcher.bytes_max =
        fields.read_integer_or_path("MaxInputBytesPerBatch", kBatchBytes, PathForm::of_input);
    batcher.input = fields.read_template("BatchInput", Fields::TemplateRoot::object);
}

constexpr IntegerRange kReaderItems{0, 100'000'000};
constexpr std::size_t kHeaderBytesMax = 10'240;

bool is_action(const std::string& resource, std::string_view action) {
    return resource.starts_with("arn:aws") && resource.ends_with(action) &&
           resource.find(":states:") != resource.npos;
}

/// Parameters, or Arguments.
template <class Holder>
void read_address(const StateReading& at, const Fields& fields, Holder& holder) {
    if (at.is_jsonata()) {
        fields.require("Arguments");
        holder.arguments = fields.read_query("Arguments", Fields::TemplateRoot::object, {});
    } else {
        fields.require("Parameters");
        holder.parameters = fields.read_template("Parameters", Fields::TemplateRoot::object);
    }
}

void check_headers(const Fields& fields) {
    const Json* headers = fields.find("CSVHeaders");
    const bool are_given =
        fields.has("CSVHeaderLocation") && *fields.find("CSVHeaderLocation") == "GIVEN";
    if (are_given) fields.require("CSVHeaders");
    if (headers == nullptr) return;
    std::size_t bytes = 0;
    bool are_names = headers->is_array() && !headers->empty();
    for (std::size_t i = 0; are_names && i < headers->size(); ++i) {
        are_names = (*headers)[i].is_string();
        if (are_names) bytes += (*headers)[i].get_ref<const std::string&>().size();
    }
    if (!are_names) return fields.report_type("CSVHeaders", "a list of at least one string");
    if (bytes <= kHeaderBytesMax) return;
    fields.report().add(fields.place().member("CSVHeaders"),
                        {"expected 'CSVHeaders' of at most 10 KiB, but they have " +
                         std::to_string(bytes) + " bytes"});
}

void check_pointer(const Fields& fields) {
    const auto pointer = fields.read_string("ItemsPointer");
    if (!pointer || pointer->empty() || pointer->starts_with("/")) return;
    fields.report().add(fields.place().member("ItemsPointer"),
                        {"expected 'ItemsPointer' to be a JSON pointer, as '/orders/items', but "
                         "it is '" +
                         *pointer + "'"});
}

/// What is left is what the reader's task is told.
Json checked_config(const Fields& fields, const Json& config, bool lists_objects) {
    const bool flattens = string_or(config, "Transformation", "") == "LOAD_AND_FLATTEN";
    const bool reads = !lists_objects || flattens;
    if (reads && !fields.has("ManifestType")) fields.require("InputType");
    const auto type =
        fields.read_enum("InputType", {"CSV", "JSON", "JSONL", "PARQUET", "MANIFEST"});
    static_cast<void>(fields.read_enum("ManifestType", {"ATHENA_DATA", "S3_INVENTORY"}));
    static_cast<void>(fields.read_enum("Transformation", {"NONE", "LOAD_AND_FLATTEN"}));
    static_cast<void>(
        fields.read_enum("CSVDelimiter", {"COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"}));
    static_cast<void>(fields.read_enum("CSVHeaderLocation", {"FIRST_ROW", "GIVEN"}));
    if (type == "CSV") fields.require("CSVHeaderLocation");
    check_headers(fields);
    check_pointer(fields);
    Json kept = config;
    kept.erase("MaxItems");
    kept.erase("MaxItemsPath");
    return kept;
}

void read_reader_config(const StateReading& at, const Fields& outer, ItemReader& reader) {
    const Json* config =
        reader.lists_objects ? outer.find("ReaderConfig") : outer.require("ReaderConfig");
    if (config == nullptr) return;
    if (!config->is_object()) return outer.report_type("ReaderConfig", "an object");
    const Place place = outer.place().member("ReaderConfig");
    const Fields fields(at.reading.report, *config, place);
    std::vector<std::string> names = {"InputType",    "ManifestType", "Transformation",
                                      "CSVDelimiter", "CSVHeaders",   "CSVHeaderLocation",
                                      "ItemsPointer", "MaxItems"};
    if (!at.is_jsonata()) names.emplace_back("MaxItemsPath");
    fields.only(names, "'ReaderConfig'");
    reader.config = checked_config(fields, *config, reader.lists_objects);
    reader.items_max =
        at.is_jsonata() ? fields.read_integer_or_query("MaxItems", kReaderItems)
                        : fields.read_integer_or_path("MaxItems", kReaderItems, PathForm::of_input);
}

void read_writer_config(const StateReading& at, const Fields& outer, ResultWriter& writer) {
    const Json* config = outer.find("WriterConfig");
    if (config == nullptr) return;
    if (!config->is_object()) return outer.report_type("WriterConfig", "an object");
    const Place place = outer.place().member("WriterConfig");
    const Fields fields(at.reading.report, *config, place);
    fields.only({"Transformation", "OutputType"}, "'WriterConfig'");
    static_cast<void>(fields.read_enum("Transformation", {"NONE", "COMPACT", "FLATTEN"}));
    static_cast<void>(fields.read_enum("OutputType", {"JSON", "JSONL"}));
    writer.config = *config;
}

}  // namespace

std::optional<ItemReader> read_item_reader(const StateReading& at) {
    const Json* json = object_at(at, "ItemReader");
    if (json == nullptr) return std::nullopt;
    const Place place = at.fields.place().member("ItemReader");
    const Fields fields(at.reading.report, *json, place);
    fields.only({"Resource", at.is_jsonata() ? "Arguments" : "Parameters", "ReaderConfig"},
                "'ItemReader'");
    ItemReader reader;
    fields.require("Resource");
    const auto resource = fields.read_string("Resource");
    reader.lists_objects = resource && is_action(*resource, ":s3:listObjectsV2");
    if (resource && !reader.lists_objects && !is_action(*resource, ":s3:getObject")) {
        at.reading.report.add(place.member("Resource"),
                              {"expected 'Resource' to be 'arn:aws:states:::s3:getObject' or "
                               "'arn:aws:states:::s3:listObjectsV2', but it is '" +
                               *resource + "'"});
    }
    read_address(at, fields, reader);
    read_reader_config(at, fields, reader);
    return reader;
}

std::optional<ResultWriter> read_result_writer(const StateReading& at) {
    const Json* json = object_at(at, "ResultWriter");
    if (json == nullptr) return std::nullopt;
    const Place place = at.fields.place().member("ResultWriter");
    const Fields fields(at.reading.report, *json, place);
    const char* address = at.is_jsonata() ? "Arguments" : "Parameters";
    fields.only({"Resource", address, "WriterConfig"}, "'ResultWriter'");
    ResultWriter writer;
    writer.exports = fields.has("Resource") || fields.has(address);
    if (!writer.exports && !fields.has("WriterConfig")) {
        at.reading.report.add_at_name(
            place, {"expected 'Resource' and '" + std::string(address) +
                    "', or 'WriterConfig', in 'ResultWriter', but there is neither"});
    }
    if (writer.exports) {
        fields.require("Resource");
        read_address(at, fields, writer);
        const auto resource = fields.read_string("Resource");
        if (resource && !is_action(*resource, ":s3:putObject")) {
            at.reading.report.add(place.member("Resource"),
                                  {"expected 'Resource' to be 'arn:aws:states:::s3:putObject', "
                                   "but it is '" +
                                   *resource + "'"});
        }
    }
    read_writer_config(at, fields, writer);
    return writer;
}

std::optional<ItemBatcher> read_batcher(const StateReading& at) {
    const Json* json = object_at(at, "ItemBatcher");
    if (json == nullptr) return std::nullopt;
    const Place place = at.fields.place().member("ItemBatcher");
    const Fields fields(at.reading.report, *json, place);
    ItemBatcher batcher;
    at.is_jsonata() ? read_query_batcher(fields, batcher) : read_path_batcher(fields, batcher);
    const bool has_limit = fields.has("MaxItemsPerBatch") || fields.has("MaxInputBytesPerBatch") ||
                           fields.has("MaxItemsPerBatchPath") ||
                           fields.has("MaxInputBytesPerBatchPath");
    if (!has_limit) {
        at.reading.report.add_at_name(
            place, {"expected 'MaxItemsPerBatch' or 'MaxInputBytesPerBatch', but there is neither",
                    "say how many items, or bytes, one execution gets"});
    }
    return batcher;
}

}  // namespace stepwell::definition

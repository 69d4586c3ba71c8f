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

}  // namespace

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

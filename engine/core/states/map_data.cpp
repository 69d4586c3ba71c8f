// Where a distributed Map's items are read, and where what they gave is written: what the tasks get
// that do it.
#include "engine/core/states/map_fields.hpp"
#include "engine/expression/value.hpp"

namespace stepwell::core {

using definition::MapState;
using expression::Failure;

namespace {

/// It is kept with the Map Run, which is written often.
constexpr std::size_t kOrderBytesMax = 32'768;

/// What Parameters or Arguments of `field` give.
Evaluated<Json> address_of(const auto& holder, const std::string& field, Evaluation& at) {
    Json address;
    if (holder.arguments) {
        address =
            SW_TRY(holder.arguments->evaluate(at.queries(at.frame().input), field + "/Arguments"));
    } else if (holder.parameters) {
        const Payload input = SW_TRY(effective_input(at));
        address = SW_TRY(holder.parameters->evaluate(at.over(input)));
    }
    const char* error = holder.arguments ? errors::kQueryEvaluation : errors::kRuntime;
    if (!address.is_object()) {
        return fail(Failure{error, field + " must say where the data is, in an object.", field});
    }
    if (to_text(address).size() > kOrderBytesMax) {
        return fail(Failure{error, field + " must not exceed 32 KiB.", field});
    }
    return address;
}

Evaluated<void> require(const Json& address, const char* name, const std::string& field) {
    if (!string_or(address, name, "").empty()) return {};
    return fail(Failure{errors::kRuntime,
                        "The field '" + std::string(name) + "' of " + field +
                            " must be a string that is not empty.",
                        field});
}

Evaluated<std::int64_t> items_max_of(const definition::ItemReader& reader, Evaluation& at) {
    const definition::NumberOrPath& most = reader.items_max;
    if (most.query) {
        constexpr const char* kField = "ItemReader/ReaderConfig/MaxItems";
        const Json value = SW_TRY(most.query->evaluate(at.queries(at.frame().input), kField,
                                                       expression::QueryType::integer));
        return as_integer(value).value_or(0);
    }
    const Payload input = SW_TRY(effective_input(at));
    return number_of(most, "MaxItemsPath", at.over(input));
}

}  // namespace

Evaluated<Json> reader_of(const MapState& map, Evaluation& at) {
    if (!map.distributed || !map.distributed->reader) return Json();
    const definition::ItemReader& reader = *map.distributed->reader;
    const std::int64_t items_max = SW_TRY(items_max_of(reader, at));
    Json order = SW_TRY(address_of(reader, "ItemReader", at));
    SW_TRY(require(order, "Bucket", "ItemReader"));
    if (!reader.lists_objects) SW_TRY(require(order, "Key", "ItemReader"));
    order["Resource"] = reader.lists_objects ? "s3:listObjectsV2" : "s3:getObject";
    order["ReaderConfig"] = reader.config;
    if (items_max != 0) order["MaxItems"] = items_max;
    return order;
}

Evaluated<Payload> read_of(const MapState& map, Evaluation& at, const Payload& items) {
    if (!map.distributed || !map.distributed->reader) return items;
    const std::int64_t most = SW_TRY(items_max_of(*map.distributed->reader, at));
    const Json& all = at.look_into(items);
    if (most <= 0 || static_cast<std::size_t>(most) >= all.size()) return items;
    Json first = Json::array();
    for (std::int64_t i = 0; i < most; ++i) first.push_back(all[static_cast<std::size_t>(i)]);
    return Payload(std::move(first));
}

Evaluated<Json> writer_of(const MapState& map, Evaluation& at) {
    if (!map.distributed || !map.distributed->writer) return Json();
    const definition::ResultWriter& writer = *map.distributed->writer;
    Json order = Json::object();
    if (writer.exports) {
        const Json address = SW_TRY(address_of(writer, "ResultWriter", at));
        SW_TRY(require(address, "Bucket", "ResultWriter"));
        order["Bucket"] = string_or(address, "Bucket", "");
        order["Prefix"] = string_or(address, "Prefix", "");
    }
    order["Transformation"] =
        string_or(writer.config, "Transformation", writer.exports ? "NONE" : "COMPACT");
    order["OutputType"] = string_or(writer.config, "OutputType", "JSON");
    return order;
}

}  // namespace stepwell::core

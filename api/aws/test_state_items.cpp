// What a test puts in place of the source that a Map's ItemReader names.
#include "api/aws/test_state_request.hpp"
#include "engine/base/ascii.hpp"
#include "engine/base/json_pointer.hpp"

namespace stepwell::api::aws {
namespace {

Failure<AwsError> invalid_data(const std::string& expected) {
    return refuse("ValidationException",
                  "expected 'stateConfiguration.mapItemReaderData' to be " + expected);
}

AwsResult<Json> read_lines(const std::string& text) {
    Json items = Json::array();
    std::size_t number = 0;
    for (const std::string_view line : split(text, '\n')) {
        ++number;
        if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
        auto item = parse_json(line);
        if (!item) {
            return invalid_data("JSON lines, but line " + std::to_string(number) + ": " +
                                item.error().message);
        }
        items.push_back(*std::move(item));
    }
    return items;
}

/// What `step` leads to; null: nothing.
const Json* step_into(const Json& place, const std::string& step) {
    if (place.is_object()) return find(place, step);
    if (!place.is_array()) return nullptr;
    for (std::size_t i = 0; i < place.size(); ++i) {
        if (std::to_string(i) == step) return &place[i];
    }
    return nullptr;
}

AwsResult<Payload> read_at(const Json& document, const std::string& pointer) {
    const Json* place = &document;
    for (const std::string& step : pointer_steps(pointer)) {
        place = step_into(*place, step);
        if (place == nullptr) {
            return invalid_data("a document with a value at the ItemsPointer '" + pointer +
                                "', but there is none");
        }
    }
    return Payload(*place);
}

}  // namespace

const definition::ItemReader* reader_of(const definition::State& state) {
    const auto* map = std::get_if<definition::MapState>(&state.body);
    return map && map->distributed && map->distributed->reader ? &*map->distributed->reader
                                                               : nullptr;
}

AwsResult<void> read_reader_data(const std::string& text, TestStateRequest& request) {
    const definition::ItemReader* reader = reader_of(request.state());
    if (!reader) return invalid_data("absent, for the state is no Map with an ItemReader");
    const std::string type = string_or(reader->config, "InputType", "");
    const std::string pointer = string_or(reader->config, "ItemsPointer", "");
    if (type == "JSONL") {
        request.trial.items = Payload(SW_TRY(read_lines(text)));
        return {};
    }
    auto document = Payload::from_text(text);
    request.has_pointer = document && type == "JSON" && !pointer.empty();
    if (request.has_pointer) document = SW_TRY(read_at(document->json(), pointer));
    if (document && document->json().is_array()) {
        request.trial.items = *std::move(document);
        return {};
    }
    const bool is_read = type == "JSON" || type.empty();
    return invalid_data(is_read ? "the text of a JSON array"
                                : "the text of a JSON array of what is read: " + type +
                                      " itself is not read in a test");
}

}  // namespace stepwell::api::aws

#include "engine/runtime/pause.hpp"

#include <utility>

#include "engine/base/json.hpp"

namespace stepwell::runtime {

journal::DocumentWrite to_write(const Pause& pause, std::string workflow) {
    Json value{{"note", pause.note}, {"by", pause.by}, {"at", to_ms(pause.at)}};
    if (pause.until) value["until"] = to_ms(*pause.until);
    journal::DocumentWrite write = end_of_pause(std::move(workflow));
    write.value = to_text(value);
    return write;
}

journal::DocumentWrite end_of_pause(std::string workflow) {
    journal::DocumentWrite write;
    write.collection = kPaused;
    write.key = std::move(workflow);
    return write;
}

std::optional<Pause> pause_in(const std::optional<std::string>& document, Timestamp now) {
    if (!document) return std::nullopt;
    const Json json = parse_json(*document).value_or(Json::object());
    Pause pause;
    pause.until = time_in(json, "until");
    pause.note = string_or(json, "note", "");
    pause.by = string_or(json, "by", "");
    pause.at = time_in(json, "at").value_or(Timestamp{});
    if (pause.until && *pause.until <= now) return std::nullopt;
    return pause;
}

}  // namespace stepwell::runtime

// Events as bytes: version, time of the first, count, then each event; see fields.hpp.
#include <array>
#include <utility>

#include "engine/core/fields.hpp"

namespace stepwell::core {

namespace {

constexpr std::uint64_t kVersion = 1;

template <std::size_t... Index>
bool read_details(Reader& reader, std::size_t kind, EventDetails& details,
                  std::index_sequence<Index...>) {
    return ((kind == Index && (reader(details.emplace<Index>()), true)) || ...);
}

void write_event(Writer& writer, const Event& event, Timestamp base) {
    writer(event.type);
    writer(event.id);
    writer(event.previous);
    writer((event.at - base).count());
    writer(event.frame);
    writer.number(event.details.index());
    std::visit([&](const auto& details) { writer(details); }, event.details);
}

Event read_event(Reader& reader, Timestamp base) {
    Event event;
    std::int64_t offset_ms = 0;
    reader(event.type);
    reader(event.id);
    reader(event.previous);
    reader(offset_ms);
    reader(event.frame);
    event.at = base + Duration(offset_ms);
    const auto kind = static_cast<std::size_t>(reader.number());
    constexpr auto kinds = std::make_index_sequence<std::variant_size_v<EventDetails>>();
    if (!read_details(reader, kind, event.details, kinds)) reader.break_off();
    return event;
}

Failure<Error> damaged() {
    return fail(ErrorCode::corruption, "expected a blob of events, but its bytes are damaged");
}

}  // namespace

std::string encode(const std::vector<Event>& events) {
    Writer writer;
    writer.number(kVersion);
    const Timestamp base = events.empty() ? Timestamp{} : events.front().at;
    writer(base);
    writer.number(events.size());
    for (const Event& event : events) write_event(writer, event, base);
    return std::move(writer).take();
}

Result<std::vector<Event>> decode(std::string_view bytes) {
    Reader reader(bytes);
    if (reader.number() != kVersion) {
        return fail(ErrorCode::corruption, "expected a blob of events in version 1, but it is not");
    }
    Timestamp base;
    reader(base);
    const std::uint64_t count = reader.number();
    if (count > bytes.size()) return damaged();
    std::vector<Event> events;
    events.reserve(static_cast<std::size_t>(count));
    for (std::uint64_t i = 0; i < count && reader.is_ok(); ++i) {
        events.push_back(read_event(reader, base));
    }
    if (!reader.is_ok() || !reader.is_at_end()) return damaged();
    return events;
}

}  // namespace stepwell::core

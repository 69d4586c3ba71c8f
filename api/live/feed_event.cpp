#include "api/live/feed_event.hpp"

#include <algorithm>
#include <charconv>

#include "api/router/samples.hpp"

namespace stepwell::api {
namespace {

constexpr std::size_t kNamesMax = 10'000;

bool is_end_of_run(core::EventType type) {
    return type == core::EventType::execution_succeeded ||
           type == core::EventType::execution_failed ||
           type == core::EventType::execution_aborted ||
           type == core::EventType::execution_timed_out;
}

/// The event without inputs and outputs; null where nobody is told of it.
Json view_of(const core::Event& event) {
    if (event.type == core::EventType::retry_scheduled) {
        // Not in AWS's history, but what one who watches waits for.
        const auto& info = std::get<core::RetryInfo>(event.details);
        return {{"timestamp", to_epoch_seconds(event.at)},
                {"type", core::name_of(event.type)},
                {"due", to_epoch_seconds(info.due)}};
    }
    Json history = core::to_history({event}, false);
    // One text for all who listen, viewers among them.
    return history.empty() ? Json() : with_hidden_samples(std::move(history[0]));
}

std::optional<std::uint64_t> number_in(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

}  // namespace

std::string FeedPosition::text() const {
    return std::to_string(piece) + (index == kWhole ? "" : "." + std::to_string(index));
}

std::optional<FeedPosition> parse_position(std::string_view text) {
    const std::size_t dot = std::min(text.find('.'), text.size());
    const auto piece = number_in(text.substr(0, dot));
    if (!piece) return std::nullopt;
    if (dot == text.size()) return FeedPosition{*piece, FeedPosition::kWhole};
    const auto index = number_in(text.substr(dot + 1));
    if (!index || *index >= FeedPosition::kWhole) return std::nullopt;
    return FeedPosition{*piece, static_cast<std::uint32_t>(*index)};
}

bool fits(const FeedEvent& event, const EventFilter& filter) {
    if (filter.run && *filter.run != event.run) return false;
    if (filter.workflow && *filter.workflow != event.workflow) return false;
    return filter.types.empty() ||
           std::find(filter.types.begin(), filter.types.end(), event.type) != filter.types.end();
}

std::string sse_frame(std::string_view name, std::string_view id, const Json& data) {
    std::string out;
    if (!name.empty()) out += "event: " + std::string(name) + "\n";
    if (!id.empty()) out += "id: " + std::string(id) + "\n";
    return out + "data: " + to_text(data) + "\n\n";
}

Result<FeedFormatter::Names> FeedFormatter::names_of(runtime::Reader& reader, ExecutionId id) {
    const auto known = names_.find(id);
    if (known != names_.end()) return known->second;
    const auto found = SW_TRY(reader.summary(id));
    if (names_.size() >= kNamesMax) names_.clear();
    return names_[id] = {found.name, found.workflow_name};
}

Result<void> FeedFormatter::format(runtime::Reader& reader, const runtime::FeedChunk& chunk,
                                   std::vector<FeedEvent>& out) {
    if (chunk.events.empty()) return {};
    const auto names = names_of(reader, chunk.execution);
    const bool is_unnamed = !names && (names.error().code == ErrorCode::not_found ||
                                       names.error().code == ErrorCode::corruption);
    if (is_unnamed) return {};
    if (!names) return fail(names.error());
    std::uint32_t index = 0;
    for (const core::Event& event : chunk.events) {
        Json view = view_of(event);
        if (view.is_null()) continue;
        FeedEvent made;
        made.at = {chunk.number, ++index};
        made.run = chunk.execution;
        made.workflow = names->workflow;
        made.type = core::name_of(event.type);
        made.is_end = is_end_of_run(event.type);
        Json data{{"run", value_of(chunk.execution)},
                  {"workflow", names->workflow},
                  {"name", names->run}};
        data.update(view);
        made.frame = sse_frame("", made.at.text(), data);
        out.push_back(std::move(made));
    }
    return {};
}

}  // namespace stepwell::api

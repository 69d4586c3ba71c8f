#include "api/callbacks/waiting_tasks.hpp"

#include <charconv>
#include <future>
#include <vector>

#include "engine/core/frame.hpp"
#include "engine/definition/definition.hpp"

namespace stepwell::api {
namespace {

constexpr std::size_t kRunsAtOnce = 100;

Json as_text_or_null(const std::optional<Timestamp>& at) {
    return at ? Json(to_iso8601(*at)) : Json();
}

/// Asks for all of them before it waits for any: they share the engine's turns.
std::vector<Result<runtime::Inspection>> inspected(
    runtime::Engine& engine, const std::vector<runtime::ExecutionSummary>& runs) {
    std::vector<std::future<Result<runtime::Inspection>>> asked;
    for (const auto& run : runs) {
        auto promise = std::make_shared<std::promise<Result<runtime::Inspection>>>();
        asked.push_back(promise->get_future());
        engine.inspect(run.id, [promise](Result<runtime::Inspection> open) {
            promise->set_value(std::move(open));
        });
    }
    std::vector<Result<runtime::Inspection>> found;
    found.reserve(asked.size());
    for (auto& one : asked) found.push_back(one.get());
    return found;
}

void add_waiting(Json& items, const runtime::ExecutionSummary& run,
                 const runtime::Inspection& open) {
    for (const core::FramePtr& frame : open.frames) {
        auto item = waiting_task_at(open, *frame, run.id);
        if (!item) continue;
        (*item)["workflow"] = run.workflow_name;
        (*item)["name"] = run.name;
        items.push_back(*std::move(item));
    }
}

bool read_number(const char*& at, const char* end, std::uint64_t& number) {
    const auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc() || next == at) return false;
    at = next;
    if (at != end && *at == '.') ++at;
    return true;
}

}  // namespace

std::optional<Json> waiting_task_at(const runtime::Inspection& open, const core::Frame& frame,
                                    ExecutionId run) {
    if (!frame.has_task()) return std::nullopt;
    const definition::State& state = open.definition->state(frame.state);
    const auto& resource = std::get<definition::TaskState>(state.body).resource;
    if (!resource.ends_by_token()) return std::nullopt;
    const bool is_taken = frame.phase == core::Phase::awaiting_task;
    const TaskToken token{run, frame.id, frame.attempt};
    return Json{{"id", token.text()},
                {"run", value_of(run)},
                {"state", state.name},
                {"kind", resource.is_for_worker() ? "activity" : "callback"},
                {"resource", resource.text},
                {"taken", is_taken},
                {"since", to_iso8601(frame.entered_at)},
                {"due", as_text_or_null(frame.due)},
                {"heartbeat_due", as_text_or_null(frame.heartbeat_due)}};
}

Result<Json> waiting_tasks(runtime::Engine& engine, Readers& readers,
                           const std::optional<std::string>& workflow, std::size_t needed) {
    // What comes while it is made is told again, and asked again: nothing is missed.
    Json found = SW_TRY(
        snapshot_of(readers, [](runtime::Reader&) -> Result<Json> { return Json::object(); }));
    Json items = Json::array();
    runtime::ListQuery query;
    query.workflow = workflow;
    query.status = core::Status::running;
    query.limit = kRunsAtOnce;
    std::size_t looked_into = 0;
    do {
        runtime::Page<runtime::ExecutionSummary> page;
        {
            auto reader = SW_TRY(readers.take());
            page = SW_TRY(reader->list(query));
        }
        const auto open = inspected(engine, page.items);
        for (std::size_t i = 0; i < open.size(); ++i) {
            if (open[i]) add_waiting(items, page.items[i], *open[i]);
        }
        looked_into += page.items.size();
        query.token = page.next;
    } while (query.token && items.size() < needed && looked_into < kRunsLookedInto);
    const bool are_all = !query.token || items.size() >= needed;
    found["items"] = std::move(items);
    found["complete"] = are_all;
    return found;
}

Result<TaskToken> attempt_in(std::string_view id) {
    const char* at = id.data();
    const char* end = at + id.size();
    std::uint64_t run = 0;
    std::uint64_t frame = 0;
    std::uint64_t attempt = 0;
    const bool is_read =
        read_number(at, end, run) && read_number(at, end, frame) && read_number(at, end, attempt);
    const TaskToken token{ExecutionId{run}, FrameId{static_cast<std::uint32_t>(frame)},
                          static_cast<std::uint32_t>(attempt)};
    if (is_read && token.text() == id) return token;
    return fail(ErrorCode::not_found, "expected the id of a callback, such as 12.0.1, but got '" +
                                          std::string(id.substr(0, 64)) + "'");
}

}  // namespace stepwell::api

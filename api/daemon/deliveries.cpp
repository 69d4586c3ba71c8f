#include "api/daemon/deliveries.hpp"

#include "api/router/paging.hpp"
#include "tasks/notify/outbox.hpp"

namespace stepwell::api {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDelivery = R"json({"type": "object",
  "required": ["id", "channel", "status", "attempts", "created_at", "subject"], "properties": {
    "id": {"type": "string"},
    "channel": {"type": "string", "description": "as the configuration names it"},
    "status": {"type": "string", "enum": ["waiting", "delivered", "given_up"]},
    "attempts": {"type": "integer"},
    "created_at": {"type": "string", "format": "date-time"},
    "due_at": {"type": "string", "format": "date-time", "description": "of one that waits: when it is tried again"},
    "delivered_at": {"type": "string", "format": "date-time", "description": "the last time"},
    "error": {"type": "string", "description": "of the last attempt; absent where it was taken"},
    "subject": {"type": "string"},
    "workflow": {"type": "string"}, "run": {"type": "string", "description": "its name or ARN"},
    "state": {"type": "string"}}})json";

Json view_of(const tasks::Outbox::Listed& one) {
    const tasks::Message& message = one.message;
    const bool is_waiting = one.due_ms.has_value();
    Json out{{"id", message.id},
             {"channel", message.channel},
             {"status", is_waiting         ? "waiting"
                        : one.delivered_ms ? "delivered"
                                           : "given_up"},
             {"attempts", one.attempts},
             {"created_at", to_iso8601(from_ms(message.created_ms))}};
    if (is_waiting) out["due_at"] = to_iso8601(from_ms(*one.due_ms));
    if (one.delivered_ms) out["delivered_at"] = to_iso8601(from_ms(*one.delivered_ms));
    if (!one.last_error.empty()) out["error"] = one.last_error;
    out["subject"] = message.subject;
    if (!message.workflow.empty()) out["workflow"] = message.workflow;
    if (!message.execution.empty()) out["run"] = message.execution;
    if (!message.state.empty()) out["state"] = message.state;
    return out;
}

Result<Json> list_deliveries(const fs::path& data_folder, const Call& call) {
    const std::size_t before = SW_TRY(position_in(call));
    const auto limit = static_cast<std::size_t>(*call.integer("limit"));
    Json out{{"items", Json::array()}};
    std::error_code ignored;
    // Nobody was told anything yet: there is no need of a file for that.
    if (!fs::exists(data_folder / "outbox.db", ignored)) return out;
    const auto outbox = SW_TRY(tasks::Outbox::open(data_folder));
    std::optional<std::int64_t> before_row;
    if (before > 0) before_row = static_cast<std::int64_t>(before);
    const auto found = SW_TRY(outbox->list(before_row, limit + 1));
    for (const auto& one : found) {
        if (out["items"].size() == limit) {
            out["next"] = position_token(static_cast<std::size_t>(one.row) + 1);
            break;
        }
        out["items"].push_back(view_of(one));
    }
    return out;
}

Result<Json> replay_delivery(const fs::path& data_folder, runtime::Clock& clock,
                             const std::string& id) {
    std::error_code ignored;
    if (!fs::exists(data_folder / "outbox.db", ignored)) {
        return fail(ErrorCode::not_found,
                    "expected a delivery '" + id.substr(0, 64) + "', but there is none");
    }
    const auto outbox = SW_TRY(tasks::Outbox::open(data_folder));
    SW_TRY(outbox->replay(id, to_ms(clock.now())));
    return Json{{"id", id}, {"status", "waiting"}};
}

}  // namespace

void add_delivery_routes(Router& router, fs::path data_folder, runtime::Clock& clock) {
    router.add(
        {.method = "GET",
         .pattern = "/api/v1/deliveries",
         .operation = "listDeliveries",
         .role = Role::operator_,
         .tag = "operations",
         .summary = "Messages to channels: delivered, waiting or given up; newest first",
         .description = "They are kept for seven days.",
         .query = page_parameters(),
         .answer = list_schema(kDelivery),
         .read = [data_folder](const Call& call) { return list_deliveries(data_folder, call); }});
    router.add({.method = "POST",
                .pattern = "/api/v1/deliveries/{id}/replay",
                .operation = "replayDelivery",
                .role = Role::operator_,
                .tag = "operations",
                .summary = "Deliver a message again that was delivered or given up",
                .description = "It goes out as it was, under the same id.",
                .body = json_body(R"({"type": "object", "additionalProperties": false})"),
                .answer = R"({"type": "object", "required": ["id", "status"], "properties": {
                    "id": {"type": "string"}, "status": {"type": "string"}}})",
                .errors = {409},
                .act = [data_folder = std::move(data_folder), &clock](const Call& call) {
                    call.answer(replay_delivery(data_folder, clock, call.path("id")));
                }});
}

}  // namespace stepwell::api

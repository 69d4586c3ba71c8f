// The actions on executions.
#include "api/aws/api.hpp"
#include "api/aws/failure_members.hpp"
#include "api/aws/listed_executions.hpp"
#include "api/aws/map_runs.hpp"
#include "api/aws/members.hpp"
#include "engine/runtime/map_run_documents.hpp"

namespace stepwell::api::aws {
namespace {

std::optional<core::Status> status_named(std::string_view name) {
    for (const auto status : {core::Status::running, core::Status::succeeded, core::Status::failed,
                              core::Status::timed_out, core::Status::aborted}) {
        if (name == core::name_of(status)) return status;
    }
    return std::nullopt;
}

void describe_redrive(Json& out, const runtime::ExecutionDescription& found,
                      const runtime::RedrivePolicy& policy) {
    const runtime::ExecutionSummary& summary = found.summary;
    out["redriveCount"] = summary.redrives;
    if (summary.redriven_at) out["redriveDate"] = to_epoch_seconds(*summary.redriven_at);
    const std::string refusal = runtime::redrive_refusal(runtime::redrive_case(found), policy,
                                                         runtime::system_clock().now());
    out["redriveStatus"] = refusal.empty() ? "REDRIVABLE" : "NOT_REDRIVABLE";
    if (!refusal.empty()) out["redriveStatusReason"] = refusal;
}

}  // namespace

Json to_item(const ListedExecution& listed) {
    const runtime::ExecutionSummary& summary = listed.summary;
    Json item{{"executionArn", summary.arn},
              {"stateMachineArn", summary.workflow_arn},
              {"name", summary.name},
              {"status", core::name_of(summary.status)},
              {"startDate", to_epoch_seconds(summary.started_at)}};
    if (summary.stopped_at) item["stopDate"] = to_epoch_seconds(*summary.stopped_at);
    item["redriveCount"] = summary.redrives;
    if (summary.redriven_at) item["redriveDate"] = to_epoch_seconds(*summary.redriven_at);
    const auto& [version, alias] = listed.through;
    if (!version.empty()) item["stateMachineVersionArn"] = version;
    if (!alias.empty()) item["stateMachineAliasArn"] = alias;
    return item;
}

namespace {

void describe_data(Json& out, const runtime::ExecutionDescription& found) {
    out["input"] = found.input.text();
    out["inputDetails"] = {{"included", true}};
    if (!found.output) return;
    out["output"] = found.output->text();
    out["outputDetails"] = {{"included", true}};
}

}  // namespace

void Api::stop_execution(const Json& body, const Principal&, Reply reply) {
    Members members(body);
    const std::string text = members.required_text("executionArn", kArnLength);
    core::StopExecution how;
    read_failure(members, how);
    if (auto checked = members.check(); !checked) return reply(fail(std::move(checked).error()));
    auto reader = this->reader();
    if (!reader) return reply(fail(std::move(reader).error()));
    auto id = execution(*reader, text);
    if (!id) return reply(fail(std::move(id).error()));
    engine_.stop_execution(*id, std::move(how), [reply = std::move(reply)](Result<Timestamp> at) {
        if (!at) return reply(fail(internal_error(at.error())));
        reply(R"({"stopDate":)" + time_text(*at) + "}");
    });
}

void Api::redrive_execution(const Json& body, const Principal&, Reply reply) {
    Members members(body);
    const std::string text = members.required_text("executionArn", kArnLength);
    runtime::RedriveRequest request;
    request.client_token = members.printable_text("clientToken", {1, 64}).value_or("");
    if (auto checked = members.check(); !checked) return reply(fail(std::move(checked).error()));
    auto reader = this->reader();
    if (!reader) return reply(fail(std::move(reader).error()));
    auto id = execution(*reader, text);
    if (!id) return reply(fail(std::move(id).error()));
    request.id = *id;
    auto rebuilt = (*reader)->rebuild(*id);
    if (!rebuilt) return reply(fail(internal_error(rebuilt.error())));
    request.rebuilt = *std::move(rebuilt);
    engine_.redrive_execution(
        std::move(request), [reply = std::move(reply)](Result<runtime::Redriven> redriven) {
            if (redriven) return reply(R"({"redriveDate":)" + time_text(redriven->at) + "}");
            const Error& error = redriven.error();
            const bool is_refused = error.code == ErrorCode::conflict;
            reply(is_refused ? refuse("ExecutionNotRedrivable", error.message)
                             : fail(internal_error(error)));
        });
}

AwsResult<Json> Api::describe_execution(const Json& body) {
    Members members(body);
    const std::string text = members.required_text("executionArn", kArnLength);
    const auto data = members.choice("includedData", {"ALL_DATA", "METADATA_ONLY"});
    SW_TRY(members.check());
    auto reader = SW_TRY(this->reader());
    const ExecutionId id = SW_TRY(execution(reader, text));
    auto found = reader->describe(id);
    if (!found) return fail(internal_error(found.error()));

    const runtime::ExecutionSummary& summary = found->summary;
    Json out{{"executionArn", summary.arn},
             {"stateMachineArn", summary.workflow_arn},
             {"name", summary.name},
             {"status", core::name_of(summary.status)},
             {"startDate", to_epoch_seconds(summary.started_at)}};
    if (summary.stopped_at) out["stopDate"] = to_epoch_seconds(*summary.stopped_at);
    if (summary.origin == runtime::kMapOrigin) {
        const auto run = reader->map_run_of(id);
        if (!run) return fail(internal_error(run.error()));
        if (*run) out["mapRunArn"] = (*run)->plan.arn;
    }
    if (data != "METADATA_ONLY") describe_data(out, *found);
    describe_redrive(out, *found, engine_.redrive_policy());
    // AWS has neither of an execution that ran out of its own time.
    if (summary.status != core::Status::timed_out) {
        if (found->error) out["error"] = *found->error;
        if (found->cause) out["cause"] = *found->cause;
    }
    if (!found->version_arn.empty()) out["stateMachineVersionArn"] = found->version_arn;
    if (!found->alias_arn.empty()) out["stateMachineAliasArn"] = found->alias_arn;
    return out;
}

AwsResult<Json> Api::list_executions(const Json& body) {
    Members members(body);
    const auto text = members.text("stateMachineArn", kArnLength);
    const auto map_run_arn = members.text("mapRunArn", {1, 2'000});
    const bool has_map_run = map_run_arn.has_value();
    const auto status = members.choice("statusFilter", {"SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE",
                                                        "ABORTED", "FAILED", "RUNNING"});
    const auto redriven = members.choice("redriveFilter", {"REDRIVEN", "NOT_REDRIVEN"});
    const auto asked = static_cast<std::size_t>(members.number("maxResults", 0, 1'000));
    runtime::ListQuery query;
    if (redriven) query.is_redriven = redriven == "REDRIVEN";
    query.token = members.text("nextToken", {1, 3'096});
    SW_TRY(members.check());
    if (text.has_value() == has_map_run) {
        return refuse("ValidationException",
                      "Must specify exactly one of stateMachineArn and mapRunArn");
    }
    if (status && status != "PENDING_REDRIVE") query.status = status_named(*status);
    query.limit = asked == 0 ? 100 : asked;
    if (has_map_run) {
        if (status == "PENDING_REDRIVE") return Json{{"executions", Json::array()}};
        return list_executions_of_map_run(*map_run_arn, query);
    }
    if (status == "PENDING_REDRIVE") {
        return refuse("ValidationException", "PENDING_REDRIVE can only be listed for a Map Run");
    }
    const Arn arn = SW_TRY(own_machine_or_version(*text));
    const auto found = SW_TRY(workflow(arn));
    if (found.workflow.type == "EXPRESS") {
        return refuse("StateMachineTypeNotSupported",
                      "This operation is not supported by this type of state machine");
    }
    query.workflow = arn.name;
    auto reader = SW_TRY(this->reader());
    const auto page = SW_TRY(list_executions_of(reader, arn, std::move(query)));

    Json out{{"executions", Json::array()}};
    for (const auto& listed : page.items) out["executions"].push_back(to_item(listed));
    if (page.next) out["nextToken"] = *page.next;
    return out;
}

AwsResult<Json> Api::get_execution_history(const Json& body) {
    Members members(body);
    const std::string text = members.required_text("executionArn", kArnLength);
    const auto asked = static_cast<std::size_t>(members.number("maxResults", 0, 1'000));
    runtime::HistoryQuery query;
    query.is_reversed = members.flag("reverseOrder", false);
    query.include_data = members.flag("includeExecutionData", true);
    query.token = members.text("nextToken", {1, 1'024});
    SW_TRY(members.check());
    query.limit = asked == 0 ? 100 : asked;
    auto reader = SW_TRY(this->reader());
    const ExecutionId id = SW_TRY(execution(reader, text));
    auto page = reader->history(id, query);
    if (!page && page.error().code == ErrorCode::invalid) return invalid_token();
    if (!page) return fail(internal_error(page.error()));

    Json out{{"events", Json::array()}};
    for (Json& event : page->items) out["events"].push_back(std::move(event));
    if (page->next) out["nextToken"] = *page->next;
    return out;
}

}  // namespace stepwell::api::aws

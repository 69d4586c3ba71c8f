// The actions on Map Runs.
#include "api/aws/map_runs.hpp"

#include "api/aws/api.hpp"
#include "api/aws/members.hpp"
#include "engine/base/digest.hpp"
#include "engine/runtime/map_run_documents.hpp"

namespace stepwell::api::aws {
namespace {

constexpr Length kMapRunArnLength{1, 2'000};
constexpr std::int64_t kConcurrencyMax = INT32_MAX;
constexpr double kPercentMax = 100;

/// "arn:aws:states:R:A:mapRun:NAME/LABEL:UUID".
std::string machine_arn_of(const core::MapRun& run) {
    constexpr std::string_view kKind = ":mapRun:";
    std::string arn = run.plan.arn.substr(0, run.plan.arn.rfind('/'));
    const std::size_t at = arn.find(kKind);
    if (at != arn.npos) arn.replace(at, kKind.size(), ":stateMachine:");
    return arn;
}

Json counts_of(const core::MapRunCounts& counts, std::uint64_t pending) {
    return {{"pending", pending},
            {"running", counts.running},
            {"succeeded", counts.succeeded},
            {"failed", counts.failed},
            {"timedOut", counts.timed_out},
            {"aborted", counts.aborted},
            {"total", pending + counts.begun()},
            {"resultsWritten", counts.results_written},
            {"failuresNotRedrivable", 0},
            {"pendingRedrive", 0}};
}

/// Items that have no execution yet. Once it has ended none will.
std::uint64_t pending_items(const core::MapRun& run) {
    if (run.status != core::MapRunStatus::running || !run.total) return 0;
    return *run.total > run.next_item ? *run.total - run.next_item : 0;
}

/// Executions that have not begun, as far as can be said: batches have as many items as they may.
std::uint64_t pending_executions(const core::MapRun& run) {
    const std::uint64_t items = pending_items(run);
    if (!run.plan.is_batched() || items == 0) return items;
    if (run.plan.batch_items_max == 0) return 1;
    const auto most = static_cast<std::uint64_t>(run.plan.batch_items_max);
    return items / most + (items % most > 0 ? 1 : 0);
}

AwsResult<std::optional<double>> percentage_in(const Json& body) {
    const Json* value = find(body, "toleratedFailurePercentage");
    if (!value || value->is_null()) return std::optional<double>();
    if (!value->is_number()) {
        return refuse("SerializationException", "toleratedFailurePercentage is no number");
    }
    const double percentage = value->get<double>();
    if (percentage >= 0 && percentage <= kPercentMax) return std::optional(percentage);
    return refuse("ValidationException", "toleratedFailurePercentage must be between 0 and 100");
}

AwsResult<runtime::MapRunUpdate> update_in(const Json& body, Members& members) {
    runtime::MapRunUpdate update;
    const std::int64_t concurrency = members.number("maxConcurrency", -1, kConcurrencyMax);
    const std::int64_t count = members.number("toleratedFailureCount", -1, INT64_MAX);
    SW_TRY(members.check());
    if (find(body, "maxConcurrency")) update.concurrency_max = concurrency;
    if (find(body, "toleratedFailureCount")) update.tolerated_count = count;
    update.tolerated_percentage = SW_TRY(percentage_in(body));
    return update;
}

}  // namespace

AwsResult<core::MapRun> Api::map_run(Readers::Lease& reader, std::string_view arn) {
    SW_TRY(parse_arn(arn, "mapRun"));
    auto found = reader->map_run(arn);
    if (!found) return fail(internal_error(found.error()));
    if (!*found) return refuse("ResourceNotFound", "Resource not found");
    return **std::move(found);
}

AwsResult<Json> Api::list_map_runs(const Json& body) {
    Members members(body);
    const std::string text = members.required_text("executionArn", kArnLength);
    const auto asked = static_cast<std::size_t>(members.number("maxResults", 0, 1'000));
    const auto token = members.text("nextToken", {1, 1'024});
    SW_TRY(members.check());
    auto reader = SW_TRY(this->reader());
    const ExecutionId id = SW_TRY(execution(reader, text));
    const auto after = token ? base64_decode(*token) : std::optional<std::string>(std::string());
    const bool is_ours =
        after && (after->empty() || after->starts_with(runtime::map_run_key_prefix(id)));
    if (!is_ours) return invalid_token();
    const std::size_t limit = asked == 0 ? 100 : asked;
    const auto runs = reader->map_runs(id, *after, limit + 1);
    if (!runs) return fail(internal_error(runs.error()));

    Json out{{"mapRuns", Json::array()}};
    for (const core::MapRun& run : *runs) {
        if (out["mapRuns"].size() == limit) break;
        Json item{{"executionArn", text},
                  {"mapRunArn", run.plan.arn},
                  {"stateMachineArn", machine_arn_of(run)},
                  {"startDate", to_epoch_seconds(run.started_at)}};
        if (run.stopped_at) item["stopDate"] = to_epoch_seconds(*run.stopped_at);
        out["mapRuns"].push_back(std::move(item));
    }
    if (runs->size() > limit) {
        out["nextToken"] = base64_encode(runtime::map_run_key((*runs)[limit - 1].token));
    }
    return out;
}

AwsResult<Json> Api::describe_map_run(const Json& body) {
    Members members(body);
    const std::string text = members.required_text("mapRunArn", kMapRunArnLength);
    SW_TRY(members.check());
    auto reader = SW_TRY(this->reader());
    const core::MapRun run = SW_TRY(map_run(reader, text));
    const auto parent = reader->summary(run.token.execution);
    if (!parent) return fail(internal_error(parent.error()));
    const std::uint64_t pending = pending_items(run);
    Json out{{"mapRunArn", run.plan.arn},
             {"executionArn", parent->arn},
             {"status", core::name_of(run.status)},
             {"startDate", to_epoch_seconds(run.started_at)}};
    if (run.stopped_at) out["stopDate"] = to_epoch_seconds(*run.stopped_at);
    out["maxConcurrency"] = run.plan.concurrency_max;
    out["toleratedFailurePercentage"] = run.plan.tolerated_percentage;
    out["toleratedFailureCount"] = run.plan.tolerated_count;
    out["itemCounts"] = counts_of(run.items, pending);
    out["executionCounts"] = counts_of(run.executions, pending_executions(run));
    out["redriveCount"] = run.redrives;
    if (run.redriven_at) out["redriveDate"] = to_epoch_seconds(*run.redriven_at);
    return out;
}

void Api::update_map_run(const Json& body, const Principal&, Reply reply) {
    Members members(body);
    const std::string text = members.required_text("mapRunArn", kMapRunArnLength);
    auto update = update_in(body, members);
    if (!update) return reply(fail(std::move(update).error()));
    auto reader = this->reader();
    if (!reader) return reply(fail(std::move(reader).error()));
    const auto run = map_run(*reader, text);
    if (!run) return reply(fail(run.error()));
    engine_.update_map_run(run->token, *update, [reply = std::move(reply)](Result<void> done) {
        if (done) return reply(std::string("{}"));
        const bool has_ended = done.error().code == ErrorCode::conflict;
        reply(has_ended ? fail(AwsError{"ValidationException", "Map Run has already completed",
                                        "CANNOT_UPDATE_COMPLETED_MAP_RUN"})
                        : fail(internal_error(done.error())));
    });
}

/// Where each execution has one item its input need not be read.
AwsResult<std::uint64_t> Api::item_count(Readers::Lease& reader, const core::MapRun& run,
                                         ExecutionId child) {
    if (!run.plan.is_batched()) return std::uint64_t{1};
    const auto details = reader->describe(child);
    if (!details) return fail(internal_error(details.error()));
    return core::items_of(run.plan, details->input);
}

AwsResult<Json> Api::list_executions_of_map_run(std::string_view arn,
                                                const runtime::ListQuery& query) {
    auto reader = SW_TRY(this->reader());
    const core::MapRun run = SW_TRY(map_run(reader, arn));
    const auto page = reader->executions_of(run, query);
    if (!page && page.error().code == ErrorCode::invalid) return invalid_token();
    if (!page) return fail(internal_error(page.error()));
    Json out{{"executions", Json::array()}};
    for (const auto& summary : page->items) {
        Json item = to_item({summary, {}});
        item["mapRunArn"] = run.plan.arn;
        item["itemCount"] = SW_TRY(item_count(reader, run, summary.id));
        out["executions"].push_back(std::move(item));
    }
    if (page->next) out["nextToken"] = *page->next;
    return out;
}

}  // namespace stepwell::api::aws

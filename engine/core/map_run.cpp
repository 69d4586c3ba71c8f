#include "engine/core/map_run.hpp"

#include <algorithm>

namespace stepwell::core {
namespace {

/// Older forms are still read; a newer one is not.
constexpr int kForm = 2;  // 2: batches, tasks that read items and write results
constexpr double kPercent = 100;

bool is_beyond_tolerance(const MapRun& run) {
    const std::uint64_t failed = run.items.failed + run.items.timed_out;
    if (failed == 0) return false;
    const MapRunPlan& plan = run.plan;
    if (plan.tolerated_count <= 0 && plan.tolerated_percentage <= 0) return true;
    const bool is_beyond_count =
        plan.tolerated_count > 0 && failed > static_cast<std::uint64_t>(plan.tolerated_count);
    if (is_beyond_count) return true;
    if (plan.tolerated_percentage <= 0 || !run.total) return false;
    return static_cast<double>(failed) * kPercent >
           plan.tolerated_percentage * static_cast<double>(*run.total);
}

std::uint64_t& count_of(MapRunCounts& counts, Status status) {
    switch (status) {
        case Status::running:
            return counts.running;
        case Status::succeeded:
            return counts.succeeded;
        case Status::failed:
            return counts.failed;
        case Status::timed_out:
            return counts.timed_out;
        case Status::aborted:
            return counts.aborted;
    }
    return counts.aborted;
}

Json to_json(const MapRunCounts& counts) {
    return Json::array({counts.running, counts.succeeded, counts.failed, counts.timed_out,
                        counts.aborted, counts.results_written});
}

MapRunCounts counts_from(const Json& json) {
    return {json.at(0).get<std::uint64_t>(), json.at(1).get<std::uint64_t>(),
            json.at(2).get<std::uint64_t>(), json.at(3).get<std::uint64_t>(),
            json.at(4).get<std::uint64_t>(), json.at(5).get<std::uint64_t>()};
}

template <class T>
Json or_null(const std::optional<T>& value) {
    return value ? Json(*value) : Json();
}
Json or_null(const std::optional<Timestamp>& at) {
    return at ? Json(to_ms(*at)) : Json();
}
Json or_null(const std::optional<MapRunStatus>& status) {
    return status ? Json(static_cast<int>(*status)) : Json();
}

MapRunStatus status_from(const Json& json) {
    const int number = json.get<int>();
    const bool is_one = number >= 0 && number <= static_cast<int>(MapRunStatus::aborted);
    if (!is_one) throw Json::other_error::create(500, "no status", nullptr);
    return static_cast<MapRunStatus>(number);
}

std::optional<Timestamp> time_from(const Json& json) {
    if (json.is_null()) return std::nullopt;
    return from_ms(json.get<std::int64_t>());
}

MapRunTask task_from(const Json& json) {
    const int number = json.get<int>();
    const bool is_one = number >= 0 && number <= static_cast<int>(MapRunTask::writing);
    if (!is_one) throw Json::other_error::create(500, "no task", nullptr);
    return static_cast<MapRunTask>(number);
}

void read_data_fields(const Json& json, MapRun& run) {
    run.plan.batch_items_max = json.at("batch_items").get<std::int64_t>();
    run.plan.batch_bytes_max = json.at("batch_bytes").get<std::int64_t>();
    run.plan.reader = json.at("reader");
    run.plan.writer = json.at("writer");
    run.task = task_from(json.at("task"));
    run.are_results_written = json.at("are_results_written").get<bool>();
    run.next_item_at = json.at("next_item_at").get<std::uint64_t>();
    run.aside_items = json.at("aside_items").get<std::uint64_t>();
}

MapRun read(const Json& json) {
    MapRun run;
    const Json& token = json.at("token");
    run.token = {ExecutionId{token.at(0).get<std::uint64_t>()},
                 FrameId{token.at(1).get<std::uint32_t>()}, token.at(2).get<std::uint32_t>()};
    run.state = StateId{json.at("state").get<std::uint32_t>()};
    run.children = VersionId{json.at("children").get<std::uint64_t>()};
    run.plan.arn = json.at("arn").get<std::string>();
    run.plan.label = json.at("label").get<std::string>();
    run.plan.concurrency_max = json.at("concurrency").get<std::int64_t>();
    run.plan.tolerated_count = json.at("tolerated_count").get<std::int64_t>();
    run.plan.tolerated_percentage = json.at("tolerated_percentage").get<double>();
    run.plan.keeps_results = json.at("keeps_results").get<bool>();
    run.status = status_from(json.at("status"));
    run.started_at = from_ms(json.at("started").get<std::int64_t>());
    run.stopped_at = time_from(json.at("stopped"));
    run.next_item = json.at("next_item").get<std::uint64_t>();
    if (!json.at("total").is_null()) run.total = json.at("total").get<std::uint64_t>();
    run.items = counts_from(json.at("items"));
    run.executions = counts_from(json.at("executions"));
    if (!json.at("drains_to").is_null()) run.drains_to = status_from(json.at("drains_to"));
    run.error = json.at("error").get<std::string>();
    run.cause = json.at("cause").get<std::string>();
    run.result_bytes = json.at("result_bytes").get<std::uint64_t>();
    run.result_parts = json.at("result_parts").get<std::uint64_t>();
    run.is_result_too_large = json.at("is_result_too_large").get<bool>();
    for (const Json& id : json.at("aside"))
        run.aside.push_back(ExecutionId{id.get<std::uint64_t>()});
    if (!json.at("redriven_up_to").is_null()) {
        run.redriven_up_to = ExecutionId{json.at("redriven_up_to").get<std::uint64_t>()};
    }
    run.redrives = json.at("redrives").get<std::uint32_t>();
    run.aside_items = run.aside.size();
    if (json.at("form").get<int>() >= 2) read_data_fields(json, run);
    run.redriven_at = time_from(json.at("redriven"));
    return run;
}

}  // namespace

std::string item_source(const MapRunPlan& plan) {
    if (plan.reader.is_null()) return "STATE_DATA";
    const std::string bucket = "S3://" + string_or(plan.reader, "Bucket", "");
    const std::string key = string_or(plan.reader, "Key", "");
    return key.empty() ? bucket : bucket + "/" + key;
}

bool exports_results(const MapRunPlan& plan) {
    return plan.writer.is_object() && find(plan.writer, "Bucket") != nullptr;
}

std::string results_folder(const MapRunPlan& plan) {
    std::string prefix = string_or(plan.writer, "Prefix", "");
    while (!prefix.empty() && prefix.back() == '/') prefix.pop_back();
    const std::string uuid = plan.arn.substr(plan.arn.rfind(':') + 1);
    return prefix.empty() ? uuid : prefix + "/" + uuid;
}

const char* name_of(MapRunStatus status) {
    switch (status) {
        case MapRunStatus::running:
            return "RUNNING";
        case MapRunStatus::succeeded:
            return "SUCCEEDED";
        case MapRunStatus::failed:
            return "FAILED";
        case MapRunStatus::aborted:
            return "ABORTED";
    }
    return "?";
}

bool are_all_begun(const MapRun& run) {
    return !run.redriven_up_to && run.total && run.next_item >= *run.total;
}

std::uint64_t free_places(const MapRun& run) {
    const bool is_busy = run.task != MapRunTask::none || run.status != MapRunStatus::running;
    if (run.drains_to || is_busy || are_all_begun(run)) return 0;
    const auto asked =
        static_cast<std::uint64_t>(std::max<std::int64_t>(run.plan.concurrency_max, 0));
    const std::uint64_t most =
        asked == 0 ? kMapConcurrencyMax : std::min(asked, kMapConcurrencyMax);
    return most > run.executions.running ? most - run.executions.running : 0;
}

bool is_over(const MapRun& run) {
    if (run.status != MapRunStatus::running || run.executions.running > 0) return false;
    if (run.task != MapRunTask::none) return false;
    return run.drains_to || are_all_begun(run);
}

void begin_child(MapRun& run, std::uint64_t items) {
    run.next_item += items;
    run.items.running += items;
    ++run.executions.running;
}

std::uint64_t items_of(const MapRunPlan& plan, const Payload& input) {
    if (!plan.is_batched()) return 1;
    const Json* items = input.json().is_object() ? find(input.json(), "Items") : nullptr;
    return items ? items->size() : 1;
}

void put_aside(MapRun& run, ExecutionId child, std::uint64_t items) {
    if (std::find(run.aside.begin(), run.aside.end(), child) != run.aside.end()) return;
    run.aside.push_back(child);
    run.aside_items += items;
    end_child(run, Status::failed, items);
}

void end_reading(MapRun& run, std::uint64_t total) {
    run.task = MapRunTask::none;
    run.total = total;
}

/// Where nothing was read there is nothing to say.
bool has_to_write(const MapRun& run) {
    return exports_results(run.plan) && !run.are_results_written && run.total;
}

void end_writing(MapRun& run) {
    run.task = MapRunTask::none;
    run.are_results_written = true;
    for (MapRunCounts* counts : {&run.items, &run.executions}) {
        counts->results_written = counts->begun() - counts->running;
    }
}

void redrive(MapRun& run, Timestamp now) {
    run.status = MapRunStatus::running;
    run.stopped_at.reset();
    run.drains_to.reset();
    run.error.clear();
    run.cause.clear();
    ++run.redrives;
    run.redriven_at = now;
    run.redriven_up_to = ExecutionId{0};
    for (MapRunCounts* counts : {&run.items, &run.executions}) {
        counts->timed_out = 0;
        counts->aborted = 0;
        counts->results_written = 0;
    }
    run.items.failed = run.aside_items;
    run.executions.failed = run.aside.size();
    run.are_results_written = false;
    // Items that could not be read are read again.
    if (!run.total) run.task = MapRunTask::reading;
}

void resume_child(MapRun& run, std::uint64_t items) {
    run.items.running += items;
    ++run.executions.running;
}

void end_child(MapRun& run, Status status, std::uint64_t items) {
    run.items.running -= std::min(items, run.items.running);
    run.executions.running -= std::min<std::uint64_t>(1, run.executions.running);
    count_of(run.items, status) += items;
    ++count_of(run.executions, status);
    judge(run);
}

void judge(MapRun& run) {
    if (run.drains_to || !is_beyond_tolerance(run)) return;
    drain(run, MapRunStatus::failed, "States.ExceedToleratedFailureThreshold",
          "The specified tolerated failure threshold was exceeded");
}

void drain(MapRun& run, MapRunStatus to, std::string error, std::string cause) {
    if (run.drains_to) {
        // Who has given it up does not ask any more why it would have failed.
        if (to == MapRunStatus::aborted) run.drains_to = to;
        return;
    }
    run.drains_to = to;
    run.error = std::move(error);
    run.cause = std::move(cause);
}

void close(MapRun& run, Timestamp now) {
    run.status = run.drains_to.value_or(MapRunStatus::succeeded);
    run.stopped_at = now;
}

Json to_json(const MapRun& run) {
    Json aside = Json::array();
    for (const ExecutionId id : run.aside) aside.push_back(value_of(id));
    const Json redriven_up_to = run.redriven_up_to ? Json(value_of(*run.redriven_up_to)) : Json();
    return {{"form", kForm},
            {"token", Json::array({value_of(run.token.execution), value_of(run.token.frame),
                                   run.token.attempt})},
            {"state", value_of(run.state)},
            {"children", value_of(run.children)},
            {"arn", run.plan.arn},
            {"label", run.plan.label},
            {"concurrency", run.plan.concurrency_max},
            {"tolerated_count", run.plan.tolerated_count},
            {"tolerated_percentage", run.plan.tolerated_percentage},
            {"keeps_results", run.plan.keeps_results},
            {"status", static_cast<int>(run.status)},
            {"started", to_ms(run.started_at)},
            {"stopped", or_null(run.stopped_at)},
            {"next_item", run.next_item},
            {"total", or_null(run.total)},
            {"items", to_json(run.items)},
            {"executions", to_json(run.executions)},
            {"drains_to", or_null(run.drains_to)},
            {"error", run.error},
            {"cause", run.cause},
            {"result_bytes", run.result_bytes},
            {"result_parts", run.result_parts},
            {"is_result_too_large", run.is_result_too_large},
            {"aside", std::move(aside)},
            {"batch_items", run.plan.batch_items_max},
            {"batch_bytes", run.plan.batch_bytes_max},
            {"reader", run.plan.reader},
            {"writer", run.plan.writer},
            {"task", static_cast<int>(run.task)},
            {"are_results_written", run.are_results_written},
            {"next_item_at", run.next_item_at},
            {"aside_items", run.aside_items},
            {"redriven_up_to", redriven_up_to},
            {"redrives", run.redrives},
            {"redriven", or_null(run.redriven_at)}};
}

Result<MapRun> map_run_from(const Json& json) {
    try {
        if (json.at("form").get<int>() <= kForm) return read(json);
    } catch (const Json::exception&) {
    }
    return fail(ErrorCode::corruption,
                "expected what is kept of a Map Run, but it is damaged or of a newer Stepwell");
}

}  // namespace stepwell::core

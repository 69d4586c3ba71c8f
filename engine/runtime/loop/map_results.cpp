#include "engine/runtime/loop/map_results.hpp"

#include <algorithm>

#include "engine/base/payload.hpp"

namespace stepwell::runtime {
namespace {

/// The elements of an array without its brackets; else all of it.
std::string_view flattened(std::string_view output) {
    constexpr std::string_view kBlanks = " \t\r\n";
    const std::size_t first = output.find_first_not_of(kBlanks);
    if (first == output.npos || output[first] != '[') return output;
    output = output.substr(first + 1, output.rfind(']') - first - 1);
    return output.find_first_not_of(kBlanks) == output.npos ? std::string_view() : output;
}

}  // namespace

Json result_record(const Closed& child, std::uint32_t redrives) {
    const bool has_succeeded = child.status == core::Status::succeeded;
    Json record{{"ExecutionArn", child.arn},
                {"Input", child.input.text()},
                {"InputDetails", {{"Included", true}}},
                {"Name", child.name}};
    if (child.output) {
        record["Output"] = child.output->text();
        record["OutputDetails"] = {{"Included", true}};
    }
    if (child.error) record["Error"] = *child.error;
    if (child.cause) record["Cause"] = *child.cause;
    record["RedriveCount"] = redrives;
    record["RedriveStatus"] = has_succeeded ? "NOT_REDRIVABLE" : "REDRIVABLE_BY_MAP_RUN";
    if (has_succeeded) {
        record["RedriveStatusReason"] = "Execution is SUCCEEDED and cannot be redriven";
    }
    record["StartDate"] = to_iso8601(child.started_at);
    record["StateMachineArn"] = child.workflow_arn;
    record["Status"] = core::name_of(child.status);
    record["StopDate"] = to_iso8601(child.stopped_at);
    return record;
}

Json pending_record(std::string item) {
    return {
        {"Input", std::move(item)}, {"InputDetails", {{"Included", true}}}, {"Status", "PENDING"}};
}

Payload joined_results(const core::MapRunPlan& plan,
                       std::vector<std::pair<ExecutionId, std::string>>& results) {
    const bool is_flat = string_or(plan.writer, "Transformation", "") == "FLATTEN";
    const bool is_lines = string_or(plan.writer, "OutputType", "") == "JSONL";
    std::sort(results.begin(), results.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    std::string text;
    for (const auto& [child, output] : results) {
        const std::string_view one = is_flat ? flattened(output) : std::string_view(output);
        if (one.empty()) continue;
        if (!text.empty()) text += is_lines ? '\n' : ',';
        text += one;
    }
    if (is_lines) return Payload(Json(text));
    return Payload::trusted('[' + text + ']');
}

Payload exported_results(const core::MapRunPlan& plan) {
    return Payload(Json{{"MapRunArn", plan.arn},
                        {"ResultWriterDetails",
                         {{"Bucket", string_or(plan.writer, "Bucket", "")},
                          {"Key", core::results_folder(plan) + "/manifest.json"}}}});
}

Payload oversized_result() {
    return Payload::trusted('"' + std::string(kPayloadBytesMax, '.') + '"');
}

}  // namespace stepwell::runtime

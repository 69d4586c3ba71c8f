#include "api/read/data_tally.hpp"

#include <algorithm>
#include <array>

#include "api/read/text.hpp"

namespace stepwell::api::answers {
namespace {

constexpr std::size_t kNameMax = 200;

std::int64_t whole_number(const Json& of, const char* name) {
    const Json* value = find(of, name);
    return value && value->is_number_integer() ? value->get<std::int64_t>() : 0;
}

std::uint32_t small_number(const Json& of, const char* name) {
    return static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(whole_number(of, name), 0, UINT32_MAX));
}

void add_check(const Json& check, DataTally& tally) {
    const std::string name = cut(string_or(check, "name", ""), kNameMax);
    const std::string column = cut(string_or(check, "column", ""), kNameMax);
    auto found = std::find_if(
        tally.checks.begin(), tally.checks.end(),
        [&](const CheckTally& known) { return known.name == name && known.column == column; });
    if (found == tally.checks.end()) {
        if (tally.checks.size() == kDataChecksMax) {
            tally.is_whole = false;
            return;
        }
        tally.checks.push_back({name, column});
        found = tally.checks.end() - 1;
    }
    const std::string status = string_or(check, "status", "");
    if (status == "pass" || status == "success") {
        ++found->passed;
    } else if (status == "skipped") {
        ++found->skipped;
    } else if (status == "warn") {
        ++found->warned;
    } else {
        ++found->failed;
    }
    found->violations += whole_number(check, "failed");
}

void add_output(const Json& output, Timestamp at, DataTally& tally) {
    const std::string uri = string_or(output, "uri", "");
    if (uri.empty() || uri.size() > 10 * kNameMax) return;
    auto found = std::find_if(tally.outputs.begin(), tally.outputs.end(),
                              [&](const OutputTally& known) { return known.uri == uri; });
    if (found == tally.outputs.end()) {
        if (tally.outputs.size() == kDataOutputsMax) {
            tally.is_whole = false;
            return;
        }
        tally.outputs.push_back({uri, 0, at});
        found = tally.outputs.end() - 1;
    }
    found->rows += whole_number(output, "rows");
    found->at = std::max(found->at, at);
}

const Json& list_in(const Json& of, const char* name) {
    static const Json kNone = Json::array();
    const Json* list = find(of, name);
    return list && list->is_array() ? *list : kNone;
}

const Json& object_in(const Json& of, const char* name) {
    static const Json kNone = Json::object();
    const Json* object = find(of, name);
    return object && object->is_object() ? *object : kNone;
}

}  // namespace

std::string CheckTally::status() const {
    if (failed > 0) return "fail";
    if (warned > 0) return "warn";
    return passed > 0 ? "pass" : "skipped";
}

std::string DataTally::status() const {
    for (const char* severe : {"failed", "warn", "success"}) {
        if (statuses.contains(severe)) return severe;
    }
    return "skipped";
}

void DataTally::add(const Json& envelope, Timestamp at) {
    if (task.empty()) task = string_or(envelope, "type", "");
    const std::string status = string_or(envelope, "status", "");
    ++statuses[status == "warn" || status == "failed" || status == "skipped" ? status : "success"];
    for (const auto& [name, count] : object_in(envelope, "rows").items()) {
        if (count.is_number_integer()) rows[name] += count.get<std::int64_t>();
    }
    for (const Json& check : list_in(envelope, "checks")) add_check(check, *this);
    if (status == "failed") return;  // what it says of outputs did not come to be
    for (const Json& output : list_in(envelope, "outputs")) add_output(output, at, *this);
}

Json to_details(const DataTally& tally, Timestamp started_at) {
    Json checks = Json::array();
    for (const CheckTally& check : tally.checks) {
        checks.push_back({{"name", check.name},
                          {"column", check.column},
                          {"pass", check.passed},
                          {"warn", check.warned},
                          {"fail", check.failed},
                          {"skipped", check.skipped},
                          {"violations", check.violations}});
    }
    Json outputs = Json::array();
    for (const OutputTally& output : tally.outputs) {
        outputs.push_back({{"uri", output.uri},
                           {"rows", output.rows},
                           {"at_ms", (output.at - started_at).count()}});
    }
    Json out{{"task", tally.task}, {"rows", tally.rows}, {"statuses", tally.statuses}};
    if (!checks.empty()) out["checks"] = std::move(checks);
    if (!outputs.empty()) out["outputs"] = std::move(outputs);
    if (!tally.is_whole) out["whole"] = false;
    return out;
}

DataTally data_tally_in(const Json& details, Timestamp started_at) {
    DataTally tally;
    tally.task = string_or(details, "task", "");
    for (const auto& [name, count] : object_in(details, "rows").items()) {
        if (count.is_number_integer()) tally.rows[name] = count.get<std::int64_t>();
    }
    for (const auto& [name, count] : object_in(details, "statuses").items()) {
        if (count.is_number_unsigned()) tally.statuses[name] = count.get<std::uint32_t>();
    }
    for (const Json& check : list_in(details, "checks")) {
        tally.checks.push_back({string_or(check, "name", ""), string_or(check, "column", ""),
                                small_number(check, "pass"), small_number(check, "warn"),
                                small_number(check, "fail"), small_number(check, "skipped"),
                                whole_number(check, "violations")});
    }
    for (const Json& output : list_in(details, "outputs")) {
        tally.outputs.push_back({string_or(output, "uri", ""), whole_number(output, "rows"),
                                 started_at + Duration(whole_number(output, "at_ms"))});
    }
    tally.is_whole = find(details, "whole") == nullptr;
    return tally;
}

}  // namespace stepwell::api::answers

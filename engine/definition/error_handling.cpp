// Retry and Catch.
#include <algorithm>

#include "engine/definition/state_reader.hpp"

namespace stepwell::definition {
namespace {

constexpr std::int64_t kDelaySecondsMax = 31'622'400;  // 366 days
constexpr const char* kAllErrors = "States.ALL";

const std::vector<std::string> kRetrierFields = {"ErrorEquals", "IntervalSeconds", "MaxAttempts",
                                                 "BackoffRate", "MaxDelaySeconds", "JitterStrategy",
                                                 "Comment"};
const std::vector<std::string> kCatcherFields = {"ErrorEquals", "Next", "ResultPath", "Assign",
                                                 "Comment"};
const std::vector<std::string> kQueryCatcherFields = {"ErrorEquals", "Next", "Output", "Assign",
                                                      "Comment"};
const std::vector<std::string> kReservedNames = {
    kAllErrors,
    "States.TaskFailed",
    "States.Timeout",
    "States.HeartbeatTimeout",
    "States.Permissions",
    "States.Runtime",
    "States.ResultPathMatchFailure",
    "States.ParameterPathFailure",
    "States.IntrinsicFailure",
    "States.NoChoiceMatched",
    "States.BranchFailed",
    "States.ExceedToleratedFailureThreshold",
    "States.ItemReaderFailed",
    "States.ResultWriterFailed",
    "States.DataLimitExceeded",
    "States.QueryEvaluationError",
    "States.Http.Socket",
};

struct ListItem {
    const Json& json;
    Place place;
    bool is_last;
};

/// Calls visit(item) for each object in the list that the state has under `name`.
template <class Visit>
void for_each_handler(const StateReading& at, const char* name, Visit visit) {
    const Json* list = at.fields.find(name);
    if (list == nullptr) return;
    if (!list->is_array()) return at.fields.report_type(name, "an array of objects");
    const Place place = at.fields.place().member(name);
    for (std::size_t i = 0; i < list->size(); ++i) {
        const Place item_place = place.item(i);
        if ((*list)[i].is_object()) {
            visit(ListItem{(*list)[i], item_place, i + 1 == list->size()});
        } else {
            at.reading.report.add(item_place,
                                  {std::string("expected an element of '") + name +
                                   "' to be an object, but it is " + excerpt((*list)[i])});
        }
    }
}

void check_reserved(Report& report, const std::string& name, const Place& place) {
    const bool is_reserved = name.rfind("States.", 0) == 0;
    const bool is_status = name.rfind("States.Http.StatusCode.", 0) == 0;
    if (!is_reserved || is_status ||
        std::find(kReservedNames.begin(), kReservedNames.end(), name) != kReservedNames.end()) {
        return;
    }
    report.add(place, {"expected one of the errors whose names begin with 'States.', but there is "
                       "no '" +
                           name + "'",
                       suggest(name, kReservedNames), kSchemaFailed, Severity::warning});
}

ErrorNames read_error_equals(const Fields& fields, bool is_last) {
    const Json* value = fields.require("ErrorEquals");
    if (value == nullptr) return {};
    if (!value->is_array()) {
        fields.report_type("ErrorEquals", "an array of error names");
        return {};
    }
    const Place place = fields.place().member("ErrorEquals");
    if (value->empty()) fields.report().add(place, {"Value cannot be empty"});
    ErrorNames names;
    for (std::size_t i = 0; i < value->size(); ++i) {
        const Json& name = (*value)[i];
        const Place name_place = place.item(i);
        if (!name.is_string()) {
            fields.report().add(name_place,
                                {"expected the name of an error, but it is " + excerpt(name)});
            continue;
        }
        names.push_back(name.get<std::string>());
        check_reserved(fields.report(), names.back(), name_place);
    }
    if (std::find(names.begin(), names.end(), kAllErrors) == names.end()) return names;
    if (names.size() > 1) {
        fields.report().add(place,
                            rule({"expected 'States.ALL' alone in its 'ErrorEquals', but there "
                                  "are other names",
                                  "it matches them all"}));
    }
    if (!is_last) {
        fields.report().add(place, rule({"expected 'States.ALL' in the last element only, but more "
                                         "follow",
                                         "what follows can never match"}));
    }
    return names;
}

Retrier read_retrier(const StateReading& at, const ListItem& item) {
    const Fields fields(at.reading.report, item.json, item.place);
    fields.only(kRetrierFields, "a retrier");
    static_cast<void>(fields.read_string("Comment"));
    Retrier retrier;
    retrier.error_equals = read_error_equals(fields, item.is_last);
    const auto interval = fields.read_integer("IntervalSeconds", {1, kSecondsMax});
    retrier.interval_seconds = interval.value_or(retrier.interval_seconds);
    retrier.attempts_max =
        fields.read_integer("MaxAttempts", {0, kSecondsMax}).value_or(retrier.attempts_max);
    retrier.backoff_rate = fields.read_number("BackoffRate", {1}).value_or(retrier.backoff_rate);
    retrier.max_delay_seconds = fields.read_integer("MaxDelaySeconds", {1, kDelaySecondsMax});
    if (interval && retrier.max_delay_seconds && *retrier.max_delay_seconds <= *interval) {
        fields.report_type("MaxDelaySeconds",
                           "more than 'IntervalSeconds' (" + std::to_string(*interval) + ")");
    }
    retrier.full_jitter = fields.read_enum("JitterStrategy", {"FULL", "NONE"}) == "FULL";
    return retrier;
}

Catcher read_catcher(const StateReading& at, const ListItem& item) {
    const Fields fields(at.reading.report, item.json, item.place);
    fields.only(at.is_jsonata() ? kQueryCatcherFields : kCatcherFields, "a catcher");
    static_cast<void>(fields.read_string("Comment"));
    Catcher catcher;
    catcher.error_equals = read_error_equals(fields, item.is_last);
    fields.require("Next");
    catcher.next = at.target(item.json, "Next").value_or(StateId{});
    if (at.is_jsonata()) {
        const Fields::Sees sees{.error_output = true};
        catcher.output = fields.read_query("Output", Fields::TemplateRoot::any, sees);
        catcher.assign_query = fields.read_query_assign(sees);
        return catcher;
    }
    catcher.result_path = fields.read_selection("ResultPath", PathForm::result_path);
    catcher.assign = fields.read_assign();
    return catcher;
}

}  // namespace

std::vector<Retrier> read_retriers(const StateReading& at) {
    std::vector<Retrier> retriers;
    for_each_handler(at, "Retry",
                     [&](const ListItem& item) { retriers.push_back(read_retrier(at, item)); });
    return retriers;
}

std::vector<Catcher> read_catchers(const StateReading& at) {
    std::vector<Catcher> catchers;
    for_each_handler(at, "Catch",
                     [&](const ListItem& item) { catchers.push_back(read_catcher(at, item)); });
    return catchers;
}

}  // namespace stepwell::definition

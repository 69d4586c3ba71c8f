// `schedules` and `deadlines`: what is told by the clock.
#include <array>

#include "engine/definition/start_fields.hpp"

namespace stepwell::definition {
namespace {

using schedule::Catchup;
using schedule::Fold;
using schedule::Gap;
using schedule::ScheduleText;

const std::vector<std::string> kScheduleFields = {"name",     "cron",  "rate",    "at",
                                                  "timezone", "dst",   "catchup", "catchup_max",
                                                  "overlap",  "input", "enabled"};

struct When {
    ScheduleText::Kind kind;
    std::string_view field;
};
constexpr std::array kWhens = {When{ScheduleText::Kind::cron, "cron"},
                               When{ScheduleText::Kind::rate, "rate"},
                               When{ScheduleText::Kind::at, "at"}};

/// The one of cron, rate and at that is there.
void read_when(const Fields& fields, ScheduleText& out) {
    const When* found = nullptr;
    for (const When& each : kWhens) {
        if (!fields.has(each.field)) continue;
        if (found != nullptr) {
            fields.exclude(std::string(found->field), std::string(each.field));
            return;
        }
        found = &each;
    }
    if (found == nullptr) {
        fields.report().add_at_name(fields.place(),
                                    {"expected one of 'cron', 'rate' and 'at', but there is none"});
        return;
    }
    const auto text = fields.read_string(found->field);
    if (!text) return;
    out.kind = found->kind;
    out.text = *text;
    // AWS writes both in one place.
    if (text->substr(0, 5) == "rate(") out.kind = ScheduleText::Kind::rate;
    ScheduleText checked = out;
    checked.timezone = "UTC";  // the zone has been reported already
    if (const auto made = schedule::Schedule::make(checked); !made) {
        fields.report().add(fields.place().member(found->field), {made.error().message});
    }
}

void read_changes_of_clocks(const Fields& fields, ScheduleText& out) {
    with_object(fields, "dst", [&](const Fields& dst) {
        dst.only({"gap", "fold"}, "'dst'");
        if (const auto gap = dst.read_enum("gap", {"next", "skip"})) {
            out.gap = *gap == "next" ? Gap::next : Gap::skip;
        }
        Fold fold = Fold::first;
        read_choice(dst, "fold", {"first", "both", "last"},
                    std::vector{Fold::first, Fold::both, Fold::last}, fold);
        if (dst.has("fold")) out.fold = fold;
    });
}

ScheduleSpec read_schedule(const Fields& fields, std::size_t index) {
    using Overlap = ScheduleSpec::Overlap;
    ScheduleSpec spec;
    fields.only(kScheduleFields, "a schedule");
    spec.name = read_name(fields, std::to_string(index));
    read_timezone(fields, spec.when.timezone);
    read_when(fields, spec.when);
    read_changes_of_clocks(fields, spec.when);
    read_choice(fields, "catchup", {"none", "last", "all"},
                std::vector{Catchup::none, Catchup::last, Catchup::all}, spec.catchup.catchup);
    constexpr IntegerRange kCatchupRange{1, 10'000};
    if (const auto most = fields.read_integer("catchup_max", kCatchupRange)) {
        spec.catchup.fires_max = static_cast<std::size_t>(*most);
    }
    read_choice(fields, "overlap", {"allow", "skip", "queue", "cancel_running"},
                std::vector{Overlap::allow, Overlap::skip, Overlap::queue, Overlap::cancel_running},
                spec.overlap);
    read_input(fields, {"scheduled_date", "scheduled_time"}, "schedule", spec.input);
    read_boolean(fields, "enabled", spec.is_enabled);
    return spec;
}

/// "8:05" and "08:05" as {"5", "8"}: minute and hour of a cron expression.
std::optional<std::string> cron_of_time(const std::string& text) {
    const std::size_t colon = text.find(':');
    if (colon == text.npos || text.size() - colon != 3 || colon < 1 || colon > 2) {
        return std::nullopt;
    }
    std::string hour = text.substr(0, colon);
    std::string minute = text.substr(colon + 1);
    const std::string cron = minute + " " + hour + " * * *";
    return schedule::Cron::parse(cron) ? std::optional(minute + " " + hour) : std::nullopt;
}

/// A file_by needs a file trigger; with one alone, its name need not be said.
std::string read_trigger(const Fields& fields, const Starts& starts) {
    const auto name = fields.read_string("trigger");
    if (!name && starts.files.size() == 1) return starts.files.front().name;
    for (const FileTriggerSpec& trigger : starts.files) {
        if (name && trigger.name == *name) return *name;
    }
    const Place place = fields.has("trigger") ? fields.place().member("trigger") : fields.place();
    fields.report().add(place, {"expected 'trigger' to name a file trigger of this workflow, but " +
                                (name ? "there is no '" + *name + "'"
                                      : "there are " + std::to_string(starts.files.size()))});
    return "";
}

void read_deadline(const Fields& fields, std::size_t index, Names& names, Starts& starts) {
    using Kind = DeadlineSpec::Kind;
    fields.only(
        {"name", "start_by", "finish_by", "file_by", "days", "timezone", "window", "trigger"},
        "a deadline");
    DeadlineSpec common;
    const std::string name = read_name(fields, index == 0 ? "" : std::to_string(index));
    read_timezone(fields, common.when.timezone);
    read_span(fields, "window", std::chrono::minutes(1), common.window);
    const std::string days = fields.read_string("days").value_or("*");
    if (const auto cron = schedule::Cron::parse("0 0 * * " + days); !cron) {
        fields.report_type("days", "days of the week such as MON-FRI or MON,THU");
    }
    bool has_any = false;
    for (const Kind kind : {Kind::start_by, Kind::finish_by, Kind::file_by}) {
        const auto text = fields.read_string(name_of(kind));
        has_any = has_any || fields.has(name_of(kind));
        if (!text) continue;
        const auto time = cron_of_time(*text);
        if (!time) {
            fields.report_type(name_of(kind), "a time of day such as 08:30");
            continue;
        }
        DeadlineSpec spec = common;
        spec.kind = kind;
        spec.name = name + (name.empty() ? "" : "-") + name_of(kind);
        spec.when.text = *time + " * * " + days;
        if (kind == Kind::file_by) spec.trigger = read_trigger(fields, starts);
        names.add(fields, spec.name, "deadline");
        starts.deadlines.push_back(std::move(spec));
    }
    if (!has_any) {
        fields.report().add_at_name(
            fields.place(),
            {"expected one of 'start_by', 'finish_by' and 'file_by', but there is none"});
    }
}

}  // namespace

void read_schedules(const Json& root, Report& report, Starts& starts) {
    Names names;
    for_each_object(root, report, "schedules", [&](const Fields& fields, std::size_t index) {
        starts.schedules.push_back(read_schedule(fields, index));
        names.add(fields, starts.schedules.back().name, "schedule");
    });
}

void read_deadlines(const Json& root, Report& report, Starts& starts) {
    Names names;
    const Json* value = find(root, "deadlines");
    if (value != nullptr && value->is_object()) {
        const Place top;
        const Place place = top.member("deadlines");
        read_deadline(Fields(report, *value, place), 0, names, starts);
    }
    for_each_object(root, report, "deadlines", [&](const Fields& fields, std::size_t index) {
        read_deadline(fields, index, names, starts);
    });
}

}  // namespace stepwell::definition

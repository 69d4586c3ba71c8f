#include "engine/runtime/notice.hpp"

#include <utility>

namespace stepwell::runtime {
namespace {

constexpr std::size_t kCauseMax = 1'000;

void add(Json& out, const char* name, const std::string& text) {
    if (!text.empty()) out[name] = text;
}

void add_members(Json& out, const Notice& notice) {
    add(out, "run", notice.run);
    if (notice.number > 0) out["number"] = notice.number;
    add(out, "arn", notice.arn);
    add(out, "error", notice.error);
    add(out, "cause", notice.cause.substr(0, kCauseMax));
    add(out, "state", notice.state);
    add(out, "message", notice.message);
    add(out, "text", notice.text);
}

/// What a program gets: like the stored form, with times for people.
Json payload_of(const Notice& notice) {
    Json out{{"event", notice.event}, {"workflow", notice.workflow}};
    add_members(out, notice);
    out["at"] = to_iso8601(notice.at);
    if (notice.since) out["since"] = to_iso8601(*notice.since);
    if (notice.failures > 0) out["failures"] = notice.failures;
    return out;
}

std::string subject_of(const Notice& notice) {
    if (notice.event == "late") return notice.workflow + " is late";
    std::string subject = notice.workflow + " " + notice.event;
    if (!notice.error.empty()) subject += ": " + notice.error;
    return subject;
}

std::string message_of(const Notice& notice) {
    std::string text;
    const auto line = [&](const std::string& what) {
        if (!what.empty()) text += (text.empty() ? "" : "\n") + what;
    };
    line(notice.text);
    const std::string number = notice.number == 0 ? "" : std::to_string(notice.number);
    if (!notice.run.empty()) {
        line("Run: " + (number.empty() ? notice.run : number + " (" + notice.run + ")"));
    }
    if (!notice.state.empty()) line("State: " + notice.state);
    if (!notice.error.empty()) line("Error: " + notice.error);
    const std::string& cause = notice.message.empty() ? notice.cause : notice.message;
    if (!cause.empty()) line("Cause: " + cause);
    if (notice.event == "recovered" && notice.since) {
        line("It had been failing since " + to_iso8601(*notice.since) + ", in " +
             std::to_string(notice.failures) + (notice.failures == 1 ? " run" : " runs"));
    }
    if (!number.empty()) line("Look: stepwell show " + number);
    return text;
}

}  // namespace

journal::DocumentWrite to_write(const Notice& notice, std::string key) {
    Json value{{"event", notice.event},
               {"to", notice.to},
               {"workflow", notice.workflow},
               {"at", to_ms(notice.at)}};
    add_members(value, notice);
    if (notice.since) value["since"] = to_ms(*notice.since);
    if (notice.failures > 0) value["failures"] = notice.failures;
    journal::DocumentWrite write;
    write.collection = kNotices;
    write.key = std::move(key);
    write.value = to_text(value);
    return write;
}

std::optional<Notice> notice_in(const std::string& value) {
    const auto json = parse_json(value);
    const Json* to = json ? find(*json, "to") : nullptr;
    if (!to || !to->is_array()) return std::nullopt;
    Notice notice;
    notice.event = string_or(*json, "event", "");
    for (const Json& channel : *to) {
        if (channel.is_string()) notice.to.push_back(channel.get<std::string>());
    }
    notice.workflow = string_or(*json, "workflow", "");
    notice.run = string_or(*json, "run", "");
    notice.number = unsigned_in(*json, "number");
    notice.arn = string_or(*json, "arn", "");
    notice.error = string_or(*json, "error", "");
    notice.cause = string_or(*json, "cause", "");
    notice.state = string_or(*json, "state", "");
    notice.message = string_or(*json, "message", "");
    notice.text = string_or(*json, "text", "");
    notice.at = time_in(*json, "at").value_or(Timestamp{});
    notice.since = time_in(*json, "since");
    notice.failures = unsigned_in(*json, "failures");
    return notice;
}

Json parameters_of(const Notice& notice) {
    return {{"to", notice.to},
            {"subject", subject_of(notice)},
            {"message", message_of(notice)},
            {"payload", payload_of(notice)}};
}

}  // namespace stepwell::runtime

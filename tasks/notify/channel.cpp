#include "tasks/notify/channel.hpp"

#include "engine/base/digest.hpp"
#include "engine/base/time.hpp"
#include "engine/base/utf8.hpp"
#include "tasks/fields.hpp"
#include "tasks/glob.hpp"

namespace stepwell::tasks {

namespace {

/// What Slack takes of a section's text; it refuses the whole message where there is more.
constexpr std::size_t kSlackTextMax = 3'000;

Result<Channel> read_channel(const Json& json) {
    Fields fields(json);
    Channel channel;
    const std::string type = fields.text("type", "");
    if (type == "slack") channel.type = Channel::Type::slack;
    if (type != "slack" && type != "webhook") {
        fields.fault("expected 'type' to be webhook or slack, but it is '" + type + "'");
    }
    channel.url = fields.text("url", "");
    if (type == "slack" && channel.url.empty()) channel.url = fields.text("webhook", "");
    if (channel.url.empty()) fields.fault("expected 'url'");
    if (type == "webhook") channel.hmac_key = fields.text("hmac", "");
    channel.headers = fields.pairs("headers");
    if (const auto timeout = fields.milliseconds("timeout")) {
        channel.timeout = std::chrono::milliseconds(*timeout);
    }
    if (const auto faults = fields.finish()) return fail(ErrorCode::invalid, *faults);
    return channel;
}

/// A text for Slack, which shows it as it stands: what the text holds calls no channel together and
/// makes no links. At most so many characters, the last one an ellipsis where more were there.
std::string slack_text(std::string_view text, std::size_t characters_max) {
    std::string escaped;
    std::size_t characters = 0;
    std::size_t end = 0;  // of what leaves room for the ellipsis
    while (!text.empty()) {
        const std::size_t length = std::max<std::size_t>(1, utf8_length_of_first(text));
        const std::string_view one = text.substr(0, length);
        const std::string_view shown = one == "&"   ? "&amp;"
                                       : one == "<" ? "&lt;"
                                       : one == ">" ? "&gt;"
                                                    : one;
        const std::size_t count = shown == one ? 1 : shown.size();
        if (characters + count > characters_max) return escaped.substr(0, end) + "…";
        escaped += shown;
        characters += count;
        if (characters < characters_max) end = escaped.size();
        text.remove_prefix(length);
    }
    return escaped;
}

std::string slack_body(const Message& message) {
    std::string text = message.subject.empty() ? "" : "*" + message.subject + "*";
    if (!message.text.empty()) text += (text.empty() ? "" : "\n") + message.text;
    text = slack_text(text, kSlackTextMax);
    Json blocks = Json::array();
    blocks.push_back({{"type", "section"}, {"text", {{"type", "mrkdwn"}, {"text", text}}}});
    std::string origin;
    for (const std::string& part : {message.workflow, message.state, look_command(message)}) {
        if (!part.empty()) origin += (origin.empty() ? "" : " / ") + part;
    }
    origin = slack_text(origin, kSlackTextMax);
    blocks.push_back(
        {{"type", "context"}, {"elements", Json::array({{{"type", "mrkdwn"}, {"text", origin}}})}});
    return to_text(Json{{"text", text}, {"blocks", std::move(blocks)}});
}

std::string webhook_body(const Message& message) {
    Json body = {{"id", message.id},
                 {"channel", message.channel},
                 {"subject", message.subject},
                 {"message", message.text},
                 {"payload", message.payload},
                 {"workflow", message.workflow},
                 {"execution", message.execution},
                 {"state", message.state},
                 {"at", to_iso8601(from_ms(message.created_ms))}};
    if (message.run > 0) {
        body["run"] = message.run;
        body["look"] = look_command(message);
    }
    if (!message.topic.empty()) body["topic"] = message.topic;
    return to_text(body);
}

}  // namespace

Json to_json(const Message& message) {
    return {{"subject", message.subject},     {"text", message.text},
            {"payload", message.payload},     {"workflow", message.workflow},
            {"execution", message.execution}, {"run", message.run},
            {"state", message.state},         {"topic", message.topic}};
}

std::string look_command(const Message& message) {
    return message.run > 0 ? "stepwell show " + std::to_string(message.run) : "";
}

Message message_from_json(const Json& json) {
    Message message;
    message.subject = string_or(json, "subject", "");
    message.text = string_or(json, "text", "");
    if (const Json* payload = find(json, "payload")) message.payload = *payload;
    message.workflow = string_or(json, "workflow", "");
    message.execution = string_or(json, "execution", "");
    const Json* run = find(json, "run");
    if (run && run->is_number_integer()) message.run = run->get<std::int64_t>();
    message.state = string_or(json, "state", "");
    message.topic = string_or(json, "topic", "");
    return message;
}

Result<Notifications> Notifications::read(const Json* section) {
    Notifications result;
    if (!section || section->is_null()) return result;
    Fields fields(*section);
    if (const Json* channels = fields.any("channels"); channels && channels->is_object()) {
        for (const auto& [name, json] : channels->items()) {
            auto channel = read_channel(json);
            if (channel) {
                result.channels_.emplace(name, std::move(*channel));
            } else {
                fields.fault("channel '" + name + "': " + channel.error().message);
            }
        }
    }
    if (const Json* topics = fields.any("topics"); topics && topics->is_object()) {
        Fields lists(*topics);
        for (const auto& [pattern, ignored] : topics->items()) {
            result.topics_.push_back({pattern, lists.texts(pattern)});
            for (const std::string& name : result.topics_.back().channels) {
                if (result.channels_.count(name) != 0) continue;
                fields.fault("topic '" + pattern + "': there is no channel '" + name + "'");
            }
        }
        if (const auto faults = lists.finish()) fields.fault(*faults);
    }
    fields.any("rules");
    if (const auto faults = fields.finish()) {
        return fail(ErrorCode::invalid, "notifications: " + *faults);
    }
    return result;
}

const Channel* Notifications::find(const std::string& name) const {
    const auto found = channels_.find(name);
    return found == channels_.end() ? nullptr : &found->second;
}

const std::vector<std::string>* Notifications::channels_of(std::string_view topic_arn) const {
    const std::string_view name = topic_arn.substr(topic_arn.rfind(':') + 1);
    for (const Topic& topic : topics_) {
        if (glob_matches(topic.pattern, topic_arn) || glob_matches(topic.pattern, name)) {
            return &topic.channels;
        }
    }
    return nullptr;
}

std::vector<std::string> Notifications::names() const {
    std::vector<std::string> names;
    for (const auto& [name, ignored] : channels_) names.push_back(name);
    return names;
}

HttpRequest delivery_request(const Channel& channel, const Message& message, std::int64_t now_s) {
    HttpRequest request;
    request.method = "POST";
    request.url = channel.url;
    request.headers = channel.headers;
    request.headers.emplace_back("Content-Type", "application/json");
    request.headers.emplace_back("X-Stepwell-Message-Id", message.id);
    request.timeout = channel.timeout;
    request.response_bytes_max = 64u << 10;
    request.body =
        channel.type == Channel::Type::slack ? slack_body(message) : webhook_body(message);
    if (!channel.hmac_key.empty()) {
        const std::string time = std::to_string(now_s);
        request.headers.emplace_back(
            "X-Stepwell-Signature",
            "t=" + time + ",v1=" + hmac_sha256_hex(channel.hmac_key, time + "." + request.body));
    }
    return request;
}

}  // namespace stepwell::tasks

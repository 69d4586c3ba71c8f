// The task ends when its messages are durably queued; with `required: true` when they are
// delivered.
#include "tasks/notify/notify_tasks.hpp"

#include "tasks/aws_shapes.hpp"
#include "tasks/fields.hpp"
#include "tasks/notify/delivery_worker.hpp"
#include "tasks/registry.hpp"
#include "tasks/wall_clock.hpp"

namespace stepwell::tasks {

namespace {

constexpr std::string_view kPublish = "arn:aws:states:::sns:publish";
constexpr std::int64_t kRequiredAttempts = 5;
/// Another host may deliver: how often to look.
constexpr std::chrono::milliseconds kLookInterval{100};

struct Notification {
    std::vector<std::string> channels;
    Message message;
    bool is_required = false;
    std::int64_t attempts_max = kRequiredAttempts;
};

std::string unknown_channel(const std::string& name, const Notifications& notifications) {
    const std::string near = nearest_word(name, notifications.names());
    return "there is no channel '" + name + "' under notifications.channels" +
           (near.empty() ? "" : "; did you mean '" + near + "'?");
}

Message make_message(const runtime::TaskRequest& request) {
    Message message;
    message.workflow = request.workflow_name;
    message.execution = request.execution_arn;
    message.run = static_cast<std::int64_t>(value_of(request.token.execution));
    message.state = request.state_name;
    message.created_ms = wall_clock_ms();
    return message;
}

Result<Notification, TaskError> read_notify(const Json& parameters,
                                            const runtime::TaskRequest& request,
                                            const Notifications& notifications) {
    Fields fields(parameters);
    Notification result;
    result.message = make_message(request);
    result.channels = fields.texts("to");
    result.message.subject = fields.text("subject", "");
    if (const Json* text = fields.any("message")) result.message.text = plain_text(*text);
    if (const Json* payload = fields.any("payload")) result.message.payload = *payload;
    result.is_required = fields.flag("required", false);
    if (fields.flag("wait", false)) result.is_required = true;
    result.attempts_max = fields.whole("attempts", 1, 1'000).value_or(kRequiredAttempts);
    if (result.channels.empty()) fields.fault("expected 'to', the names of channels");
    for (const std::string& name : result.channels) {
        if (!notifications.find(name)) fields.fault(unknown_channel(name, notifications));
    }
    if (const auto faults = fields.finish())
        return fail(invalid_parameters("stepwell:notify", *faults));
    return result;
}

TaskError no_topic(const std::string& topic) {
    return {"SNS.NotFoundException",
            "Topic does not exist: '" + topic +
                "' has no channel here; name one under notifications.topics of the configuration "
                "(Service: AmazonSNS; Status Code: 404; Error Code: NotFound; Request ID: " +
                new_request_id() + "; Proxy: null)"};
}

Result<Notification, TaskError> read_publish(const Json& parameters,
                                             const runtime::TaskRequest& request,
                                             const Notifications& notifications) {
    Fields fields(parameters);
    Notification result;
    result.message = make_message(request);
    std::string topic = fields.text("TopicArn", "");
    if (topic.empty()) topic = fields.text("TargetArn", "");
    const Json* text = fields.any("Message");
    result.message.subject = fields.text("Subject", "");
    if (const Json* attributes = fields.any("MessageAttributes")) {
        result.message.payload = {{"MessageAttributes", *attributes}};
    }
    for (const char* key : {"MessageStructure", "MessageDeduplicationId", "MessageGroupId"}) {
        fields.any(key);
    }
    if (topic.empty()) fields.fault("expected 'TopicArn'");
    if (!text) fields.fault("expected 'Message'");
    if (const auto faults = fields.finish()) {
        return fail(TaskError{"SNS.InvalidParameterException", "sns:publish: " + *faults});
    }
    const auto* channels = notifications.channels_of(topic);
    if (!channels) return fail(no_topic(topic));
    result.channels = *channels;
    result.message.text = plain_text(*text);
    result.message.topic = topic;
    return result;
}

TaskError outbox_error(const Error& error) {
    return {"Notify.OutboxFailed", error.message};
}

/// Messages of one workflow leave in the order of what they tell. A required one waits for nobody,
/// as its task does for it.
std::string line_of(const Notification& notification) {
    const Message& message = notification.message;
    if (notification.is_required) return "";
    return message.workflow.empty() ? message.execution : message.workflow;
}

/// Ids in the order of the channels.
Result<std::vector<std::string>, TaskError> queue(Outbox& outbox, Notification& notification,
                                                  const std::string& run_key) {
    std::vector<std::string> ids;
    for (const std::string& channel : notification.channels) {
        notification.message.channel = channel;
        auto id = outbox.add(run_key, notification.message, line_of(notification));
        if (!id) return fail(outbox_error(id.error()));
        ids.push_back(std::move(*id));
    }
    return ids;
}

Result<Delivery, TaskError> await_delivery(Outbox& outbox, const std::string& id,
                                           const Notification& notification,
                                           const TaskContext& context) {
    while (!context.is_cancelled()) {
        auto delivery = outbox.status(id);
        if (!delivery) return fail(outbox_error(delivery.error()));
        if (delivery->is_delivered) return std::move(*delivery);
        const bool is_tried = !delivery->last_error.empty();
        if (delivery->is_given_up ||
            (is_tried && delivery->attempts >= notification.attempts_max)) {
            [[maybe_unused]] const auto ignored = outbox.give_up(id);
            const std::string attempts = std::to_string(delivery->attempts) +
                                         (delivery->attempts == 1 ? " attempt: " : " attempts: ");
            return fail(
                TaskError{"Notify.DeliveryFailed", "after " + attempts + delivery->last_error});
        }
        delivery_worker().await_change(kLookInterval);
    }
    [[maybe_unused]] const auto ignored = outbox.give_up(id);
    return fail(TaskError{"Stepwell.Cancelled", "cancelled before the message was delivered"});
}

TaskResult send(Outbox& outbox, Notification notification, TaskContext& context) {
    const std::vector<std::string> ids =
        SW_TRY(queue(outbox, notification, context.request().run_key));
    delivery_worker().begin(context.settings());
    delivery_worker().wake();
    Json sent = Json::array();
    for (std::size_t i = 0; i < ids.size(); ++i) {
        Json entry = {{"channel", notification.channels[i]}, {"id", ids[i]}};
        if (notification.is_required) {
            const Delivery delivery = SW_TRY(await_delivery(outbox, ids[i], notification, context));
            entry["attempts"] = delivery.attempts;
        }
        sent.push_back(std::move(entry));
    }
    return Json{{"status", "success"}, {"sent", std::move(sent)}, {"suppressed", 0}};
}

TaskResult publish_result(const Json& sent) {
    const std::string request_id = new_request_id();
    Json result = {
        {"MessageId", sent["sent"].empty() ? request_id : string_or(sent["sent"][0], "id", "")}};
    HttpAnswer http;
    http.request_id = request_id;
    http.content_bytes = 294;
    http.content_type = "text/xml";
    add_sdk_metadata(result, http);
    return result;
}

TaskResult run_notify(const Json& parameters, TaskContext& context) {
    const auto notifications =
        Notifications::read(find(context.settings().configuration, "notifications"));
    if (!notifications)
        return fail(invalid_parameters("stepwell:notify", notifications.error().message));
    const runtime::TaskRequest& request = context.request();
    // Messages wait on disk and leave for elsewhere; masking would change what was meant.
    if (request.has_secrets) {
        return fail(
            invalid_parameters("stepwell:notify",
                               "expected no secret in a message; channels may name secrets in the "
                               "configuration"));
    }
    const bool is_publish = request.resource.rfind(kPublish, 0) == 0;
    Notification notification =
        SW_TRY(is_publish ? read_publish(parameters, request, *notifications)
                          : read_notify(parameters, request, *notifications));
    auto outbox = Outbox::open(context.settings().data_folder);
    if (!outbox) return fail(outbox_error(outbox.error()));
    const Json sent = SW_TRY(send(**outbox, std::move(notification), context));
    if (is_publish) return publish_result(sent);
    return sent;
}

/// What waits since an earlier daemon is delivered whether or not anybody sends something new.
bool has_outbox(const HostSettings& settings) {
    std::error_code ignored;
    return std::filesystem::exists(settings.data_folder / "outbox.db", ignored);
}

}  // namespace

std::vector<TaskType> notify_tasks() {
    TaskType notify;
    notify.name = "notify";
    notify.run = run_notify;
    notify.resources = {std::string(kPublish), std::string(kPublish) + ".waitForTaskToken"};
    notify.parameters = shape::object(
        {shape::texts("to", "names of channels of the configuration").needed().naming("channels"),
         shape::text("subject", "a line"),
         shape::any("message", "a text; anything else is sent as JSON"),
         shape::any("payload", "for programs (webhooks)"),
         shape::flag("required", "the task ends when all is delivered").or_else("false"),
         shape::flag("wait", "the same as `required`").or_else("false"),
         shape::whole("attempts", "of a required message").from_to(1, 1000).or_else("5")});
    notify.host = HostKind::messenger;
    notify.wants_host = has_outbox;
    notify.on_host_start = [](const HostSettings& settings) { delivery_worker().begin(settings); };
    return {notify};
}

}  // namespace stepwell::tasks

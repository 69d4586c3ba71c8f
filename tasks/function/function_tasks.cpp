// Three ways to call the same function differ in where its name and event are, and in what becomes
// of the result:
//   arn:aws:lambda:R:A:function:NAME   the input is the event, the result passes on as it was
//   spelled arn:aws:states:::lambda:invoke     {FunctionName, Payload}; the result is wrapped, and
//   compact stepwell:function                  {name, input}; otherwise as the first
#include "tasks/function/function_tasks.hpp"

#include <string.h>

#include <algorithm>
#include <cctype>
#include <thread>

#include "engine/base/digest.hpp"
#include "tasks/aws_shapes.hpp"
#include "tasks/fields.hpp"
#include "tasks/function/function_folder.hpp"
#include "tasks/function/function_pool.hpp"
#include "tasks/function/function_slot.hpp"
#include "tasks/wall_clock.hpp"

namespace stepwell::tasks {

namespace {

constexpr std::string_view kInvoke = "arn:aws:states:::lambda:invoke";
constexpr std::string_view kLocal = "stepwell:function";
constexpr std::size_t kNameMax = 140;
constexpr std::int64_t kLongestMs =
    900'000;  // what AWS allows: what a handler sees without a limit

enum class Style { legacy, invoke, local };
enum class Invocation { wait, event, dry_run };

struct Call {
    Style style = Style::legacy;
    Invocation invocation = Invocation::wait;
    std::string name;
    std::string qualifier = "$LATEST";
    std::string version = "$LATEST";  // that serves the qualifier
    std::string event = "{}";
    std::string region;
    std::string account;
    std::string request_id;
    std::string client_context;
    bool wants_log = false;
};

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= kNameMax &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
           });
}

/// "NAME", "NAME:QUALIFIER", "ACCOUNT:function:NAME", or a whole ARN.
void set_function(Call& call, std::string_view text) {
    if (const ArnParts arn = split_arn(text); !arn.rest.empty()) {
        call.region = arn.region;
        call.account = arn.account;
        set_function(call, arn.rest);
        return;
    }
    constexpr std::string_view kMiddle = "function:";
    if (const std::size_t middle = text.find(kMiddle); middle != std::string_view::npos) {
        if (middle > 1) call.account = text.substr(0, middle - 1);
        text.remove_prefix(middle + kMiddle.size());
    }
    const std::size_t colon = text.find(':');
    call.name = text.substr(0, colon);
    if (colon != std::string_view::npos) call.qualifier = text.substr(colon + 1);
}

Result<Invocation, TaskError> read_invocation(Fields& fields) {
    const std::string type = fields.text("InvocationType", "RequestResponse");
    if (type == "RequestResponse") return Invocation::wait;
    if (type == "Event") return Invocation::event;
    if (type == "DryRun") return Invocation::dry_run;
    fields.fault("expected 'InvocationType' to be RequestResponse, Event or DryRun, but it is '" +
                 type + "'");
    return Invocation::wait;
}

bool read_log_type(Fields& fields) {
    const std::string type = fields.text("LogType", "None");
    if (type != "None" && type != "Tail") {
        fields.fault("expected 'LogType' to be None or Tail, but it is '" + type + "'");
    }
    return type == "Tail";
}

/// A string is sent as it is, and has to be JSON by itself; null is no payload.
Result<std::string, TaskError> payload_text(const Json* payload) {
    if (!payload) return std::string("{}");
    if (!payload->is_string()) return to_text(*payload);
    auto text = payload->get<std::string>();
    if (const auto check = check_json(text); !check) {
        return fail(TaskError{"Lambda.InvalidRequestContentException",
                              "Could not parse request body into json: " + check.error().message +
                                  " (Service: AWSLambda; Status Code: 400; Error Code: "
                                  "InvalidRequestContentException; Request ID: " +
                                  new_request_id() + "; Proxy: null)"});
    }
    return text;
}

Result<void, TaskError> read_invoke(Call& call, const Json& parameters) {
    Fields fields(parameters);
    const auto name = fields.text("FunctionName");
    if (!name) fields.fault("expected 'FunctionName'");
    const auto qualifier = fields.text("Qualifier");
    call.invocation = SW_TRY(read_invocation(fields));
    call.client_context = fields.text("ClientContext", "");
    const Json* payload = fields.any("Payload");
    call.wants_log = read_log_type(fields);
    if (const auto faults = fields.finish()) {
        return fail(TaskError{"States.Runtime", "lambda:invoke: " + *faults});
    }
    set_function(call, *name);
    if (qualifier) call.qualifier = *qualifier;
    call.event = SW_TRY(payload_text(payload));
    return {};
}

Result<void, TaskError> read_local(Call& call, const Json& parameters) {
    Fields fields(parameters);
    const auto name = fields.text("name");
    if (!name) fields.fault("expected 'name', the function's folder");
    if (const Json* input = fields.any("input")) call.event = to_text(*input);
    if (const auto faults = fields.finish())
        return fail(invalid_parameters("stepwell:function", *faults));
    set_function(call, *name);
    return {};
}

Result<Call, TaskError> read_call(const runtime::TaskRequest& request) {
    Call call;
    call.request_id = new_request_id();
    const ArnParts execution = split_arn(request.execution_arn);
    call.region = execution.region;
    call.account = execution.account;
    if (request.resource == kLocal) {
        call.style = Style::local;
        SW_TRY(read_local(call, request.parameters.json()));
    } else if (request.resource.rfind(kInvoke, 0) == 0) {
        call.style = Style::invoke;
        SW_TRY(read_invoke(call, request.parameters.json()));
    } else {
        set_function(call, request.resource);
        call.event = request.parameters.text();
    }
    return call;
}

std::string arn_of(const Call& call) {
    return "arn:aws:lambda:" + call.region + ":" + call.account + ":function:" + call.name + ":" +
           call.qualifier;
}

std::optional<std::filesystem::path> find_folder(const std::string& name,
                                                 const HostSettings& settings) {
    for (const auto& folder : settings.functions_folders) {
        std::error_code ignored;
        if (is_function_folder(folder / name)) {
            return std::filesystem::absolute(folder / name, ignored);
        }
    }
    return std::nullopt;
}

/// A version or an alias may have a folder of its own, NAME@QUALIFIER; NAME serves all others.
std::optional<std::filesystem::path> find_function(Call& call, const HostSettings& settings) {
    if (!is_name(call.name)) return std::nullopt;
    if (is_name(call.qualifier)) {
        if (auto own = find_folder(call.name + "@" + call.qualifier, settings)) {
            call.version = call.qualifier;
            return own;
        }
    }
    return find_folder(call.name, settings);
}

TaskError not_found(const Call& call, TaskContext& context) {
    std::string where;
    for (const auto& folder : context.settings().functions_folders) {
        where += (where.empty() ? "'" : ", '") + (folder / call.name / "handler.py").string() + "'";
    }
    context.log((where.empty() ? "no functions folder is configured: name one with --functions DIR"
                               : "expected the function's code at " + where) +
                "; or let a local task stand for it, by a binding in stepwell.yaml");
    return {"Lambda.ResourceNotFoundException",
            "Function not found: " + arn_of(call) +
                " (Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException; "
                "Request ID: " +
                call.request_id + "; Proxy: null)"};
}

std::string log_stream() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    char day[16];
    std::strftime(day, sizeof day, "%Y/%m/%d", &parts);
    std::string id = new_request_id();
    id.erase(std::remove(id.begin(), id.end(), '-'), id.end());
    return std::string(day) + "/[$LATEST]" + id;
}

/// What AWS gives a function where nothing is said.
std::string memory_mb(const FunctionSettings& settings) {
    const std::uint64_t bytes =
        settings.memory_bytes != 0 ? settings.memory_bytes : settings.allocation_bytes;
    return std::to_string(bytes == 0 ? 128 : bytes >> 20);
}

std::string call_header(const Call& call, std::int64_t patience_ms,
                        const FunctionSettings& settings) {
    Json header = {{"request_id", call.request_id},
                   {"function_name", call.name},
                   {"function_version", call.version},
                   {"function_arn", arn_of(call)},
                   {"memory_mb", memory_mb(settings)},
                   {"log_stream", log_stream()},
                   {"deadline_ms", wall_clock_ms() + patience_ms},
                   {"compact", call.style == Style::invoke}};
    if (!call.client_context.empty()) header["client_context"] = call.client_context;
    return to_text(header);
}

/// "exit status 1", "signal: killed": how AWS spells it.
TaskError exit_error(const Call& call, const ChildEnd& end) {
    std::string message = "RequestId: " + call.request_id + " Error: Runtime exited ";
    if (end.signal != 0) {
        std::string name = ::strsignal(end.signal);
        std::transform(name.begin(), name.end(), name.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        message += "with error: signal: " + name;
    } else if (end.exit_code == 0) {
        message += "without providing a reason";
    } else {
        message += "with error: exit status " + std::to_string(end.exit_code);
    }
    return {"Runtime.ExitError",
            to_text(Json{{"errorType", "Runtime.ExitError"}, {"errorMessage", message}})};
}

TaskError cut_off_error(const Call& call) {
    const std::string message =
        "RequestId: " + call.request_id +
        " Error: the function closed descriptor 3, the stream to its runtime; os.closerange closes "
        "more than what is its own";
    return {"Runtime.ExitError",
            to_text(Json{{"errorType", "Runtime.ExitError"}, {"errorMessage", message}})};
}

TaskError timeout_error(const Call& call, std::int64_t timeout_ms) {
    char seconds[32];
    std::snprintf(seconds, sizeof seconds, "%.2f", static_cast<double>(timeout_ms) / 1000);
    const std::string message =
        "RequestId: " + call.request_id + " Error: Task timed out after " + seconds + " seconds";
    return {"Sandbox.Timedout",
            to_text(Json{{"errorType", "Sandbox.Timedout"}, {"errorMessage", message}})};
}

Json invoke_result(const Call& call, int status) {
    Json result = Json::object();
    if (status == 200) result["ExecutedVersion"] = call.version;
    result["StatusCode"] = status;
    return result;
}

/// The end of a call's log, as Lambda gives it back.
class LogTail {
public:
    void add(std::string_view lines) {
        text_ += lines;
        text_ += '\n';
        if (text_.size() > 2 * kBytesMax) text_.erase(0, text_.size() - kBytesMax);
    }
    /// In base64. REQUIRES: called last.
    std::string take(const Call& call, std::chrono::microseconds took,
                     const FunctionSettings& settings, std::uint64_t peak_bytes) {
        char duration[32];
        std::snprintf(duration, sizeof duration, "%.2f", static_cast<double>(took.count()) / 1000);
        const auto billed = (took.count() + 999) / 1000;
        const std::string request = "RequestId: " + call.request_id;
        std::string all = "START " + request + " Version: " + call.version + "\n" + text_ + "END " +
                          request + "\nREPORT " + request + "\tDuration: " + duration +
                          " ms\tBilled Duration: " + std::to_string(billed) +
                          " ms\tMemory Size: " + memory_mb(settings) +
                          " MB\tMax Memory Used: " + std::to_string(peak_bytes >> 20) + " MB\t\n";
        if (all.size() > kBytesMax) all.erase(0, all.size() - kBytesMax);
        return base64_encode(all);
    }

private:
    static constexpr std::size_t kBytesMax = 4096;
    std::string text_;
};

/// The wrapper around a payload, which is put in as text: its numbers keep their spelling.
std::string wrap_payload(const Call& call, const FunctionAnswer& answer, const std::string& log) {
    HttpAnswer http;
    http.request_id = call.request_id;
    http.content_bytes = answer.bytes;
    http.content_type = "application/json";
    http.headers = {{"X-Amz-Executed-Version", call.version},
                    {"x-amzn-Remapped-Content-Length", "0"},
                    {"X-Amzn-Trace-Id", "root=1-" + call.request_id.substr(0, 8) + ";sampled=0"}};
    if (!log.empty()) http.headers["X-Amz-Log-Result"] = log;
    Json rest = Json::object();
    add_sdk_metadata(rest, http);
    rest["StatusCode"] = 200;
    std::string text = "{\"ExecutedVersion\":" + to_text(Json(call.version));
    if (!log.empty()) text += ",\"LogResult\":" + to_text(Json(log));
    return text + ",\"Payload\":" + answer.text + "," + to_text(rest).substr(1);
}

/// The host's pool lives as long as the host.
FunctionPool& pool() {
    static auto* const instance = [] {
        auto* const made = new FunctionPool;
        made->keep_expiring();
        return made;
    }();
    return *instance;
}

Result<FunctionFolder, TaskError> read_folder(Call& call, TaskContext& context) {
    FunctionSettings settings = SW_TRY(read_function_settings(context.settings()));
    const auto folder = find_function(call, context.settings());
    if (!folder) return fail(not_found(call, context));
    return read_function_folder(*folder, std::move(settings));
}

FunctionSpec make_spec(const Call& call, const FunctionFolder& folder) {
    const FunctionSettings& settings = folder.settings;
    const bool is_node = folder.language == FunctionLanguage::node;
    FunctionSpec spec;
    spec.name = call.name;
    spec.folder = folder.path;
    spec.program = is_node ? settings.node : settings.python;
    spec.language = folder.language;
    spec.handler = folder.handler;
    spec.environment = settings.environment;
    spec.allocation_bytes = settings.allocation_bytes;
    spec.memory_bytes = settings.memory_bytes;
    spec.memory_mb = memory_mb(settings);
    spec.version = call.version;
    spec.region = call.region;
    spec.stamp = function_stamp(folder);
    return spec;
}

TaskError throttled(const Call& call) {
    return {"Lambda.TooManyRequestsException",
            "Rate Exceeded. (Service: AWSLambda; Status Code: 429; Error Code: "
            "TooManyRequestsException; Request ID: " +
                call.request_id + "; Proxy: null)"};
}

/// A place for the call, where there are only so many. Fails as Lambda does where all are taken.
Result<std::optional<Descriptor>, TaskError> take_place(const Call& call,
                                                        const FunctionFolder& folder,
                                                        const std::filesystem::path& data_folder,
                                                        SlotWait wait) {
    const auto places = folder.settings.concurrency;
    if (!places) return std::optional<Descriptor>();
    if (*places == 0) return fail(throttled(call));
    auto slot = take_slot(data_folder, folder.path.filename().string(), *places, wait);
    if (!slot) return fail(TaskError{"Lambda.ServiceException", slot.error().message});
    if (!*slot) return fail(throttled(call));
    return std::move(*slot);
}

/// InvocationType Event: nobody waits, and nobody hears of the result.
TaskText call_in_background(const Call& call, const FunctionFolder& folder,
                            const TaskContext& context) {
    if (folder.settings.concurrency == 0) return fail(throttled(call));
    const std::int64_t patience = folder.settings.timeout_ms.value_or(kLongestMs);
    std::thread([call, folder, patience, data_folder = context.settings().data_folder] {
        const auto place = take_place(call, folder, data_folder, SlotWait::until_free);
        const std::string header = call_header(call, patience, folder.settings);
        const Bell never;
        FunctionDialogue dialogue;
        dialogue.header = header;
        dialogue.event = call.event;
        dialogue.stop = &never;
        dialogue.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(patience);
        dialogue.log = [](const std::string&) {};
        [[maybe_unused]] const auto ignored = pool().call(make_spec(call, folder), dialogue);
    }).detach();
    return to_text(invoke_result(call, 202));
}

TaskError too_large_error() {
    const std::string message = "Response payload size exceeded maximum allowed payload size (" +
                                std::to_string(kAnswerBytesMax) + " bytes).";
    return {
        "Function.ResponseSizeTooLarge",
        to_text(Json{{"errorType", "Function.ResponseSizeTooLarge"}, {"errorMessage", message}})};
}

TaskText finish_call(const Call& call, FunctionAnswer answer, const FunctionSettings& settings,
                     const std::string& log) {
    switch (answer.kind) {
        case FunctionAnswer::Kind::result:
            return call.style == Style::invoke ? wrap_payload(call, answer, log)
                                               : std::move(answer.text);
        case FunctionAnswer::Kind::error:
            return fail(TaskError{answer.error_type, answer.text});
        case FunctionAnswer::Kind::timed_out:
            return fail(timeout_error(call, settings.timeout_ms.value_or(kLongestMs)));
        case FunctionAnswer::Kind::cut_off:
            return fail(cut_off_error(call));
        case FunctionAnswer::Kind::too_large:
            return fail(too_large_error());
        case FunctionAnswer::Kind::stopped:
            return fail(TaskError{"Stepwell.Cancelled", "the function was stopped"});
        case FunctionAnswer::Kind::exited:
            break;
    }
    return fail(exit_error(call, answer.end));
}

/// How long a handler is told that it has.
std::int64_t patience_of(const FunctionSettings& settings, const TaskContext& context) {
    const std::int64_t patience = settings.timeout_ms.value_or(kLongestMs);
    const auto seconds = context.request().timeout_seconds;
    return seconds ? std::min(patience, *seconds * 1000) : patience;
}

TaskText call_and_wait(const Call& call, const FunctionFolder& folder, TaskContext& context) {
    const FunctionSettings& settings = folder.settings;
    const auto place =
        SW_TRY(take_place(call, folder, context.settings().data_folder, SlotWait::no));
    const Bell stop;
    const auto stop_guard = context.on_cancel([&stop] { stop.ring(); });
    FunctionDialogue dialogue;
    dialogue.header = call_header(call, patience_of(settings, context), settings);
    dialogue.event = call.event;
    dialogue.stop = &stop;
    LogTail tail;
    dialogue.log = [&](std::string lines) {
        if (call.wants_log) tail.add(lines);
        context.log(std::move(lines));
    };
    const auto begun = std::chrono::steady_clock::now();
    if (settings.timeout_ms) {
        dialogue.deadline = begun + std::chrono::milliseconds(*settings.timeout_ms);
    }
    auto answer = pool().call(make_spec(call, folder), dialogue);
    if (!answer) return fail(TaskError{"Lambda.ServiceException", answer.error().message});
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - begun);
    const std::string log =
        call.wants_log ? tail.take(call, took, settings, answer->peak_bytes) : std::string();
    return finish_call(call, std::move(*answer), settings, log);
}

TaskText run_function(TaskContext& context) {
    Call call = SW_TRY(read_call(context.request()));
    const FunctionFolder folder = SW_TRY(read_folder(call, context));
    if (call.invocation == Invocation::dry_run) return to_text(invoke_result(call, 204));
    if (call.invocation == Invocation::event) return call_in_background(call, folder, context);
    return call_and_wait(call, folder, context);
}

}  // namespace

std::vector<TaskType> function_tasks() {
    TaskType function;
    function.name = "function";
    function.run_text = run_function;
    function.parameters = shape::object({shape::text("name", "the function's folder").needed(),
                                         shape::any("input", "the event").or_else("{}")});
    function.sections = {"tasks"};
    function.resources = {"arn:aws:lambda:*:function:*", std::string(kInvoke),
                          std::string(kInvoke) + ".waitForTaskToken"};
    return {function};
}

}  // namespace stepwell::tasks

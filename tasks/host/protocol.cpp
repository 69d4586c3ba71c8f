// Headers that go by the thousand (start, succeeded) are written by hand: building a Json for each
// would cost more than all else that the daemon does for a small task.
#include "tasks/host/protocol.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace stepwell::tasks {

namespace {

constexpr std::array<std::string_view, 14> kTypeNames = {
    "hello",     "start",     "cancel", "ping", "ready",     "log", "progress",
    "heartbeat", "succeeded", "failed", "pong", "submitted", "ack", "refused"};

constexpr std::size_t kPrefixBytes = 8;
/// Members and elements of a header; ours have twenty.
constexpr std::size_t kHeaderValuesMax = 100;

std::string_view name_of(FrameType type) {
    return kTypeNames.at(static_cast<std::size_t>(type));
}

std::optional<FrameType> type_named(std::string_view name) {
    for (std::size_t i = 0; i < kTypeNames.size(); ++i) {
        if (kTypeNames.at(i) == name) return static_cast<FrameType>(i);
    }
    return std::nullopt;
}

void put_length(char* to, std::size_t length) {
    for (int i = 0; i < 4; ++i) to[i] = static_cast<char>(length >> (8 * i) & 0xFF);
}

std::size_t get_length(const char* from) {
    std::size_t length = 0;
    for (int i = 3; i >= 0; --i) length = length << 8 | static_cast<unsigned char>(from[i]);
    return length;
}

void append_member(std::string& out, std::string_view key, std::string_view text) {
    if (text.empty()) return;
    out += ",\"";
    out += key;
    out += "\":";
    append_json(out, text);
}

void append_member(std::string& out, std::string_view key, std::int64_t number) {
    out += ",\"";
    out += key;
    out += "\":";
    append_json(out, number);
}

/// Writes a header in place, behind room for the prefix that finish_frame() fills in.
std::size_t begin_frame(std::string& out, FrameType type) {
    const std::size_t begin = out.size();
    out.append(kPrefixBytes, '\0');
    out += "{\"type\":\"";
    out += name_of(type);
    out += '"';
    return begin;
}

void append_token(std::string& out, const TaskToken& token) {
    out += ",\"token\":[";
    append_json(out, static_cast<std::int64_t>(value_of(token.execution)));
    out += ',';
    append_json(out, std::int64_t{value_of(token.frame)});
    out += ',';
    append_json(out, std::int64_t{token.attempt});
    out += ']';
}

void finish_frame(std::string& out, std::size_t begin, std::string_view body) {
    out += '}';
    const std::size_t header_bytes = out.size() - begin - kPrefixBytes;
    out += body;
    SW_ASSERT(header_bytes + body.size() <= kFrameBytesMax);
    put_length(out.data() + begin, header_bytes);
    put_length(out.data() + begin + 4, body.size());
}

std::int64_t number_or(const Json& object, std::string_view key, std::int64_t otherwise) {
    const Json* member = find(object, key);
    return member && member->is_number_integer() ? member->get<std::int64_t>() : otherwise;
}

std::optional<std::int64_t> optional_number(const Json& object, std::string_view key) {
    const Json* member = find(object, key);
    if (!member || !member->is_number_integer()) return std::nullopt;
    return member->get<std::int64_t>();
}

Json speaker_json(const Speaker& speaker) {
    return {{"version", speaker.version}, {"capabilities", speaker.capabilities}};
}

/// Who says nothing of it is of a release that knew no versions.
Speaker speaker_in(const Json& body) {
    const Json* json = find(body, "protocol");
    if (!json) return {0, {}};
    Speaker speaker{static_cast<int>(number_or(*json, "version", 0)), {}};
    const Json* capabilities = find(*json, "capabilities");
    if (!capabilities || !capabilities->is_array()) return speaker;
    for (const Json& name : *capabilities) {
        if (name.is_string()) speaker.capabilities.push_back(name.get<std::string>());
    }
    return speaker;
}

/// The next number of a text of numbers; nothing at its end, or where there is none.
template <class Number>
std::optional<Number> take_number(std::string_view& text) {
    Number number{};
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.empty()) text.remove_prefix(1);
    return number;
}

std::optional<TaskToken> token_of(const Json& header) {
    const Json* token = find(header, "token");
    if (!token || !token->is_array() || token->size() != 3) return std::nullopt;
    for (const Json& part : *token) {
        if (!part.is_number_integer()) return std::nullopt;
    }
    return TaskToken{ExecutionId{(*token)[0].get<std::uint64_t>()},
                     FrameId{(*token)[1].get<std::uint32_t>()}, (*token)[2].get<std::uint32_t>()};
}

Result<Frame> parse_frame(std::string_view header_text, std::string_view body) {
    Json header = parse_json(header_text, kHeaderValuesMax).value_or(Json());
    const auto type = type_named(string_or(header, "type", ""));
    if (!type) {
        return fail(ErrorCode::corruption, "expected a frame's header, but found " +
                                               std::string(header_text.substr(0, 80)));
    }
    Frame frame;
    frame.type = *type;
    if (const auto token = token_of(header)) frame.token = *token;
    frame.header = std::move(header);
    frame.body = body;
    return frame;
}

}  // namespace

const std::vector<std::string>& protocol_capabilities() {
    static const std::vector<std::string> kCapabilities{"ack", "sections", "submitted"};
    return kCapabilities;
}

std::optional<std::string> mismatch(const Speaker& other, std::string_view who) {
    const std::string begin = "expected a " + std::string(who);
    const std::string end = "; start the daemon again, so that both are of one release";
    if (other.version != kProtocolVersion) {
        return begin + " that speaks version " + std::to_string(kProtocolVersion) +
               " of the protocol, but it speaks " + std::to_string(other.version) + end;
    }
    for (const std::string& name : protocol_capabilities()) {
        const auto& theirs = other.capabilities;
        if (std::find(theirs.begin(), theirs.end(), name) != theirs.end()) continue;
        return begin + " that knows '" + name + "', but it does not" + end;
    }
    return std::nullopt;
}

void append_frame(std::string& out, FrameType type) {
    finish_frame(out, begin_frame(out, type), {});
}

void append_hello(std::string& out, const HostHello& hello) {
    Json folders = Json::array();
    for (const auto& folder : hello.settings.functions_folders) folders.push_back(folder.string());
    const Json body = {{"protocol", speaker_json(hello.speaker)},
                       {"data_folder", hello.settings.data_folder.string()},
                       {"functions_folders", std::move(folders)},
                       {"configuration", hello.settings.configuration},
                       {"child_memory_bytes", hello.settings.child_memory_bytes},
                       {"stop_grace_ms", hello.settings.stop_grace.count()},
                       {"threads_max", hello.threads_max},
                       {"memory_bytes", hello.memory_bytes}};
    finish_frame(out, begin_frame(out, FrameType::hello), to_text(body));
}

void append_ready(std::string& out, const Speaker& speaker) {
    const Json body = {{"protocol", speaker_json(speaker)}};
    finish_frame(out, begin_frame(out, FrameType::ready), to_text(body));
}

void append_refused(std::string& out, std::string_view why) {
    finish_frame(out, begin_frame(out, FrameType::refused), why);
}

void append_ack(std::string& out, const std::vector<TaskToken>& tokens) {
    std::string body;
    for (const TaskToken& token : tokens) {
        append_json(body, static_cast<std::int64_t>(value_of(token.execution)));
        body += ' ';
        append_json(body, std::int64_t{value_of(token.frame)});
        body += ' ';
        append_json(body, std::int64_t{token.attempt});
        body += '\n';
    }
    finish_frame(out, begin_frame(out, FrameType::ack), body);
}

void append_start(std::string& out, const runtime::TaskRequest& request, const Json& sections) {
    const std::size_t begin = begin_frame(out, FrameType::start);
    append_token(out, request.token);
    append_member(out, "resource", request.resource);
    append_member(out, "state", request.state_name);
    append_member(out, "execution_arn", request.execution_arn);
    append_member(out, "execution_name", request.execution_name);
    append_member(out, "workflow_arn", request.workflow_arn);
    append_member(out, "workflow_name", request.workflow_name);
    append_member(out, "run_key", request.run_key);
    append_member(out, "execution_started_at", to_ms(request.execution_started_at));
    append_member(out, "entered_at", to_ms(request.entered_at));
    append_member(out, "retry_count", request.retry_count);
    if (request.timeout_seconds) append_member(out, "timeout", *request.timeout_seconds);
    if (request.heartbeat_seconds) append_member(out, "heartbeat", *request.heartbeat_seconds);
    if (request.is_restarted) append_member(out, "restarted", 1);
    if (request.has_secrets) append_member(out, "secrets", 1);
    const std::string& parameters = request.parameters.text();
    if (!request.submitted && sections.is_null()) return finish_frame(out, begin, parameters);
    // The body is all three, one behind the other.
    const std::string submitted = request.submitted ? request.submitted->text() : "";
    const std::string granted = sections.is_null() ? "" : to_text(sections);
    append_member(out, "submitted_bytes", static_cast<std::int64_t>(submitted.size()));
    append_member(out, "sections_bytes", static_cast<std::int64_t>(granted.size()));
    finish_frame(out, begin, parameters + submitted + granted);
}

void append_about(std::string& out, FrameType type, const TaskToken& token, std::string_view body) {
    const std::size_t begin = begin_frame(out, type);
    append_token(out, token);
    finish_frame(out, begin, body);
}

void append_failed(std::string& out, const TaskToken& token, const TaskError& error) {
    const std::size_t begin = begin_frame(out, FrameType::failed);
    append_token(out, token);
    append_member(out, "error", error.error);
    finish_frame(out, begin, error.cause);
}

Result<HostHello> read_hello(const Frame& frame) {
    const Json body = SW_TRY(parse_json(frame.body));
    HostHello hello;
    hello.speaker = speaker_in(body);
    hello.settings.data_folder = string_or(body, "data_folder", "");
    if (const Json* folders = find(body, "functions_folders"); folders && folders->is_array()) {
        for (const Json& folder : *folders) {
            if (folder.is_string()) {
                hello.settings.functions_folders.emplace_back(folder.get<std::string>());
            }
        }
    }
    if (const Json* configuration = find(body, "configuration")) {
        hello.settings.configuration = *configuration;
    }
    hello.settings.child_memory_bytes =
        static_cast<std::uint64_t>(number_or(body, "child_memory_bytes", 0));
    hello.settings.stop_grace = std::chrono::milliseconds(number_or(body, "stop_grace_ms", 3'000));
    hello.threads_max = static_cast<std::uint32_t>(number_or(body, "threads_max", 1));
    hello.memory_bytes = static_cast<std::uint64_t>(number_or(body, "memory_bytes", 0));
    return hello;
}

Speaker read_ready(const Frame& frame) {
    return speaker_in(parse_json(frame.body).value_or(Json()));
}

std::vector<TaskToken> read_ack(const Frame& frame) {
    std::vector<TaskToken> tokens;
    std::string_view rest = frame.body;
    while (true) {
        const auto execution = take_number<std::uint64_t>(rest);
        const auto frame_number = take_number<std::uint32_t>(rest);
        const auto attempt = take_number<std::uint32_t>(rest);
        if (!execution || !frame_number || !attempt) return tokens;
        tokens.push_back({ExecutionId{*execution}, FrameId{*frame_number}, *attempt});
    }
}

Result<HostStart> read_start(Frame frame) {
    const Json& header = frame.header;
    HostStart start;
    runtime::TaskRequest& request = start.request;
    request.token = frame.token;
    request.resource = string_or(header, "resource", "");
    request.state_name = string_or(header, "state", "");
    request.execution_arn = string_or(header, "execution_arn", "");
    request.execution_name = string_or(header, "execution_name", "");
    request.workflow_arn = string_or(header, "workflow_arn", "");
    request.workflow_name = string_or(header, "workflow_name", "");
    request.run_key = string_or(header, "run_key", "");
    request.execution_started_at = from_ms(number_or(header, "execution_started_at", 0));
    request.entered_at = from_ms(number_or(header, "entered_at", 0));
    request.retry_count = static_cast<std::uint32_t>(number_or(header, "retry_count", 0));
    request.timeout_seconds = optional_number(header, "timeout");
    request.heartbeat_seconds = optional_number(header, "heartbeat");
    request.is_restarted = find(header, "restarted") != nullptr;
    request.has_secrets = find(header, "secrets") != nullptr;
    if (request.resource.empty()) {
        return fail(ErrorCode::corruption, "expected a start frame to name its resource");
    }
    const auto submitted_bytes = static_cast<std::size_t>(number_or(header, "submitted_bytes", 0));
    const auto sections_bytes = static_cast<std::size_t>(number_or(header, "sections_bytes", 0));
    std::string& body = frame.body;
    if (submitted_bytes > body.size() || sections_bytes > body.size() - submitted_bytes) {
        return fail(ErrorCode::corruption, "expected a start frame with all that it announces");
    }
    const std::size_t parameters_bytes = body.size() - submitted_bytes - sections_bytes;
    if (submitted_bytes > 0) {
        request.submitted = Payload::trusted(body.substr(parameters_bytes, submitted_bytes));
    }
    if (sections_bytes > 0) {
        start.sections = SW_TRY(parse_json(body.substr(parameters_bytes + submitted_bytes)));
    }
    body.resize(parameters_bytes);
    request.parameters = Payload::trusted(std::move(body));
    return start;
}

TaskError read_failed(Frame frame) {
    return {string_or(frame.header, "error", "Stepwell.TaskCrashed"), std::move(frame.body)};
}

void FrameReader::feed(std::string_view bytes) {
    if (read_ == buffer_.size()) {
        buffer_.clear();
        read_ = 0;
    } else if (read_ > (1u << 20)) {
        buffer_.erase(0, read_);
        read_ = 0;
    }
    buffer_ += bytes;
}

Result<std::optional<Frame>> FrameReader::next() {
    const std::size_t waiting = buffer_.size() - read_;
    if (waiting < kPrefixBytes) return std::optional<Frame>();
    const char* at = buffer_.data() + read_;
    const std::size_t header_bytes = get_length(at);
    const std::size_t body_bytes = get_length(at + 4);
    if (header_bytes + body_bytes > kFrameBytesMax) {
        return fail(ErrorCode::corruption,
                    "expected a frame of at most " + std::to_string(kFrameBytesMax) +
                        " bytes, but its prefix says " + std::to_string(header_bytes + body_bytes));
    }
    if (waiting < kPrefixBytes + header_bytes + body_bytes) return std::optional<Frame>();
    Frame frame = SW_TRY(parse_frame({at + kPrefixBytes, header_bytes},
                                     {at + kPrefixBytes + header_bytes, body_bytes}));
    read_ += kPrefixBytes + header_bytes + body_bytes;
    return std::optional<Frame>(std::move(frame));
}

}  // namespace stepwell::tasks

// Headers that go by the thousand (start, succeeded) are written by hand: building a Json for each
// would cost more than all else that the daemon does for a small task.
#include "tasks/host/protocol.hpp"

#include <array>
#include <charconv>
#include <cstring>

namespace stepwell::tasks {

namespace {

constexpr std::array<std::string_view, 11> kTypeNames = {
    "hello",    "start",     "cancel",    "ping",   "ready", "log",
    "progress", "heartbeat", "succeeded", "failed", "pong"};

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

void append_number(std::string& out, std::int64_t number) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

/// A plain string goes as it is; one with anything to escape takes the long way.
void append_string(std::string& out, std::string_view text) {
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte > 0x7E || c == '"' || c == '\\') {
            out += to_text(Json(text));
            return;
        }
    }
    out += '"';
    out += text;
    out += '"';
}

void append_member(std::string& out, std::string_view key, std::string_view text) {
    if (text.empty()) return;
    out += ",\"";
    out += key;
    out += "\":";
    append_string(out, text);
}

void append_member(std::string& out, std::string_view key, std::int64_t number) {
    out += ",\"";
    out += key;
    out += "\":";
    append_number(out, number);
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
    append_number(out, static_cast<std::int64_t>(value_of(token.execution)));
    out += ',';
    append_number(out, value_of(token.frame));
    out += ',';
    append_number(out, token.attempt);
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

void append_frame(std::string& out, FrameType type) {
    finish_frame(out, begin_frame(out, type), {});
}

void append_hello(std::string& out, const HostHello& hello) {
    Json folders = Json::array();
    for (const auto& folder : hello.settings.functions_folders) folders.push_back(folder.string());
    const Json body = {{"data_folder", hello.settings.data_folder.string()},
                       {"functions_folders", std::move(folders)},
                       {"configuration", hello.settings.configuration},
                       {"child_memory_bytes", hello.settings.child_memory_bytes},
                       {"stop_grace_ms", hello.settings.stop_grace.count()},
                       {"threads_max", hello.threads_max},
                       {"memory_bytes", hello.memory_bytes}};
    finish_frame(out, begin_frame(out, FrameType::hello), to_text(body));
}

void append_start(std::string& out, const runtime::TaskRequest& request) {
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
    finish_frame(out, begin, request.parameters.text());
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

Result<runtime::TaskRequest> read_start(Frame frame) {
    const Json& header = frame.header;
    runtime::TaskRequest request;
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
    request.parameters = Payload::trusted(std::move(frame.body));
    return request;
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

// Fields by hand, as frames go by the thousand: to build and parse a document for each would cost
// more than all else that daemon and host do for a small task.
#include "tasks/host/protocol.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <initializer_list>

namespace stepwell::tasks {

namespace {

constexpr std::size_t kPrefixBytes = 8;
/// Execution, frame and attempt.
constexpr std::size_t kTokenBytes = 16;
/// Type and token.
constexpr std::size_t kHeaderBytesMin = 1 + kTokenBytes;

/// What is said before both know that they understand each other has a header that never changes.
struct FirstWord {
    FrameType type;
    std::string_view header;
};
constexpr std::array<FirstWord, 3> kFirstWords = {{{FrameType::hello, R"({"type":"hello"})"},
                                                   {FrameType::ready, R"({"type":"ready"})"},
                                                   {FrameType::refused, R"({"type":"refused"})"}}};

/// The first that is no frame of an attempt or a host that has begun.
constexpr FrameType kTypesEnd = FrameType::hello;

// What a start has behind its fields: bits of one byte.
constexpr std::uint8_t kHasTimeout = 1;
constexpr std::uint8_t kHasHeartbeat = 2;
constexpr std::uint8_t kIsRestarted = 4;
constexpr std::uint8_t kHasSecrets = 8;
constexpr std::uint8_t kHasSubmitted = 16;
constexpr std::uint8_t kHasSections = 32;

/// The `bytes` lowest bytes of a number, the lowest first.
void put(std::string& out, std::uint64_t number, std::size_t bytes) {
    std::array<char, 8> digits{};
    for (std::size_t i = 0; i < bytes; ++i) digits.at(i) = static_cast<char>(number >> (8 * i));
    out.append(digits.data(), bytes);
}

void put(std::string& out, std::int64_t number) {
    put(out, static_cast<std::uint64_t>(number), 8);
}

void put(std::string& out, std::string_view text) {
    put(out, text.size(), 4);
    out += text;
}

void put(std::string& out, const TaskToken& token) {
    put(out, value_of(token.execution), 8);
    put(out, value_of(token.frame), 4);
    put(out, token.attempt, 4);
}

void put_length(char* to, std::size_t length) {
    for (int i = 0; i < 4; ++i) to[i] = static_cast<char>(length >> (8 * i));
}

std::uint64_t number_at(std::string_view digits) {
    std::uint64_t number = 0;
    for (std::size_t i = digits.size(); i-- > 0;) {
        number = number << 8 | static_cast<unsigned char>(digits[i]);
    }
    return number;
}

/// Takes fields one after the other. Once there is too little left it gives zeros and empty texts.
class FieldReader {
public:
    explicit FieldReader(std::string_view rest) : rest_(rest) {}

    std::uint64_t number(std::size_t bytes) { return number_at(take(bytes)); }
    std::int64_t signed_number() { return static_cast<std::int64_t>(number(8)); }
    std::string text() { return std::string(take(number(4))); }
    TaskToken token() {
        const ExecutionId execution{number(8)};
        const FrameId frame{static_cast<std::uint32_t>(number(4))};
        return {execution, frame, static_cast<std::uint32_t>(number(4))};
    }
    /// Whether there was all that was asked for, and nothing else.
    [[nodiscard]] bool is_done() const { return !is_short_ && rest_.empty(); }

private:
    std::string_view take(std::size_t bytes) {
        if (bytes > rest_.size()) {
            is_short_ = true;
            rest_ = {};
            return {};
        }
        const std::string_view taken = rest_.substr(0, bytes);
        rest_.remove_prefix(bytes);
        return taken;
    }

    std::string_view rest_;
    bool is_short_ = false;
};

/// Leaves room for the prefix, which finish_frame() fills in.
std::size_t begin_prefix(std::string& out) {
    const std::size_t begin = out.size();
    out.append(kPrefixBytes, '\0');
    return begin;
}

/// Writes the beginning of a header; what else its type has follows.
std::size_t begin_frame(std::string& out, FrameType type, const TaskToken& token = {}) {
    SW_ASSERT(type < kTypesEnd);
    const std::size_t begin = begin_prefix(out);
    out += static_cast<char>(type);
    put(out, token);
    return begin;
}

/// The header ends here, and this is the body.
void finish_frame(std::string& out, std::size_t begin,
                  std::initializer_list<std::string_view> body = {}) {
    const std::size_t body_begin = out.size();
    for (const std::string_view part : body) out += part;
    SW_ASSERT(out.size() - begin - kPrefixBytes <= kFrameBytesMax);
    put_length(out.data() + begin, body_begin - begin - kPrefixBytes);
    put_length(out.data() + begin + 4, out.size() - body_begin);
}

void append_first_word(std::string& out, FrameType type, std::string_view body) {
    const std::size_t begin = begin_prefix(out);
    for (const FirstWord& word : kFirstWords) {
        if (word.type == type) out += word.header;
    }
    finish_frame(out, begin, {body});
}

std::int64_t number_or(const Json& object, std::string_view key, std::int64_t otherwise) {
    const Json* member = find(object, key);
    return member && member->is_number_integer() ? member->get<std::int64_t>() : otherwise;
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

Result<Frame> parse_frame(std::string_view header, std::string_view body) {
    Frame frame;
    frame.body = body;
    for (const FirstWord& word : kFirstWords) {
        if (header != word.header) continue;
        frame.type = word.type;
        return frame;
    }
    const auto type = header.empty() ? 0xFFu : static_cast<unsigned char>(header.front());
    if (header.size() < kHeaderBytesMin || type >= static_cast<unsigned>(kTypesEnd)) {
        return fail(ErrorCode::corruption, "expected a frame's header, but found " +
                                               std::to_string(header.size()) +
                                               " bytes that are none");
    }
    frame.type = static_cast<FrameType>(type);
    frame.token = FieldReader(header.substr(1, kTokenBytes)).token();
    frame.fields = header.substr(kHeaderBytesMin);
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
    finish_frame(out, begin_frame(out, type));
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
    append_first_word(out, FrameType::hello, to_text(body));
}

void append_ready(std::string& out, const Speaker& speaker) {
    const Json body = {{"protocol", speaker_json(speaker)}};
    append_first_word(out, FrameType::ready, to_text(body));
}

void append_refused(std::string& out, std::string_view why) {
    append_first_word(out, FrameType::refused, why);
}

void append_ack(std::string& out, const std::vector<TaskToken>& tokens) {
    const std::size_t begin = begin_frame(out, FrameType::ack);
    for (const TaskToken& token : tokens) put(out, token);
    finish_frame(out, begin);
}

void append_start(std::string& out, const runtime::TaskRequest& request, const Json& sections) {
    const std::size_t begin = begin_frame(out, FrameType::start, request.token);
    put(out, request.resource);
    put(out, request.state_name);
    put(out, request.execution_arn);
    put(out, request.execution_name);
    put(out, request.workflow_arn);
    put(out, request.workflow_name);
    put(out, request.run_key);
    put(out, std::int64_t{to_ms(request.execution_started_at)});
    put(out, std::int64_t{to_ms(request.entered_at)});
    put(out, request.retry_count, 4);
    const unsigned flags =
        (request.timeout_seconds ? kHasTimeout : 0u) |
        (request.heartbeat_seconds ? kHasHeartbeat : 0u) |
        (request.is_restarted ? kIsRestarted : 0u) | (request.has_secrets ? kHasSecrets : 0u) |
        (request.submitted ? kHasSubmitted : 0u) | (sections.is_null() ? 0u : kHasSections);
    put(out, flags, 1);
    if (request.timeout_seconds) put(out, *request.timeout_seconds);
    if (request.heartbeat_seconds) put(out, *request.heartbeat_seconds);
    if (request.submitted) put(out, request.submitted->text());
    if (!sections.is_null()) put(out, to_text(sections));
    finish_frame(out, begin, {request.parameters.text()});
}

void append_about(std::string& out, FrameType type, const TaskToken& token, std::string_view body) {
    finish_frame(out, begin_frame(out, type, token), {body});
}

void append_failed(std::string& out, const TaskToken& token, const TaskError& error) {
    const std::size_t begin = begin_frame(out, FrameType::failed, token);
    out += error.error;
    finish_frame(out, begin, {error.cause});
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

Result<std::vector<TaskToken>> read_ack(const Frame& frame) {
    if (frame.fields.size() % kTokenBytes != 0) {
        return fail(ErrorCode::corruption, "expected an acknowledgement of whole tokens");
    }
    std::vector<TaskToken> tokens(frame.fields.size() / kTokenBytes);
    FieldReader fields(frame.fields);
    for (TaskToken& token : tokens) token = fields.token();
    return tokens;
}

Result<HostStart> read_start(Frame frame) {
    FieldReader fields(frame.fields);
    HostStart start;
    runtime::TaskRequest& request = start.request;
    request.token = frame.token;
    request.resource = fields.text();
    request.state_name = fields.text();
    request.execution_arn = fields.text();
    request.execution_name = fields.text();
    request.workflow_arn = fields.text();
    request.workflow_name = fields.text();
    request.run_key = fields.text();
    request.execution_started_at = from_ms(fields.signed_number());
    request.entered_at = from_ms(fields.signed_number());
    request.retry_count = static_cast<std::uint32_t>(fields.number(4));
    const std::uint64_t flags = fields.number(1);
    request.is_restarted = (flags & kIsRestarted) != 0;
    request.has_secrets = (flags & kHasSecrets) != 0;
    if ((flags & kHasTimeout) != 0) request.timeout_seconds = fields.signed_number();
    if ((flags & kHasHeartbeat) != 0) request.heartbeat_seconds = fields.signed_number();
    if ((flags & kHasSubmitted) != 0) request.submitted = Payload::trusted(fields.text());
    const std::string sections = (flags & kHasSections) != 0 ? fields.text() : "null";
    if (!fields.is_done() || request.resource.empty()) {
        return fail(ErrorCode::corruption,
                    "expected a start frame to have all its fields and to name its resource");
    }
    start.sections = SW_TRY(parse_json(sections));
    request.parameters = Payload::trusted(std::move(frame.body));
    return start;
}

TaskError read_failed(Frame frame) {
    if (frame.fields.empty()) frame.fields = "Stepwell.TaskCrashed";
    return {std::move(frame.fields), std::move(frame.body)};
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
    const std::size_t header_bytes = number_at({at, 4});
    const std::size_t body_bytes = number_at({at + 4, 4});
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

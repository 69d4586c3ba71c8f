// What the daemon and a task host say to each other, over one stream socket.
//
// A frame: two little-endian 32-bit lengths, a header of the first length, a body of the second.
// The body is a document or text that is passed on untouched (parameters, a result, log lines).
//
// A header is a byte for the type, the attempt's token (8, 4 and 4 bytes) and what else its type
// has, in fields of fixed order: numbers of fixed width with the lowest byte first, texts behind a
// length of four bytes. Those of hello, ready and refused are the JSON texts that they were in the
// protocol's first version, so that who speaks another one can still be told, and tell, why that is
// no use.
//
//   daemon to host   hello (version, capabilities, settings) first; start, cancel, ping, ack
//   host to daemon   ready (version, capabilities) first, or refused and the end; log, progress,
//                    heartbeat, submitted, succeeded, failed, pong
//
// An end (succeeded, failed) is kept by the host until it is acknowledged: a start that comes again
// is answered by it, and begins nothing a second time.
//
// Threads: none of this is shared between threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/base/result.hpp"
#include "engine/runtime/task_runner.hpp"
#include "tasks/task.hpp"

namespace stepwell::tasks {

/// A larger frame is a fault of the sender, who keeps results below it.
inline constexpr std::size_t kFrameBytesMax = 32u << 20;
/// What a host sends of one result; the engine's own limit is far below.
inline constexpr std::size_t kResultBytesMax = 8u << 20;
/// The socket's number in a host.
inline constexpr int kHostSocket = 3;

/// Both must speak the same: what changes a header changes it. What is added so that the other side
/// may do without it is a capability instead.
inline constexpr int kProtocolVersion = 2;
/// What this release can, and asks of the other side.
const std::vector<std::string>& protocol_capabilities();

/// What a host or a daemon says of itself.
struct Speaker {
    int version = kProtocolVersion;
    std::vector<std::string> capabilities = protocol_capabilities();
};
/// Why we cannot work with `other`, the "task host" or "daemon", in a sentence; nothing where we
/// can.
std::optional<std::string> mismatch(const Speaker& other, std::string_view who);

/// In the order of their numbers in a header; the last three have none.
enum class FrameType : std::uint8_t {
    start,
    cancel,
    ping,
    ack,
    log,
    progress,
    heartbeat,
    submitted,
    succeeded,
    failed,
    pong,
    hello,
    ready,
    refused,
};

struct Frame {
    FrameType type = FrameType::ping;
    TaskToken token;     // of the frames about one attempt
    std::string fields;  // what else the header has, for the read_ function of its type
    std::string body;
};

/// What a host must know before its first task.
struct HostHello {
    Speaker speaker;
    HostSettings settings;
    std::uint32_t threads_max = 1;
    std::uint64_t memory_bytes = 0;  // of the host itself; 0: no limit
};

// Each appends one frame to `out`.

/// ping or pong.
void append_frame(std::string& out, FrameType type);
void append_hello(std::string& out, const HostHello& hello);
void append_ready(std::string& out, const Speaker& speaker);
void append_refused(std::string& out, std::string_view why);
/// `sections`: see HostStart; null for none.
void append_start(std::string& out, const runtime::TaskRequest& request,
                  const Json& sections = nullptr);
void append_ack(std::string& out, const std::vector<TaskToken>& tokens);
/// cancel and heartbeat have no body; log: lines; progress, submitted and succeeded: a JSON
/// document.
void append_about(std::string& out, FrameType type, const TaskToken& token,
                  std::string_view body = {});
void append_failed(std::string& out, const TaskToken& token, const TaskError& error);

struct HostStart {
    runtime::TaskRequest request;
    /// Parts of the configuration with the values of the secrets that this attempt needs, as an
    /// object of sections; null: none.
    Json sections;
};

/// REQUIRES: the frame is of that type. Fail with `corruption`.
Result<HostHello> read_hello(const Frame& frame);
Speaker read_ready(const Frame& frame);
Result<HostStart> read_start(Frame frame);
Result<std::vector<TaskToken>> read_ack(const Frame& frame);
TaskError read_failed(Frame frame);

/// Cuts a stream of bytes into frames.
class FrameReader {
public:
    void feed(std::string_view bytes);
    /// The next whole frame, if there is one. Fails with `corruption` for good: a frame too large,
    /// or a header that is none.
    Result<std::optional<Frame>> next();

private:
    std::string buffer_;
    std::size_t read_ = 0;  // bytes of buffer_ that are done with
};

}  // namespace stepwell::tasks

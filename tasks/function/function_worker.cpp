#include "tasks/function/function_worker.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "tasks/function/bootstrap.hpp"
#include "tasks/host/child_environment.hpp"

namespace stepwell::tasks {

namespace {

using std::chrono::steady_clock;

constexpr std::size_t kPrefixBytes = 8;
/// How long a process may take to end after it has closed its stream.
constexpr int kEndPatienceMs = 1'000;
/// How often it is looked at how much memory a process holds.
constexpr int kMemoryWatchMs = 50;
/// Members and elements of an answer's header; ours have a few.
constexpr std::size_t kAnswerValuesMax = 100;

Failure<Error> system_failure(const std::string& what) {
    return fail(ErrorCode::unavailable, "expected " + what + ", but: " + std::strerror(errno));
}

Result<Descriptor> bootstrap_file(const FunctionSpec& spec) {
    const std::string_view text = spec.script.empty() ? kFunctionBootstrap : spec.script;
    Descriptor file(::memfd_create("bootstrap", MFD_CLOEXEC));
    const auto size = static_cast<ssize_t>(text.size());
    if (!file || ::write(file.get(), text.data(), text.size()) != size) {
        return system_failure("room for the bootstrap");
    }
    return file;
}

std::vector<std::string> make_environment(const FunctionSpec& spec) {
    std::vector<std::string> environment = own_environment();
    if (!spec.script.empty()) return environment;
    set_variable(environment, "AWS_LAMBDA_FUNCTION_NAME", spec.name);
    set_variable(environment, "AWS_LAMBDA_FUNCTION_VERSION", spec.version);
    set_variable(environment, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", spec.memory_mb);
    set_variable(environment, "AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/" + spec.name);
    set_variable(environment, "AWS_REGION", spec.region);
    set_variable(environment, "AWS_DEFAULT_REGION", spec.region);
    set_variable(environment, "LAMBDA_TASK_ROOT", spec.folder.string());
    set_variable(environment, "_HANDLER", spec.handler);
    set_variable(environment, "TZ", ":UTC");
    for (const auto& [name, value] : spec.environment) set_variable(environment, name, value);
    return environment;
}

void put_length(std::string& out, std::size_t length) {
    for (int i = 0; i < 4; ++i) out += static_cast<char>(length >> (8 * i) & 0xFF);
}

std::size_t get_length(const std::string& from, std::size_t at) {
    std::size_t length = 0;
    for (std::size_t i = 4; i-- > 0;) {
        length = length << 8 | static_cast<unsigned char>(from[at + i]);
    }
    return length;
}

std::string make_message(const FunctionDialogue& dialogue) {
    std::string message;
    put_length(message, dialogue.header.size());
    put_length(message, dialogue.event.size());
    message += dialogue.header;
    message += dialogue.event;
    return message;
}

/// Python reads its text from a descriptor; Node takes no file without a name.
std::vector<std::string> make_arguments(const FunctionSpec& spec) {
    if (spec.language == FunctionLanguage::node) {
        return {spec.program, "--input-type=module", "--eval",    std::string(kNodeBootstrap),
                "--",         spec.folder.string(),  spec.handler};
    }
    return {spec.program, "/dev/fd/4", spec.folder.string(), spec.handler};
}

/// "VmRSS:", "VmHWM:" of a process, in bytes; 0: not to be had.
std::uint64_t status_bytes(pid_t pid, std::string_view field) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(status, line);) {
        if (!line.starts_with(field)) continue;
        return std::strtoull(line.c_str() + field.size(), nullptr, 10) << 10;
    }
    return 0;
}

int milliseconds_until(std::optional<steady_clock::time_point> deadline) {
    if (!deadline) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - steady_clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1'000'000));
}

}  // namespace

Result<std::unique_ptr<FunctionWorker>> FunctionWorker::start(const FunctionSpec& spec) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        return system_failure("a socket");
    }
    Descriptor ours(ends[0]);
    const Descriptor theirs(ends[1]);
    const Descriptor bootstrap = SW_TRY(bootstrap_file(spec));
    ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);

    ChildSpec child;
    child.arguments = make_arguments(spec);
    child.environment = make_environment(spec);
    child.working_folder = spec.folder;
    child.memory_bytes = spec.allocation_bytes;
    child.descriptors = {theirs.get(), bootstrap.get()};
    ChildProcess process = SW_TRY(ChildProcess::spawn(child));
    ::fcntl(process.output().get(), F_SETFL, O_NONBLOCK);
    ::fcntl(process.error().get(), F_SETFL, O_NONBLOCK);
    return std::unique_ptr<FunctionWorker>(
        new FunctionWorker(std::move(process), std::move(ours), spec));
}

FunctionWorker::FunctionWorker(ChildProcess child, Descriptor channel, const FunctionSpec& spec)
    : child_(std::move(child)),
      channel_(std::move(channel)),
      stamp_(spec.stamp),
      memory_bytes_(spec.memory_bytes),
      is_loaded_(!spec.script.empty()) {}

FunctionAnswer FunctionWorker::call(const FunctionDialogue& dialogue) {
    const std::string message = make_message(dialogue);
    std::string_view unsent = message;
    LineSplitter output_lines(dialogue.log);
    LineSplitter error_lines(dialogue.log);
    const auto read_pipe = [](Descriptor& pipe, LineSplitter& lines) {
        const auto take = [&lines](std::string_view bytes) { lines.feed(bytes); };
        if (pipe && !read_available(pipe.get(), take)) pipe.reset();
    };
    const auto read_logs = [&] {
        read_pipe(child_.output(), output_lines);
        read_pipe(child_.error(), error_lines);
    };
    const auto finish_logs = [&] {
        read_logs();
        output_lines.finish();
        error_lines.finish();
    };
    const auto end_with = [&](FunctionAnswer::Kind kind) {
        is_usable_ = false;
        child_.signal_group(SIGKILL);
        FunctionAnswer answer;
        answer.kind = kind;
        answer.end = child_.finish();
        finish_logs();
        return answer;
    };
    const auto begun = steady_clock::now();
    loading_ = {};
    while (true) {
        while (!unsent.empty()) {
            const ssize_t sent = ::send(channel_.get(), unsent.data(), unsent.size(), MSG_NOSIGNAL);
            if (sent <= 0) break;
            unsent.remove_prefix(static_cast<std::size_t>(sent));
        }
        const short wanted = static_cast<short>(unsent.empty() ? POLLIN : POLLIN | POLLOUT);
        std::array<pollfd, 5> waits = {{{channel_.get(), wanted, 0},
                                        {child_.output().get(), POLLIN, 0},
                                        {child_.error().get(), POLLIN, 0},
                                        {child_.end_descriptor(), POLLIN, 0},
                                        {dialogue.stop->descriptor(), POLLIN, 0}}};
        ::poll(waits.data(), waits.size(), patience_ms(dialogue, begun));
        if (waits[4].revents != 0) return end_with(FunctionAnswer::Kind::stopped);
        read_logs();
        if ((waits[0].revents & POLLIN) != 0) read_channel();
        while (has_message()) {
            auto answer = take_message();
            if (!is_loaded_) loading_ = steady_clock::now() - begun;
            is_loaded_ = true;
            if (!answer) continue;
            finish_logs();
            return std::move(*answer);
        }
        if (const auto end = found_end(dialogue, begun)) return end_with(*end);
    }
}

/// What ends the call without an answer, if anything does.
std::optional<FunctionAnswer::Kind> FunctionWorker::found_end(const FunctionDialogue& dialogue,
                                                              Time begun) const {
    if (is_too_large_) return FunctionAnswer::Kind::too_large;
    if (is_cut_off_) await_end();
    if (is_cut_off_ && !child_.has_ended()) return FunctionAnswer::Kind::cut_off;
    if (!is_usable_ || child_.has_ended() || holds_too_much()) return FunctionAnswer::Kind::exited;
    const auto deadline = deadline_of(dialogue, begun);
    if (deadline && steady_clock::now() >= *deadline) return FunctionAnswer::Kind::timed_out;
    return std::nullopt;
}

std::optional<FunctionWorker::Time> FunctionWorker::deadline_of(const FunctionDialogue& dialogue,
                                                                Time begun) const {
    if (!dialogue.deadline) return std::nullopt;
    const auto loading = is_loaded_ ? loading_ : steady_clock::now() - begun;
    return *dialogue.deadline + std::min<steady_clock::duration>(loading, kInitMax);
}

int FunctionWorker::patience_ms(const FunctionDialogue& dialogue, Time begun) const {
    auto deadline = deadline_of(dialogue, begun);
    // While it loads, the deadline moves on.
    if (deadline && !is_loaded_) deadline = *dialogue.deadline + kInitMax;
    const int patience = milliseconds_until(deadline);
    if (memory_bytes_ == 0) return patience;
    return patience < 0 ? kMemoryWatchMs : std::min(patience, kMemoryWatchMs);
}

bool FunctionWorker::holds_too_much() const {
    return memory_bytes_ > 0 && status_bytes(child_.pid(), "VmRSS:") > memory_bytes_;
}

/// A process that ends closes its stream a moment before: how it ends is its answer.
void FunctionWorker::await_end() const {
    pollfd end{child_.end_descriptor(), POLLIN, 0};
    ::poll(&end, 1, kEndPatienceMs);
}

void FunctionWorker::read_channel() {
    is_cut_off_ =
        !read_available(channel_.get(), [this](std::string_view bytes) { received_ += bytes; });
    if (received_.size() < kPrefixBytes) return;
    is_too_large_ = std::max(get_length(received_, 0), get_length(received_, 4)) > kAnswerBytesMax;
    if (is_too_large_) is_usable_ = false;
}

bool FunctionWorker::has_message() const {
    return !is_too_large_ && received_.size() >= kPrefixBytes &&
           received_.size() >= kPrefixBytes + get_length(received_, 0) + get_length(received_, 4);
}

/// Nothing: it was no answer.
std::optional<FunctionAnswer> FunctionWorker::take_message() {
    const std::size_t header_bytes = get_length(received_, 0);
    const std::size_t body_bytes = get_length(received_, 4);
    const std::string_view text = std::string_view(received_).substr(kPrefixBytes, header_bytes);
    const Json header = parse_json(text, kAnswerValuesMax).value_or(Json());
    FunctionAnswer answer;
    answer.text = received_.substr(kPrefixBytes + header_bytes, body_bytes);
    answer.peak_bytes = status_bytes(child_.pid(), "VmHWM:");
    received_.erase(0, kPrefixBytes + header_bytes + body_bytes);
    const std::string kind = string_or(header, "kind", "");
    if (kind == "result") {
        answer.kind = FunctionAnswer::Kind::result;
        const Json* bytes = find(header, "bytes");
        answer.bytes = bytes && bytes->is_number_unsigned() ? bytes->get<std::size_t>() : 0;
    } else if (kind == "error") {
        answer.kind = FunctionAnswer::Kind::error;
        answer.error_type = string_or(header, "type", "Exception");
        // What was imported badly is imported anew by the next interpreter.
        if (answer.error_type.rfind("Runtime.", 0) == 0) is_usable_ = false;
    } else {
        if (kind != "loaded") is_usable_ = false;
        return std::nullopt;
    }
    return answer;
}

}  // namespace stepwell::tasks

#include "tasks/host/child_io.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <vector>

namespace stepwell::tasks {

namespace {

using std::chrono::steady_clock;

constexpr std::size_t kReadBytes = 64u << 10;
/// Somebody who writes without end must not keep us from anything else.
constexpr int kReadsMax = 32;

void make_nonblocking(const Descriptor& descriptor) {
    if (descriptor) ::fcntl(descriptor.get(), F_SETFL, O_NONBLOCK);
}

/// Writes what the pipe takes, and closes it when all is written or nobody reads.
void feed_input(Descriptor& pipe, std::string_view& input) {
    while (!input.empty()) {
        const ssize_t written = ::write(pipe.get(), input.data(), input.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0 && errno == EAGAIN) return;
        if (written < 0) break;
        input.remove_prefix(static_cast<std::size_t>(written));
    }
    pipe.reset();
}

/// The polite request, and when patience ends.
class Stopping {
public:
    Stopping(const ChildProcess& child, std::chrono::milliseconds grace)
        : child_(child), grace_(grace) {}

    void begin() {
        if (deadline_) return;
        child_.signal_group(SIGTERM);
        deadline_ = steady_clock::now() + grace_;
    }
    /// Kills when it is time. What poll() may wait.
    int enforce() {
        if (!deadline_ || is_killed_) return -1;
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(*deadline_ - steady_clock::now());
        if (left.count() > 0) return static_cast<int>(left.count());
        child_.signal_group(SIGKILL);
        is_killed_ = true;
        return -1;
    }
    [[nodiscard]] bool has_begun() const { return deadline_.has_value(); }

private:
    const ChildProcess& child_;
    std::chrono::milliseconds grace_;
    std::optional<steady_clock::time_point> deadline_;
    bool is_killed_ = false;
};

}  // namespace

Bell::Bell() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void Bell::ring() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t ignored = ::write(event_.get(), &one, sizeof one);
}

void LineSplitter::feed(std::string_view bytes) {
    const std::size_t last = bytes.rfind('\n');
    if (last == std::string_view::npos) {
        rest_ += bytes;
        if (rest_.size() >= kLineBytesMax) take_(std::exchange(rest_, {}));
        return;
    }
    std::string lines = std::exchange(rest_, {});
    lines += bytes.substr(0, last);
    rest_ = bytes.substr(last + 1);
    take_(std::move(lines));
}

void LineSplitter::finish() {
    if (!rest_.empty()) take_(std::exchange(rest_, {}));
}

void Tail::feed(std::string_view bytes) {
    total_ += bytes.size();
    if (bytes.size() > bytes_max_) bytes.remove_prefix(bytes.size() - bytes_max_);
    kept_ += bytes;
    if (kept_.size() > 2 * bytes_max_) kept_.erase(0, kept_.size() - bytes_max_);
}

std::string Tail::take() {
    if (kept_.size() > bytes_max_) kept_.erase(0, kept_.size() - bytes_max_);
    return std::move(kept_);
}

bool read_available(int fd, const std::function<void(std::string_view)>& take) {
    // On the heap: an array would be part of every thread of the program.
    thread_local std::vector<char> buffer(kReadBytes);
    for (int i = 0; i < kReadsMax; ++i) {
        const ssize_t got = ::read(fd, buffer.data(), buffer.size());
        if (got > 0) {
            take({buffer.data(), static_cast<std::size_t>(got)});
        } else if (got == 0) {
            return false;
        } else if (errno != EINTR) {
            return errno == EAGAIN;
        }
    }
    return true;
}

ChildEnd converse(ChildProcess& child, const ChildDialogue& dialogue) {
    for (const Descriptor* pipe : {&child.input(), &child.output(), &child.error()}) {
        make_nonblocking(*pipe);
    }
    std::string_view input = dialogue.input;
    Stopping stopping(child, dialogue.stop_grace);
    while (!child.has_ended()) {
        // poll() skips a negative descriptor.
        std::array<pollfd, 5> waits = {
            {{child.end_descriptor(), POLLIN, 0},
             {child.output().get(), POLLIN, 0},
             {child.error().get(), POLLIN, 0},
             {child.input().get(), POLLOUT, 0},
             {dialogue.stop && !stopping.has_begun() ? dialogue.stop->descriptor() : -1, POLLIN,
              0}}};
        ::poll(waits.data(), waits.size(), stopping.enforce());
        if (waits[1].revents != 0 && !read_available(waits[1].fd, dialogue.on_output)) {
            child.output().reset();
        }
        if (waits[2].revents != 0 && !read_available(waits[2].fd, dialogue.on_error)) {
            child.error().reset();
        }
        if (waits[3].revents != 0) feed_input(child.input(), input);
        if (waits[4].revents != 0) stopping.begin();
    }
    const ChildEnd end = child.finish();
    // What was written before the end is in the pipes by now.
    if (child.output()) read_available(child.output().get(), dialogue.on_output);
    if (child.error()) read_available(child.error().get(), dialogue.on_error);
    return end;
}

}  // namespace stepwell::tasks

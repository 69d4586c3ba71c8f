// Talks with a child until it ends: feeds its input, reads its output and errors as they come, and
// wakes up for a cancellation or a deadline.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "tasks/host/child_process.hpp"

namespace stepwell::tasks {

/// Wakes a thread that waits in poll(). Threads: ring() may be called from any.
class Bell {
public:
    Bell();
    void ring() const;
    [[nodiscard]] int descriptor() const { return event_.get(); }

private:
    Descriptor event_;
};

/// Cuts text that comes in pieces into lines, and hands on whole ones. A line that is too long is
/// cut at kLineBytesMax.
class LineSplitter {
public:
    static constexpr std::size_t kLineBytesMax = 64u << 10;
    using Take = std::function<void(std::string lines)>;  // one or more, '\n' between them

    explicit LineSplitter(Take take) : take_(std::move(take)) {}
    void feed(std::string_view bytes);
    /// Hands on what is left.
    void finish();

private:
    Take take_;
    std::string rest_;
};

/// Keeps the last bytes of a stream.
class Tail {
public:
    explicit Tail(std::size_t bytes_max) : bytes_max_(bytes_max) {}
    void feed(std::string_view bytes);
    /// REQUIRES: called last.
    std::string take();
    [[nodiscard]] bool is_cut() const { return total_ > bytes_max_; }
    [[nodiscard]] std::size_t total() const { return total_; }

private:
    std::size_t bytes_max_;
    std::size_t total_ = 0;
    std::string kept_;  // up to twice as much
};

struct ChildDialogue {
    std::string input;
    std::function<void(std::string_view)> on_output;
    std::function<void(std::string_view)> on_error;
    const Bell* stop = nullptr;  // rung: the child is asked, then made to end
    std::chrono::milliseconds stop_grace{3'000};
};

/// Until the child has ended. What stays of its group is killed then; somebody who left the group
/// but keeps the output open is not waited for.
ChildEnd converse(ChildProcess& child, const ChildDialogue& dialogue);

/// Reads what is there now, without waiting. Whether the other end is still open.
bool read_available(int fd, const std::function<void(std::string_view)>& take);

}  // namespace stepwell::tasks

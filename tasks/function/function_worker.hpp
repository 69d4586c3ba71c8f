// One warm interpreter that serves one function, one call at a time.
//
// Threads: belongs to one thread at a time.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/json.hpp"
#include "tasks/host/child_io.hpp"
#include "tasks/host/child_process.hpp"

namespace stepwell::tasks {

struct FunctionSpec {
    std::string name;
    std::filesystem::path folder;
    std::string python = "python3";
    std::uint64_t memory_bytes = 0;
    std::string region;
    /// Of the code that the interpreter has loaded: another one means another interpreter.
    std::string stamp;
    /// What the interpreter executes, where it is not functions that it serves; lives for ever.
    std::string_view script;
};

/// What came of a call.
struct FunctionAnswer {
    /// cut_off: the function closed the stream to us, and lives.
    enum class Kind { result, error, exited, cut_off, stopped, timed_out };
    Kind kind = Kind::exited;
    std::string text;        // the result or the error, as JSON text
    std::string error_type;  // of an error
    std::size_t bytes = 0;   // of the result in the runtime's own spelling
    ChildEnd end;            // of an interpreter that exited
};

struct FunctionDialogue {
    std::string header;  // JSON
    std::string_view event;
    const Bell* stop = nullptr;
    std::optional<std::chrono::steady_clock::time_point> deadline;
    std::function<void(std::string lines)> log;
};

class FunctionWorker {
public:
    static Result<std::unique_ptr<FunctionWorker>> start(const FunctionSpec& spec);

    /// Whatever the kind of the answer, but `result` and `error`: this worker is over.
    FunctionAnswer call(const FunctionDialogue& dialogue);

    /// Whether it can take another call.
    [[nodiscard]] bool is_usable() const {
        return is_usable_ && !is_cut_off_ && !child_.has_ended();
    }
    [[nodiscard]] const std::string& stamp() const { return stamp_; }

private:
    FunctionWorker(ChildProcess child, Descriptor channel, std::string stamp);
    void await_end() const;
    bool read_answer();
    std::optional<FunctionAnswer> take_answer();

    ChildProcess child_;
    Descriptor channel_;
    std::string stamp_;
    std::string received_;
    bool is_usable_ = true;
    bool is_cut_off_ = false;
};

}  // namespace stepwell::tasks

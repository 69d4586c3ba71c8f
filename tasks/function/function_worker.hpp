// One warm interpreter, Python or Node, that serves one function, one call at a time.
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
#include "tasks/function/function_folder.hpp"
#include "tasks/host/child_io.hpp"
#include "tasks/host/child_process.hpp"

namespace stepwell::tasks {

/// Of an answer's text; its header may have no more either.
inline constexpr std::size_t kAnswerBytesMax = 6'291'556;  // as Lambda, whose 6 MB these are
/// Of loading the code.
inline constexpr std::chrono::seconds kInitMax{10};

struct FunctionSpec {
    std::string name;
    std::filesystem::path folder;
    std::string program = "python3";
    FunctionLanguage language = FunctionLanguage::python;
    std::string handler = "handler.handler";                       // MODULE.NAME
    std::vector<std::pair<std::string, std::string>> environment;  // later entries win
    std::uint64_t allocation_bytes = 0;  // what it may ask for; 0: no limit
    std::uint64_t memory_bytes = 0;      // what it may hold before it is killed; 0: no limit
    std::string memory_mb = "128";       // what it is told of it
    std::string version = "$LATEST";
    std::string region;
    /// Of the code that the interpreter has loaded: another one means another interpreter.
    std::string stamp;
    /// What the interpreter executes, where it is not functions that it serves; lives for ever.
    std::string_view script;
};

/// What came of a call.
struct FunctionAnswer {
    /// cut_off: the function closed the stream to us, and lives.
    /// too_large: the result is beyond kAnswerBytesMax.
    enum class Kind { result, error, exited, cut_off, stopped, timed_out, too_large };
    Kind kind = Kind::exited;
    std::string text;              // the result or the error, as JSON text
    std::string error_type;        // of an error
    std::size_t bytes = 0;         // of the result in the runtime's own spelling
    std::uint64_t peak_bytes = 0;  // what the interpreter has held at most; 0: not known
    ChildEnd end;                  // of an interpreter that exited
};

struct FunctionDialogue {
    std::string header;  // JSON
    std::string_view event;
    const Bell* stop = nullptr;
    /// Loading the code before the first call counts from kInitMax on only, as on Lambda.
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
    using Time = std::chrono::steady_clock::time_point;
    FunctionWorker(ChildProcess child, Descriptor channel, const FunctionSpec& spec);
    void await_end() const;
    void read_channel();
    [[nodiscard]] bool has_message() const;
    std::optional<FunctionAnswer> take_message();
    [[nodiscard]] std::optional<FunctionAnswer::Kind> found_end(const FunctionDialogue& dialogue,
                                                                Time begun) const;
    [[nodiscard]] int patience_ms(const FunctionDialogue& dialogue, Time begun) const;
    [[nodiscard]] std::optional<Time> deadline_of(const FunctionDialogue& dialogue,
                                                  Time begun) const;
    [[nodiscard]] bool holds_too_much() const;

    ChildProcess child_;
    Descriptor channel_;
    std::string stamp_;
    std::uint64_t memory_bytes_ = 0;
    std::string received_;
    bool is_loaded_ = false;
    std::chrono::steady_clock::duration loading_{};  // in this call
    bool is_too_large_ = false;
    bool is_usable_ = true;
    bool is_cut_off_ = false;
};

}  // namespace stepwell::tasks

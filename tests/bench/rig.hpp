// What the engine's measurements share: an engine on SQLite in a folder of its own, ways to fill
// it, and how a figure is printed.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <iosfwd>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "engine/journal/sqlite_journal.hpp"
#include "engine/runtime/engine.hpp"
#include "tests/support/temporary_folder.hpp"

namespace stepwell::bench {

struct Figure {
    std::string name;
    double value = 0;
    std::string unit;
    std::optional<double> goal;
    bool more_is_better = true;
    std::string note;
};

/// One JSON object on a line of its own.
void print(const Figure& figure);

class Stopwatch {
public:
    [[nodiscard]] double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
    }

private:
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

/// Answers each task at once with its parameters, on the engine's thread.
class InstantRunner final : public runtime::TaskRunner {
public:
    void set_sink(runtime::TaskSink& sink) { sink_ = &sink; }
    void start(runtime::TaskRequest request) override {
        sink_->succeeded(request.token, request.parameters);
    }
    void cancel(const TaskToken&) override {}

private:
    runtime::TaskSink* sink_ = nullptr;
};

/// Ends the program with the error: a measurement that cannot be made is worth nothing.
[[noreturn]] void give_up(const Error& error);

template <class T>
T must(Result<T> result) {
    if (!result) give_up(result.error());
    if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

class Rig {
public:
    /// On `folder`, which outlives it.
    explicit Rig(const std::filesystem::path& folder);

    void put(const std::string& name, const std::string& definition);
    runtime::Started start(const std::string& workflow, const std::string& input = "{}");
    /// Starts `count` executions and waits for their ends (or their starts), at most
    /// `in_flight_max` of them at a time. The seconds it took.
    double run(const std::string& workflow, int count, int in_flight_max = 2'000,
               const std::string& input = "{}");
    double only_start(const std::string& workflow, int count, int in_flight_max = 2'000);

    runtime::Engine& engine() { return engine_; }

private:
    double repeat(int count, int in_flight_max,
                  const std::function<void(std::function<void()> done)>& begin);

    std::unique_ptr<journal::SqliteJournal> journal_;
    InstantRunner runner_;
    runtime::Engine engine_;
};

/// Multiplies the only execution in the journal of `folder` (which nobody uses) to `count`.
void multiply_execution(const std::filesystem::path& folder, std::uint64_t count);

std::size_t resident_bytes();

/// A chain of `count` states of the kind that `state` is the body of: "\"Type\":\"Pass\"".
std::string chain_of(int count, const std::string& state);

// The groups of measurements.
void measure_speed(bool is_quick);
void measure_restart(bool is_quick);
void measure_growth(bool is_quick);
void measure_turns(std::istream& cases, const std::string& only);

}  // namespace stepwell::bench

// Logs of tasks: one file an attempt, for people; written as lines come, never journaled.
//
//   <logs>/<execution / 1000>/<execution>/<frame>-<attempt>.log
//
// The first line is a JSON object {"state", "path", "frame", "attempt", "retry", "started",
// "order"}, then come the lines of the log; what begins again after a restart of the daemon says so
// in a line. A file that reaches kTaskLogBytesMax says so and takes no more.
//
// Threads: TaskLogs may be used from any thread; nobody waits for another attempt's disk.
#pragma once

#include <array>
#include <atomic>
#include <compare>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/ids.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/runtime/work/log_level.hpp"
#include "engine/runtime/work_observer.hpp"

namespace stepwell::runtime {

inline constexpr std::size_t kTaskLogBytesMax = 10u << 20;

/// When the file of a log came into being, among those of its execution: each one is there, if
/// empty yet, before the next one is. Zeros: an older Stepwell made it, and did not say.
struct LogOrder {
    std::uint64_t life = 0;    // the daemon's: later ones have greater numbers
    std::uint64_t number = 0;  // within it
    auto operator<=>(const LogOrder&) const = default;
};

/// What an attempt's log is about.
struct TaskLogHeader {
    std::string state;
    std::uint32_t frame = 0;
    std::uint32_t attempt = 0;  // of the frame, over all states
    std::uint32_t retry = 0;    // of this entry of the state: 0 is the first try
    std::string started_at;     // ISO 8601
    std::string path = {};      // "Each[3] / Load"; empty where the state is in no branch or item
    LogOrder order = {};        // given when the file is made
};

struct TaskLog {
    TaskLogHeader header;
    std::vector<std::string> lines;
};

class TaskLogs final : public WorkObserver {
public:
    /// `folder` empty: everything is dropped. `life`: a greater number than that of the daemon
    /// before.
    explicit TaskLogs(std::filesystem::path folder, std::uint64_t life = 1);
    ~TaskLogs() override;

    /// An attempt begins. Makes no file before its first line.
    void begin(const TaskToken& token, TaskLogHeader header);
    /// Lines of attempts that did not begin, or have ended, are dropped. Never fails: a disk that
    /// takes no logs must not stop the work.
    void write(const TaskToken& token, std::string_view line);
    void end(const TaskToken& token);

    /// That it has ended is durable: it is never begun again.
    void finished(const TaskToken& token) override;
    /// Attempts that have begun, in any life, and may still write: what is missing here writes
    /// never again, or has yet to begin.
    [[nodiscard]] std::vector<TaskToken> open_logs(ExecutionId execution) const;

private:
    struct File;
    std::shared_ptr<File> file_of_attempt(const TaskToken& token);
    bool open(File& file, const TaskToken& token);
    void make(File& file, const TaskToken& token, const std::filesystem::path& path);
    void close_idle_files(const File& but);
    const std::filesystem::path folder_;
    std::atomic<std::size_t> open_files_{0};
    mutable std::mutex mutex_;  // of the tables; each file has its own, taken without this one
    std::unordered_map<TaskToken, std::shared_ptr<File>> files_;
    std::set<TaskToken> unfinished_;
    const std::uint64_t life_;
    std::atomic<std::uint64_t> made_{0};
    /// By execution: files of one come into being in the order of their numbers.
    std::array<std::mutex, 32> making_;
};

/// The log of one attempt; nothing where it wrote none.
Result<std::optional<TaskLog>> read_task_log(const std::filesystem::path& logs_folder,
                                             const TaskToken& token);

/// The logs of an execution, in the order in which the attempts began; empty where there are none.
Result<std::vector<TaskLog>> read_task_logs(const std::filesystem::path& logs_folder,
                                            ExecutionId execution);

/// What a page of logs is asked for.
struct TaskLogQuery {
    std::string state = {};                   // empty: of all states
    std::optional<std::uint32_t> frame = {};  // of one branch or item; absent: of all
    std::optional<std::uint32_t> attempt = {};
    std::string search = {};         // only lines with this in them
    LogLevel level = LogLevel::any;  // only lines that are as bad as that, or worse
    std::size_t lines_max = 1'000;
    std::optional<std::string> token = {};  // where the page before ended
};

struct TaskLogPart {
    TaskLogHeader header;
    std::uint64_t first_line = 1;        // the number of the first of `lines`, or where it looked
    std::vector<std::uint64_t> numbers;  // of each line, where they do not follow each other
    std::vector<std::string> lines;
};

struct TaskLogPage {
    std::vector<TaskLogPart> parts;
    std::optional<std::string> next;
};

/// A page of the logs of an execution, in the order in which the attempts began. Reads what it
/// shows, and with `search` or `level` some megabytes at most: then a page may be empty and have a
/// next one. Fails with `invalid` (the token).
Result<TaskLogPage> read_task_log_page(const std::filesystem::path& logs_folder,
                                       ExecutionId execution, const TaskLogQuery& query);

/// The last lines of each log that the query names. Reads those logs.
Result<std::vector<TaskLogPart>> read_task_log_tail(const std::filesystem::path& logs_folder,
                                                    ExecutionId execution,
                                                    const TaskLogQuery& query);

/// Removes the logs of an execution that is forgotten. What cannot be removed stays.
void remove_task_logs(const std::filesystem::path& logs_folder, ExecutionId execution);

}  // namespace stepwell::runtime

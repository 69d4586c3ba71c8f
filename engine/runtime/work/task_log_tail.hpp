// Following the logs of an execution while they are written, over any number of connections: who
// comes back with the place of the last line that came gets what lies behind it, each line once.
//
// A place says how far somebody has come in all logs of the execution: files come into being in an
// order that they name themselves (LogOrder), so a place is the last of them that has said
// something, and the line in each up to it that was not over or not read to its end. Of the rest
// everything up to that order has been read, and nothing beyond it:
//
//   "3.17;12-1:40;13-2:0"    LIFE.NUMBER;FRAME-ATTEMPT:LINE...
//
// Threads: one at a time.
#pragma once

#include <set>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "engine/runtime/work/task_log.hpp"

namespace stepwell::runtime {

/// Which logs of an execution may still be written.
struct OpenLogs {
    /// REQUIRES: asked for before the logs are read.
    std::set<std::pair<std::uint32_t, std::uint32_t>> attempts = {};  // frame and attempt
    bool are_over = false;  // the execution had ended before they were asked for: none is
};

class TaskLogTail {
public:
    TaskLogTail(const std::filesystem::path& logs_folder, ExecutionId execution);

    /// Goes on behind that place. Fails with `invalid` where it is none, or one that could not say
    /// how far it is. REQUIRES: nothing was read yet.
    Result<void> go_on_behind(std::string_view place);

    struct Part {
        TaskLogHeader header;
        std::uint64_t first_line = 1;  // the number of the first of `lines` in its log
        std::vector<std::string> lines;

        /// The place behind the line with that index.
        [[nodiscard]] std::string place_behind(std::size_t index) const;

    private:
        friend class TaskLogTail;
        std::string place_of_others_;  // empty: too much is open for a place
    };
    /// The whole lines that came since the last call, some `bytes_max` of them at most: the rest
    /// with the next call. Empty where there is nothing new. What cannot be read
    /// has nothing new.
    std::vector<Part> read(std::size_t bytes_max, const OpenLogs& open);

    /// Behind all that was read.
    [[nodiscard]] std::string place() const;

private:
    struct File {
        std::string name;
        TaskLogHeader header;
        std::uint64_t offset = 0;  // of the first byte that was not read
        std::uint64_t lines = 0;
        bool is_new = true;    // found by this call: whether it is over is not known
        bool is_done = false;  // all that it ever says was read
    };
    void find_new_files();
    bool find_once();
    void take_in(std::vector<File> found);
    /// Passes over what is behind the place that this goes on from. False: all of it.
    bool pass_over(File& file) const;
    void read_on(File& file, std::size_t bytes_max, Part& part, bool& is_at_end) const;
    void read_one(File& file, std::size_t& bytes_left, const OpenLogs& open,
                  std::vector<Part>& parts);
    [[nodiscard]] std::string place_without(const File* but) const;

    const std::filesystem::path folder_;
    std::unordered_set<std::string> known_;
    std::vector<std::string> nascent_;  // "12-1": their first line is not whole yet
    std::optional<std::filesystem::file_time_type> listed_;  // the folder's change that was seen
    std::vector<File> begun_;                                // that may go on
    std::vector<File> unread_;                               // by order
    LogOrder newest_;                                        // of those that have said something
    /// Logs of an older Stepwell have no order: all that were read, and how far.
    std::vector<std::pair<std::string, std::uint64_t>> unordered_;
    // Where it goes on from.
    std::optional<LogOrder> behind_;
    std::unordered_map<std::string, std::uint64_t> lines_behind_;
};

}  // namespace stepwell::runtime

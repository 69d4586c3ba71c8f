#include "engine/runtime/work/task_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <fstream>
#include <system_error>
#include <tuple>
#include <utility>

#include "engine/base/json.hpp"
#include "engine/runtime/work/task_log_files.hpp"

namespace stepwell::runtime {
namespace {

/// Files that are open at a time; an attempt whose file was closed opens it again.
constexpr std::size_t kFilesOpenMax = 128;

std::filesystem::path file_of(const std::filesystem::path& logs, const TaskToken& token) {
    return log_folder_of(logs, token.execution) /
           (std::to_string(value_of(token.frame)) + "-" + std::to_string(token.attempt) + ".log");
}

std::string header_line(const TaskLogHeader& header) {
    Json line{{"state", header.state},
              {"frame", header.frame},
              {"attempt", header.attempt},
              {"retry", header.retry},
              {"started", header.started_at}};
    if (!header.path.empty()) line["path"] = header.path;
    line["order"] = {header.order.life, header.order.number};
    return to_text(line);
}

/// In the order in which the attempts began.
bool is_before(const TaskLogHeader& a, const TaskLogHeader& b) {
    return std::tie(a.started_at, a.frame, a.attempt) < std::tie(b.started_at, b.frame, b.attempt);
}

TaskLog read_log(const std::filesystem::path& path) {
    TaskLog log;
    std::ifstream file(path);
    std::string line;
    if (std::getline(file, line)) log.header = log_header_in(line);
    while (std::getline(file, line)) log.lines.push_back(line);
    return log;
}

}  // namespace

std::filesystem::path log_folder_of(const std::filesystem::path& logs, ExecutionId id) {
    const auto number = value_of(id);
    return logs / std::to_string(number / 1000) / std::to_string(number);
}

TaskLogHeader log_header_in(const std::string& line) {
    TaskLogHeader header;
    const auto json = parse_json(line);
    if (!json) return header;
    header.state = string_or(*json, "state", "");
    header.path = string_or(*json, "path", "");
    header.frame = static_cast<std::uint32_t>(unsigned_in(*json, "frame"));
    header.attempt = static_cast<std::uint32_t>(unsigned_in(*json, "attempt"));
    header.retry = static_cast<std::uint32_t>(unsigned_in(*json, "retry"));
    header.started_at = string_or(*json, "started", "");
    const Json* order = find(*json, "order");
    const bool has_order = order && order->is_array() && order->size() == 2 &&
                           (*order)[0].is_number_unsigned() && (*order)[1].is_number_unsigned();
    if (has_order) {
        header.order = {(*order)[0].get<std::uint64_t>(), (*order)[1].get<std::uint64_t>()};
    }
    return header;
}

struct TaskLogs::File {
    explicit File(TaskLogHeader header_) : header(std::move(header_)) {}
    TaskLogHeader header;  // its order is guarded, too
    std::mutex mutex;      // guards the rest
    int descriptor = -1;
    std::size_t bytes = 0;
    bool is_begun = false;
    bool is_full = false;
    bool is_ended = false;

    bool close() {
        if (descriptor < 0) return false;
        ::close(std::exchange(descriptor, -1));
        return true;
    }
    void write(std::string_view line) {
        std::string text(line);
        text += '\n';
        bytes += text.size();
        // A disk that takes no logs must not stop the work.
        const ssize_t written = ::write(descriptor, text.data(), text.size());
        static_cast<void>(written);
    }
};

TaskLogs::TaskLogs(std::filesystem::path folder, std::uint64_t life)
    : folder_(std::move(folder)), life_(life) {}

TaskLogs::~TaskLogs() {
    for (auto& [token, file] : files_) file->close();
}

void TaskLogs::begin(const TaskToken& token, TaskLogHeader header) {
    if (folder_.empty()) return;
    auto file = std::make_shared<File>(std::move(header));
    const std::lock_guard lock(mutex_);
    files_[token] = std::move(file);
    unfinished_.insert(token);
}

void TaskLogs::finished(const TaskToken& token) {
    if (folder_.empty()) return;
    const std::lock_guard lock(mutex_);
    unfinished_.erase(token);
}

std::vector<TaskToken> TaskLogs::open_logs(ExecutionId execution) const {
    const std::lock_guard lock(mutex_);
    const auto begin = unfinished_.lower_bound({execution, FrameId{}, 0});
    std::vector<TaskToken> tokens;
    for (auto at = begin; at != unfinished_.end() && at->execution == execution; ++at) {
        tokens.push_back(*at);
    }
    return tokens;
}

void TaskLogs::write(const TaskToken& token, std::string_view line) {
    if (folder_.empty()) return;
    const auto file = file_of_attempt(token);
    if (!file) return;
    const std::lock_guard lock(file->mutex);
    if (file->is_full || file->is_ended || !open(*file, token)) return;
    if (file->bytes + line.size() > kTaskLogBytesMax) {
        file->is_full = true;
        line = "(the log ends here: it has reached its limit of 10 MiB)";
    }
    file->write(line);
}

/// Leaves the table at once; the descriptor goes as soon as a line under way is written.
void TaskLogs::end(const TaskToken& token) {
    if (folder_.empty()) return;
    std::shared_ptr<File> file;
    {
        const std::lock_guard lock(mutex_);
        const auto at = files_.find(token);
        if (at == files_.end()) return;
        file = std::move(at->second);
        files_.erase(at);
    }
    const std::lock_guard lock(file->mutex);
    file->is_ended = true;
    if (file->close()) --open_files_;
}

std::shared_ptr<TaskLogs::File> TaskLogs::file_of_attempt(const TaskToken& token) {
    const std::lock_guard lock(mutex_);
    const auto at = files_.find(token);
    return at == files_.end() ? nullptr : at->second;
}

/// In the order of their numbers, and empty until the first line is whole.
/// REQUIRES: the file's mutex is held, and it was not begun.
void TaskLogs::make(File& file, const TaskToken& token, const std::filesystem::path& path) {
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);
    const std::lock_guard lock(making_[value_of(token.execution) % making_.size()]);
    file.header.order = {life_, ++made_};
    file.descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/// REQUIRES: the file's mutex is held.
bool TaskLogs::open(File& file, const TaskToken& token) {
    if (file.descriptor >= 0) return true;
    if (open_files_ >= kFilesOpenMax) close_idle_files(file);
    const auto path = file_of(folder_, token);
    if (file.is_begun) {
        file.descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    } else {
        make(file, token, path);
    }
    if (file.descriptor < 0) return false;
    ++open_files_;
    if (!file.is_begun) {
        const bool is_new = ::lseek(file.descriptor, 0, SEEK_END) == 0;
        file.write(is_new ? header_line(file.header)
                          : "(begun again at " + file.header.started_at +
                                ": the daemon ended before the task did)");
    }
    file.is_begun = true;
    return true;
}

/// Those that are being written to at this moment stay.
void TaskLogs::close_idle_files(const File& but) {
    std::vector<std::shared_ptr<File>> files;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [token, file] : files_) files.push_back(file);
    }
    for (const auto& file : files) {
        if (file.get() == &but) continue;
        const std::unique_lock lock(file->mutex, std::try_to_lock);
        if (lock && file->close()) --open_files_;
    }
}

Result<std::optional<TaskLog>> read_task_log(const std::filesystem::path& logs_folder,
                                             const TaskToken& token) {
    const auto path = file_of(logs_folder, token);
    std::error_code error;
    if (!std::filesystem::exists(path, error)) return std::optional<TaskLog>();
    return std::optional(read_log(path));
}

void remove_task_logs(const std::filesystem::path& logs_folder, ExecutionId execution) {
    const auto folder = log_folder_of(logs_folder, execution);
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
    std::filesystem::remove(folder.parent_path(), ignored);  // where it is empty now
}

Result<std::vector<TaskLog>> read_task_logs(const std::filesystem::path& logs_folder,
                                            ExecutionId execution) {
    std::vector<TaskLog> logs;
    const auto folder = log_folder_of(logs_folder, execution);
    std::error_code error;
    if (!std::filesystem::exists(folder, error)) return logs;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
        logs.push_back(read_log(entry.path()));
    }
    if (error) return fail(ErrorCode::io, "'" + folder.string() + "': " + error.message());
    std::sort(logs.begin(), logs.end(),
              [](const TaskLog& a, const TaskLog& b) { return is_before(a.header, b.header); });
    return logs;
}

namespace {

/// What a page reads at most. With a search it may pass over lines without end.
constexpr std::uint64_t kPageBytesMax = 1u << 20;
constexpr std::uint64_t kSearchBytesMax = 8u << 20;

bool passes_over(const TaskLogQuery& query) {
    return !query.search.empty() || query.level != LogLevel::any;
}

struct ListedLog {
    TaskLogHeader header;
    std::filesystem::path path;
    std::uint64_t begin = 0;  // of the first line
};

/// Where a page goes on: in which log, with which line, and at which byte that begins.
struct LogPlace {
    std::uint32_t frame = 0;
    std::uint32_t attempt = 0;
    std::uint64_t line = 1;
    std::uint64_t offset = 0;

    [[nodiscard]] std::string text() const {
        return std::to_string(frame) + "-" + std::to_string(attempt) + ":" + std::to_string(line) +
               "@" + std::to_string(offset);
    }
};

template <class Number>
bool take_number(std::string_view& text, Number& number, char end) {
    const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return false;
    text.remove_prefix(static_cast<std::size_t>(at - text.data()));
    if (end == 0) return text.empty();
    if (text.empty() || text.front() != end) return false;
    text.remove_prefix(1);
    return true;
}

Result<LogPlace> log_place_in(std::string_view text) {
    LogPlace place;
    if (take_number(text, place.frame, '-') && take_number(text, place.attempt, ':') &&
        take_number(text, place.line, '@') && take_number(text, place.offset, 0)) {
        return place;
    }
    return fail(ErrorCode::invalid, "expected 'after' to be the `next` of a page of logs");
}

bool is_asked_for(const TaskLogHeader& header, const TaskLogQuery& query) {
    return (query.state.empty() || query.state == header.state) &&
           (!query.frame || *query.frame == header.frame) &&
           (!query.attempt || *query.attempt == header.attempt);
}

Result<std::vector<ListedLog>> list_logs(const std::filesystem::path& logs_folder,
                                         ExecutionId execution, const TaskLogQuery& query) {
    std::vector<ListedLog> logs;
    const auto folder = log_folder_of(logs_folder, execution);
    std::error_code error;
    if (!std::filesystem::exists(folder, error)) return logs;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
        std::ifstream file(entry.path());
        std::string line;
        if (!std::getline(file, line) || file.eof()) continue;
        ListedLog log{log_header_in(line), entry.path(), line.size() + 1};
        if (is_asked_for(log.header, query)) logs.push_back(std::move(log));
    }
    if (error) return fail(ErrorCode::io, "'" + folder.string() + "': " + error.message());
    std::sort(logs.begin(), logs.end(),
              [](const ListedLog& a, const ListedLog& b) { return is_before(a.header, b.header); });
    return logs;
}

/// Reads on from `place`, which it moves, as long as there is room. True where the log has no more.
bool read_page_of(const ListedLog& log, const TaskLogQuery& query, LogPlace& place,
                  std::size_t& lines_left, std::uint64_t& bytes_left, TaskLogPart& part) {
    std::ifstream file(log.path);
    file.seekg(static_cast<std::streamoff>(place.offset));
    std::string line;
    while (true) {
        if (lines_left == 0 || bytes_left == 0) return false;
        // A line that is being written is no line yet.
        if (!std::getline(file, line) || file.eof()) return true;
        const std::uint64_t size = line.size() + 1;
        place.offset += size;
        bytes_left -= std::min(bytes_left, size);
        const std::uint64_t number = place.line++;
        if (passes_over(query)) {
            const bool fits = line.find(query.search) != line.npos && level_of(line) >= query.level;
            if (!fits) continue;
            part.numbers.push_back(number);
        }
        part.lines.push_back(std::move(line));
        --lines_left;
    }
}

}  // namespace

Result<TaskLogPage> read_task_log_page(const std::filesystem::path& logs_folder,
                                       ExecutionId execution, const TaskLogQuery& query) {
    const auto logs = SW_TRY(list_logs(logs_folder, execution, query));
    auto at = logs.begin();
    LogPlace place;
    if (query.token) {
        place = SW_TRY(log_place_in(*query.token));
        at = std::find_if(logs.begin(), logs.end(), [&](const ListedLog& log) {
            return log.header.frame == place.frame && log.header.attempt == place.attempt;
        });
    }
    TaskLogPage page;
    std::size_t lines_left = query.lines_max;
    std::uint64_t bytes_left = passes_over(query) ? kSearchBytesMax : kPageBytesMax;
    for (bool goes_on = query.token.has_value(); at != logs.end(); ++at, goes_on = false) {
        if (!goes_on) place = {at->header.frame, at->header.attempt, 1, at->begin};
        TaskLogPart part{at->header, place.line, {}, {}};
        const bool is_whole = read_page_of(*at, query, place, lines_left, bytes_left, part);
        // Also without lines: that an attempt has a log, which goes on on the next page.
        if (!part.lines.empty()) page.parts.push_back(std::move(part));
        if (is_whole) continue;
        page.next = place.text();
        return page;
    }
    return page;
}

Result<std::vector<TaskLogPart>> read_task_log_tail(const std::filesystem::path& logs_folder,
                                                    ExecutionId execution,
                                                    const TaskLogQuery& query) {
    std::vector<TaskLogPart> parts;
    for (const ListedLog& log : SW_TRY(list_logs(logs_folder, execution, query))) {
        std::ifstream file(log.path);
        file.seekg(static_cast<std::streamoff>(log.begin));
        std::deque<std::string> last;
        std::uint64_t count = 0;
        for (std::string line; std::getline(file, line) && !file.eof(); ++count) {
            last.push_back(std::move(line));
            if (last.size() > query.lines_max) last.pop_front();
        }
        parts.push_back({log.header, count - last.size() + 1, {}, {last.begin(), last.end()}});
    }
    return parts;
}

}  // namespace stepwell::runtime

#include "engine/runtime/work/task_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <system_error>

#include "engine/base/json.hpp"

namespace stepwell::runtime {
namespace {

/// Files that are open at a time; an attempt whose file was closed opens it again.
constexpr std::size_t kFilesOpenMax = 128;

std::filesystem::path folder_of(const std::filesystem::path& logs, ExecutionId id) {
    const auto number = value_of(id);
    return logs / std::to_string(number / 1000) / std::to_string(number);
}

std::filesystem::path file_of(const std::filesystem::path& logs, const TaskToken& token) {
    return folder_of(logs, token.execution) /
           (std::to_string(value_of(token.frame)) + "-" + std::to_string(token.attempt) + ".log");
}

std::string header_line(const TaskLogHeader& header) {
    return to_text(Json{{"state", header.state},
                        {"frame", header.frame},
                        {"attempt", header.attempt},
                        {"retry", header.retry},
                        {"started", header.started_at}});
}

template <class Number>
Number number_in(const Json& object, std::string_view key) {
    const Json* member = find(object, key);
    return member && member->is_number_unsigned() ? member->get<Number>() : Number{0};
}

TaskLogHeader header_in(const std::string& line) {
    TaskLogHeader header;
    const auto json = parse_json(line);
    if (!json) return header;
    header.state = string_or(*json, "state", "");
    header.frame = number_in<std::uint32_t>(*json, "frame");
    header.attempt = number_in<std::uint32_t>(*json, "attempt");
    header.retry = number_in<std::uint32_t>(*json, "retry");
    header.started_at = string_or(*json, "started", "");
    return header;
}

TaskLog read_log(const std::filesystem::path& path) {
    TaskLog log;
    std::ifstream file(path);
    std::string line;
    if (std::getline(file, line)) log.header = header_in(line);
    while (std::getline(file, line)) log.lines.push_back(line);
    return log;
}

}  // namespace

struct TaskLogs::File {
    TaskLogHeader header;
    int descriptor = -1;
    std::size_t bytes = 0;
    bool is_begun = false;
    bool is_full = false;

    void close() {
        if (descriptor >= 0) ::close(descriptor);
        descriptor = -1;
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

TaskLogs::TaskLogs(std::filesystem::path folder) : folder_(std::move(folder)) {}

TaskLogs::~TaskLogs() {
    for (auto& [token, file] : files_) file->close();
}

void TaskLogs::begin(const TaskToken& token, TaskLogHeader header) {
    if (folder_.empty()) return;
    const std::lock_guard lock(mutex_);
    auto file = std::make_unique<File>();
    file->header = std::move(header);
    files_[token] = std::move(file);
}

void TaskLogs::write(const TaskToken& token, std::string_view line) {
    if (folder_.empty()) return;
    const std::lock_guard lock(mutex_);
    File* file = opened(token);
    if (!file || file->is_full) return;
    if (file->bytes + line.size() > kTaskLogBytesMax) {
        file->is_full = true;
        line = "(the log ends here: it has reached its limit of 10 MiB)";
    }
    file->write(line);
}

void TaskLogs::end(const TaskToken& token) {
    if (folder_.empty()) return;
    const std::lock_guard lock(mutex_);
    const auto at = files_.find(token);
    if (at == files_.end()) return;
    at->second->close();
    files_.erase(at);
}

TaskLogs::File* TaskLogs::opened(const TaskToken& token) {
    const auto at = files_.find(token);
    if (at == files_.end()) return nullptr;
    File& file = *at->second;
    if (file.descriptor >= 0) return &file;

    const auto open_files = std::count_if(files_.begin(), files_.end(), [](const auto& other) {
        return other.second->descriptor >= 0;
    });
    if (static_cast<std::size_t>(open_files) >= kFilesOpenMax) {
        for (auto& [other, one] : files_) one->close();
    }
    const auto path = file_of(folder_, token);
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);
    file.descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (file.descriptor < 0) return nullptr;
    if (!file.is_begun && ::lseek(file.descriptor, 0, SEEK_END) == 0) {
        file.write(header_line(file.header));
    }
    file.is_begun = true;
    return &file;
}

Result<std::optional<TaskLog>> read_task_log(const std::filesystem::path& logs_folder,
                                             const TaskToken& token) {
    const auto path = file_of(logs_folder, token);
    std::error_code error;
    if (!std::filesystem::exists(path, error)) return std::optional<TaskLog>();
    return std::optional(read_log(path));
}

void remove_task_logs(const std::filesystem::path& logs_folder, ExecutionId execution) {
    const auto folder = folder_of(logs_folder, execution);
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
    std::filesystem::remove(folder.parent_path(), ignored);  // where it is empty now
}

Result<std::vector<TaskLog>> read_task_logs(const std::filesystem::path& logs_folder,
                                            ExecutionId execution) {
    std::vector<TaskLog> logs;
    const auto folder = folder_of(logs_folder, execution);
    std::error_code error;
    if (!std::filesystem::exists(folder, error)) return logs;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
        logs.push_back(read_log(entry.path()));
    }
    if (error) return fail(ErrorCode::io, "'" + folder.string() + "': " + error.message());
    std::sort(logs.begin(), logs.end(), [](const TaskLog& a, const TaskLog& b) {
        return std::tie(a.header.started_at, a.header.frame, a.header.attempt) <
               std::tie(b.header.started_at, b.header.frame, b.header.attempt);
    });
    return logs;
}

TaskLogTail::TaskLogTail(const std::filesystem::path& logs_folder, ExecutionId execution)
    : folder_(folder_of(logs_folder, execution)) {}

void TaskLogTail::find_new_files() {
    std::error_code error;
    std::vector<File> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder_, error)) {
        File file{entry.path().filename().string(), {}, 0, 0};
        const bool is_known = std::any_of(files_.begin(), files_.end(), [&](const File& known) {
            return known.name == file.name;
        });
        std::string line;
        std::ifstream stream(entry.path());
        // A first line that is not whole yet: next time.
        if (is_known || !std::getline(stream, line) || stream.eof()) continue;
        file.header = header_in(line);
        file.offset = line.size() + 1;
        found.push_back(std::move(file));
    }
    std::sort(found.begin(), found.end(), [](const File& a, const File& b) {
        return std::tie(a.header.started_at, a.header.frame, a.header.attempt) <
               std::tie(b.header.started_at, b.header.frame, b.header.attempt);
    });
    std::move(found.begin(), found.end(), std::back_inserter(files_));
}

TaskLogTail::Part TaskLogTail::read_on(File& file, std::size_t bytes_max) const {
    Part part{file.header, file.lines + 1, {}};
    std::ifstream stream(folder_ / file.name);
    stream.seekg(static_cast<std::streamoff>(file.offset));
    std::size_t bytes = 0;
    for (std::string line; bytes < bytes_max && std::getline(stream, line) && !stream.eof();) {
        bytes += line.size() + 1;
        part.lines.push_back(std::move(line));
    }
    file.offset += bytes;
    file.lines += part.lines.size();
    return part;
}

Result<std::vector<TaskLogTail::Part>> TaskLogTail::read(std::size_t bytes_max) {
    find_new_files();
    std::vector<Part> parts;
    std::size_t bytes = 0;
    for (File& file : files_) {
        if (bytes >= bytes_max) break;
        const std::uint64_t before = file.offset;
        Part part = read_on(file, bytes_max - bytes);
        bytes += file.offset - before;
        if (!part.lines.empty()) parts.push_back(std::move(part));
    }
    return parts;
}

}  // namespace stepwell::runtime

#include "engine/runtime/work/task_log_tail.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fstream>
#include <iterator>
#include <tuple>

#include "engine/runtime/work/task_log_files.hpp"

namespace stepwell::runtime {
namespace {

/// Two changes of a folder within it may have the same time.
constexpr std::chrono::seconds kFolderClockGrain{2};
/// A place travels in a header.
constexpr std::size_t kPlaceLogsMax = 400;
/// What a place is where it would be longer.
constexpr std::string_view kNoPlace = "*";

std::string attempt_text(const TaskLogHeader& header) {
    return std::to_string(header.frame) + "-" + std::to_string(header.attempt);
}

bool comes_before(const TaskLogHeader& a, const TaskLogHeader& b) {
    return std::tie(a.order, a.started_at, a.frame, a.attempt) <
           std::tie(b.order, b.started_at, b.frame, b.attempt);
}

template <class Number>
bool take(std::string_view& text, Number& number) {
    const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return false;
    text.remove_prefix(static_cast<std::size_t>(at - text.data()));
    return true;
}

bool take(std::string_view& text, char c) {
    if (text.empty() || text.front() != c) return false;
    text.remove_prefix(1);
    return true;
}

/// "12-1:40"
bool take_log(std::string_view& text, std::string& attempt, std::uint64_t& line) {
    std::uint32_t frame = 0;
    std::uint32_t number = 0;
    if (!take(text, frame) || !take(text, '-') || !take(text, number)) return false;
    attempt = std::to_string(frame) + "-" + std::to_string(number);
    return take(text, ':') && take(text, line);
}

bool is_attempt(const std::string& name) {
    std::string text = name + ":0";
    std::string_view rest = text;
    std::string attempt;
    std::uint64_t line = 0;
    return take_log(rest, attempt, line) && rest.empty();
}

}  // namespace

TaskLogTail::TaskLogTail(const std::filesystem::path& logs_folder, ExecutionId execution)
    : folder_(log_folder_of(logs_folder, execution)) {}

Result<void> TaskLogTail::go_on_behind(std::string_view place) {
    LogOrder order;
    bool is_good = take(place, order.life) && take(place, '.') && take(place, order.number);
    while (is_good && take(place, ';')) {
        std::string attempt;
        std::uint64_t line = 0;
        is_good = take_log(place, attempt, line);
        lines_behind_[attempt] = line;
    }
    if (!is_good || !place.empty()) {
        lines_behind_.clear();
        return fail(ErrorCode::invalid, "expected the id of a line of a log, but it is none");
    }
    behind_ = newest_ = order;
    return {};
}

bool TaskLogTail::pass_over(File& file) const {
    if (!behind_) return true;
    const auto found = lines_behind_.find(attempt_text(file.header));
    if (found == lines_behind_.end()) {
        const bool has_order = file.header.order != LogOrder{};
        return !has_order || file.header.order > *behind_;
    }
    std::ifstream stream(folder_ / file.name);
    stream.seekg(static_cast<std::streamoff>(file.offset));
    for (std::string line;
         file.lines < found->second && std::getline(stream, line) && !stream.eof(); ++file.lines) {
        file.offset += line.size() + 1;
    }
    return true;
}

/// Until a look at the folder finds nothing: one that was there before another was found is found
/// then, too.
void TaskLogTail::find_new_files() {
    std::error_code error;
    const auto changed = std::filesystem::last_write_time(folder_, error);
    if (error || changed == listed_) return;
    const auto age = std::filesystem::file_time_type::clock::now() - changed;
    if (age > kFolderClockGrain) listed_ = changed;
    while (find_once()) {
    }
    if (!nascent_.empty()) listed_.reset();
}

/// True where there was something new.
bool TaskLogTail::find_once() {
    std::vector<File> found;
    nascent_.clear();
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder_, error)) {
        File file{entry.path().filename().string(), {}, 0, 0};
        if (known_.contains(file.name)) continue;
        std::string line;
        std::ifstream stream(entry.path());
        if (!std::getline(stream, line) || stream.eof()) {
            if (is_attempt(entry.path().stem().string())) {
                nascent_.push_back(entry.path().stem().string());
            }
            continue;
        }
        file.header = log_header_in(line);
        file.offset = line.size() + 1;
        known_.insert(file.name);
        found.push_back(std::move(file));
    }
    const bool is_any = !found.empty();
    take_in(std::move(found));
    return is_any;
}

void TaskLogTail::take_in(std::vector<File> found) {
    for (File& file : found) {
        if (!pass_over(file)) continue;
        auto& list = file.lines > 0 ? begun_ : unread_;
        list.push_back(std::move(file));
    }
    const auto by_order = [](const File& a, const File& b) {
        return comes_before(a.header, b.header);
    };
    std::sort(unread_.begin(), unread_.end(), by_order);
}

void TaskLogTail::read_on(File& file, std::size_t bytes_max, Part& part, bool& is_at_end) const {
    std::error_code error;
    is_at_end = std::filesystem::file_size(folder_ / file.name, error) <= file.offset;
    if (is_at_end) return;
    std::ifstream stream(folder_ / file.name);
    stream.seekg(static_cast<std::streamoff>(file.offset));
    std::size_t bytes = 0;
    std::string line;
    while (bytes < bytes_max) {
        // A line that is being written is no line yet.
        is_at_end = !std::getline(stream, line) || stream.eof();
        if (is_at_end) break;
        bytes += line.size() + 1;
        part.lines.push_back(std::move(line));
    }
    file.offset += bytes;
    file.lines += part.lines.size();
}

/// What one log says now, and whether that was all that it ever says.
void TaskLogTail::read_one(File& file, std::size_t& bytes_left, const OpenLogs& open,
                           std::vector<Part>& parts) {
    Part part;
    part.header = file.header;
    part.first_line = file.lines + 1;
    const std::uint64_t before = file.offset;
    bool is_at_end = false;
    read_on(file, bytes_left, part, is_at_end);
    bytes_left -= std::min<std::size_t>(bytes_left, file.offset - before);
    if (file.lines > 0) newest_ = std::max(newest_, file.header.order);
    if (!part.lines.empty()) {
        part.place_of_others_ = place_without(&file);
        parts.push_back(std::move(part));
    }
    const bool is_over =
        open.are_over ||
        (!file.is_new && !open.attempts.contains({file.header.frame, file.header.attempt}));
    file.is_done = is_at_end && is_over;
    if (file.is_done && file.lines > 0 && file.header.order == LogOrder{}) {
        unordered_.emplace_back(attempt_text(file.header), file.lines);
    }
}

std::vector<TaskLogTail::Part> TaskLogTail::read(std::size_t bytes_max, const OpenLogs& open) {
    for (auto* list : {&begun_, &unread_}) {
        for (File& file : *list) file.is_new = false;
    }
    find_new_files();
    std::vector<Part> parts;
    std::size_t bytes_left = bytes_max;
    for (auto* list : {&begun_, &unread_}) {
        for (File& file : *list) {
            if (bytes_left == 0) break;
            read_one(file, bytes_left, open, parts);
        }
    }
    const auto has_begun = [](const File& file) { return file.lines > 0 && !file.is_done; };
    std::copy_if(unread_.begin(), unread_.end(), std::back_inserter(begun_), has_begun);
    std::erase_if(unread_, [](const File& file) { return file.lines > 0 || file.is_done; });
    std::erase_if(begun_, [](const File& file) { return file.is_done; });
    return parts;
}

std::string TaskLogTail::place_without(const File* but) const {
    std::string out = std::to_string(newest_.life) + "." + std::to_string(newest_.number);
    std::size_t count = 0;
    const auto add = [&](const std::string& attempt, std::uint64_t lines) {
        ++count;
        out += ";" + attempt + ":" + std::to_string(lines);
    };
    for (const auto* list : {&begun_, &unread_}) {
        for (const File& file : *list) {
            const bool is_due = file.header.order != LogOrder{} && file.header.order <= newest_;
            const bool is_told = &file != but && !file.is_done && (file.lines > 0 || is_due);
            if (is_told) add(attempt_text(file.header), file.lines);
        }
    }
    for (const std::string& attempt : nascent_) add(attempt, 0);
    for (const auto& [attempt, lines] : unordered_) add(attempt, lines);
    return count > kPlaceLogsMax ? std::string(kNoPlace) : out;
}

std::string TaskLogTail::place() const {
    return place_without(nullptr);
}

std::string TaskLogTail::Part::place_behind(std::size_t index) const {
    if (place_of_others_ == kNoPlace) return place_of_others_;
    return place_of_others_ + ";" + attempt_text(header) + ":" + std::to_string(first_line + index);
}

}  // namespace stepwell::runtime

#include "tasks/files/csv_scan.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/base/descriptor.hpp"
#include "engine/base/utf8.hpp"
#include "tasks/files/csv_blocks.hpp"
#include "tasks/files/csv_transcode.hpp"

namespace stepwell::tasks::data {
namespace {

DataError cannot_read(const std::string& uri) {
    return {errno == EACCES ? "E_DENIED" : "E_NOT_FOUND",
            uri + ": expected a file to read, but: " + std::strerror(errno)};
}

std::string in_lower_case(std::string text) {
    for (char& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    return text;
}

}  // namespace

DataResult<std::shared_ptr<const CsvScan>> CsvScan::open(const std::vector<InputFile>& files,
                                                         const CsvOptions& options) {
    auto scan = std::make_shared<CsvScan>();
    scan->options_ = options;
    for (const auto& file : files) scan->files_.push_back(SW_TRY(scan->inspect(file)));
    scan->merge_headers();
    for (std::size_t i = 0; i < scan->files_.size(); ++i) scan->cut(i, scan->newlines_[i]);
    scan->newlines_.clear();
    return std::shared_ptr<const CsvScan>(std::move(scan));
}

std::uint64_t CsvScan::bytes() const {
    std::uint64_t sum = 0;
    for (const auto& file : files_) sum += file.end_byte - file.first_byte;
    return sum;
}

DataResult<Descriptor> CsvFile::open() const {
    if (readable == file.path) return file.open();
    Descriptor opened(::open(readable.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!opened) return fail(cannot_read(file.uri));
    return opened;
}

DataResult<CsvFile> CsvScan::inspect(const InputFile& file) {
    CsvFile result;
    result.file = file;
    SW_TRY(make_readable(result, options_));
    const Descriptor descriptor = SW_TRY(result.open());
    auto looked = summary_of_file(descriptor.get(), options_.quote);
    if (!looked) return fail(cannot_read(file.uri));
    std::vector<std::int64_t> newlines = {0};
    for (const auto& block : looked->blocks) {
        newlines.push_back(newlines.back() + block.newlines);
        result.has_quotes = result.has_quotes || block.has_quotes;
        result.has_high_bytes = result.has_high_bytes || block.has_high_bytes;
    }
    result.end_byte = looked->bytes;
    newlines_.push_back(std::move(newlines));
    SW_TRY(read_header(result, options_));
    return result;
}

void CsvScan::merge_headers() {
    std::vector<std::string> known;  // lower case
    for (const auto& file : files_) {
        std::vector<int> fields(columns_.size(), -1);
        for (std::size_t i = 0; i < file.header.size(); ++i) {
            const std::string key = in_lower_case(file.header[i]);
            const auto found = std::find(known.begin(), known.end(), key);
            const auto index = static_cast<std::size_t>(found - known.begin());
            if (found == known.end()) {
                known.push_back(key);
                columns_.push_back(file.header[i]);
                fields.push_back(-1);
            }
            fields[index] = static_cast<int>(i);
        }
        fields_.push_back(std::move(fields));
    }
    for (auto& fields : fields_) fields.resize(columns_.size(), -1);
}

void CsvScan::cut(std::size_t index, const std::vector<std::int64_t>& newlines) {
    const CsvFile& file = files_[index];
    if (file.first_byte >= file.end_byte) return;
    if (file.has_quotes && !options_.is_lines) {
        // A line's end may be inside quotes: only from the start can one tell.
        units_.push_back({index, file.first_byte, file.end_byte, file.first_line});
        return;
    }
    std::uint64_t begin = file.first_byte;
    for (std::size_t block = 1; begin < file.end_byte; ++block) {
        const std::uint64_t end = std::min<std::uint64_t>(block * kBlockBytes, file.end_byte);
        if (end <= begin) continue;
        // Line ends before `begin`'s block; the reader counts on from there.
        const bool is_first = begin == file.first_byte;
        units_.push_back(
            {index, begin, end, is_first ? file.first_line : newlines[begin / kBlockBytes] + 1});
        begin = end;
    }
}

CsvReader::CsvReader(std::shared_ptr<const CsvScan> scan, const CsvUnit& unit)
    : scan_(std::move(scan)), unit_(unit), file_(&scan_->files()[unit.file]) {
    position_ = unit.begin;
    line_ = unit.first_line;
}

CsvReader::~CsvReader() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

/// Moves what is left to the front and reads on. False at the end of the file.
DataResult<bool> CsvReader::fill() {
    const std::size_t left = end_ - begin_;
    if (left > 0) std::memmove(buffer_.data(), buffer_.data() + begin_, left);
    begin_ = 0;
    end_ = left;
    if (buffer_.size() - end_ < kBlockBytes / 2) buffer_.resize(end_ + kBlockBytes);
    const std::uint64_t from = position_ + left;
    const std::uint64_t want =
        std::min<std::uint64_t>(buffer_.size() - end_, file_->end_byte - from);
    if (want == 0) return false;
    const ssize_t got = ::pread(descriptor_, buffer_.data() + end_, want, static_cast<off_t>(from));
    if (got < 0) return fail(cannot_read(file_->file.uri));
    if (got == 0) {
        return data_fail("E_CONFLICT", file_->file.uri + ": the file shrank while it was read");
    }
    end_ += static_cast<std::size_t>(got);
    return true;
}

void CsvReader::advance(std::size_t bytes, std::int64_t lines) {
    begin_ += bytes;
    position_ += bytes;
    line_ += lines;
}

/// Opens the file and goes to the first record that begins in the unit: one that began before
/// belongs to the unit before.
DataResult<void> CsvReader::start() {
    descriptor_ = SW_TRY(file_->open()).release();
    if (unit_.begin == file_->first_byte) return {};
    char before = 0;
    if (::pread(descriptor_, &before, 1, static_cast<off_t>(unit_.begin - 1)) != 1) {
        return fail(cannot_read(file_->file.uri));
    }
    if (before == '\n') return {};
    while (SW_TRY(fill())) {
        const char* data = buffer_.data() + begin_;
        const auto* at = static_cast<const char*>(std::memchr(data, '\n', end_ - begin_));
        if (at != nullptr) {
            advance(static_cast<std::size_t>(at - data) + 1, 1);
            break;
        }
        advance(end_ - begin_, 0);
    }
    return {};
}

DataResult<bool> CsvReader::next(CsvRecord& record) {
    if (descriptor_ < 0) SW_TRY(start());
    const std::size_t bytes_max = scan_->options().record_bytes_max;
    while (position_ < unit_.end) {
        bool is_at_end = false;
        while (!parse(record, is_at_end)) {
            if (end_ - begin_ > bytes_max) {
                take_line_as_fault(record, "expected the record's end within " +
                                               std::to_string(bytes_max) + " bytes");
                return true;
            }
            is_at_end = !SW_TRY(fill());
        }
        const bool is_blank =
            record.raw.empty() && (record.fields.size() != 1 || file_->header.size() != 1);
        if (is_blank) continue;  // or a comment
        check(record);
        return true;
    }
    return false;
}

/// Checks what can be told of a whole record.
void CsvReader::check(CsvRecord& record) const {
    if (!record.fault.empty()) return;
    if (file_->has_high_bytes && !is_utf8(record.raw)) {
        record.fault = "the line is not UTF-8";
    } else if (record.fields.size() != file_->header.size()) {
        record.fault = "expected " + std::to_string(file_->header.size()) + " fields, but got " +
                       std::to_string(record.fields.size());
    }
}

bool CsvReader::parse(CsvRecord& record, bool is_at_end) {
    record.fields.clear();
    record.fault.clear();
    record.line = line_;
    if (begin_ == end_ && !is_at_end) return false;
    const CsvOptions& options = scan_->options();
    const char* data = buffer_.data() + begin_;
    const bool is_comment = options.comment != 0 && begin_ < end_ && *data == options.comment;
    if (is_comment) {
        const auto* at = static_cast<const char*>(std::memchr(data, '\n', end_ - begin_));
        if (at == nullptr && !is_at_end) return false;
        record.raw = {};
        advance(at == nullptr ? end_ - begin_ : static_cast<std::size_t>(at - data) + 1, 1);
        return true;
    }
    if (file_->has_quotes && !options.is_lines) return parse_quoted(record, is_at_end);
    return parse_plain(record, is_at_end);
}

/// A line without quotes: cut at the delimiters. False where its end is not in the buffer yet.
bool CsvReader::parse_plain(CsvRecord& record, bool is_at_end) {
    const CsvOptions& options = scan_->options();
    const char* data = buffer_.data() + begin_;
    const char* end = buffer_.data() + end_;
    const auto* newline =
        static_cast<const char*>(std::memchr(data, '\n', static_cast<std::size_t>(end - data)));
    if (newline == nullptr && !is_at_end) return false;
    const char* stop = newline == nullptr ? end : newline;
    const std::size_t size = static_cast<std::size_t>(stop - data) + (newline != nullptr ? 1 : 0);
    if (stop > data && stop[-1] == '\r') --stop;
    record.raw = {data, static_cast<std::size_t>(stop - data)};
    advance(size, newline != nullptr ? 1 : 0);
    if (options.is_lines) {
        record.fields.push_back({record.raw, false});
        return true;
    }
    // Every field of every file comes by here: the list is not grown one by one.
    auto& fields = record.fields;
    fields.resize(file_->header.size() + 1);
    std::size_t count = 0;
    const char* field = data;
    for (const char* p = data;; ++p) {
        if (p != stop && *p != options.delimiter) continue;
        if (count == fields.size()) fields.resize(2 * count);
        fields[count++] = {{field, static_cast<std::size_t>(p - field)}, false};
        if (p == stop) break;
        field = p + 1;
    }
    fields.resize(count);
    return true;
}

CsvReader::Outcome CsvReader::quoted_field(Cursor& at, CsvField& field) {
    const CsvOptions& options = scan_->options();
    const std::size_t start = scratch_.size();
    field.is_quoted = true;
    for (++at.p; at.p != at.end; ++at.p) {
        const bool has_next = at.p + 1 != at.end;
        const bool is_escape = *at.p == options.escape && has_next &&
                               (at.p[1] == options.quote ||
                                (options.escape != options.quote && at.p[1] == options.escape));
        if (is_escape) {
            ++at.p;
        } else if (*at.p == options.quote) {
            if (!has_next && !at.is_at_end) return Outcome::need_more;  // may be half of a pair
            ++at.p;
            field.text = std::string_view(scratch_).substr(start);
            return Outcome::done;
        }
        if (*at.p == '\n') ++at.lines;
        scratch_ += *at.p;
    }
    return at.is_at_end ? Outcome::unclosed : Outcome::need_more;
}

CsvReader::Outcome CsvReader::plain_field(Cursor& at, CsvField& field) {
    const char delimiter = scan_->options().delimiter;
    const char* start = at.p;
    while (at.p != at.end && *at.p != delimiter && *at.p != '\n') ++at.p;
    if (at.p == at.end && !at.is_at_end) return Outcome::need_more;
    const char* stop = at.p;
    const bool is_last = at.p == at.end || *at.p == '\n';
    if (is_last && stop > start && stop[-1] == '\r') --stop;
    field.text = {start, static_cast<std::size_t>(stop - start)};
    return Outcome::done;
}

/// A record in which fields may be quoted, and then hold delimiters, quotes and line ends. False
/// where its end is not in the buffer yet.
bool CsvReader::parse_quoted(CsvRecord& record, bool is_at_end) {
    const CsvOptions& options = scan_->options();
    const char* const data = buffer_.data() + begin_;
    Cursor at{data, buffer_.data() + end_, 0, is_at_end};
    scratch_.clear();
    scratch_.reserve(static_cast<std::size_t>(at.end - data));  // views into it must stay valid
    for (bool is_first = true; is_first || (at.p != at.end && *at.p == options.delimiter);
         is_first = false) {
        if (!is_first) ++at.p;
        if (at.p == at.end && !is_at_end) return false;
        CsvField field;
        const bool is_quoted = at.p != at.end && *at.p == options.quote;
        const Outcome outcome = is_quoted ? quoted_field(at, field) : plain_field(at, field);
        if (outcome == Outcome::need_more) return false;
        if (outcome == Outcome::unclosed) {
            take_line_as_fault(record, "the quote that opens here is never closed");
            return true;
        }
        record.fields.push_back(field);
    }
    if (at.p != at.end && *at.p == '\r') {
        if (at.p + 1 == at.end && !is_at_end) return false;
        ++at.p;
    }
    if (at.p == at.end && !is_at_end) return false;
    if (at.p != at.end && *at.p != '\n') {
        take_line_as_fault(record, "text follows a closing quote");
        return true;
    }
    const char* stop = at.p;
    const bool has_end = at.p != at.end;
    if (stop > data && stop[-1] == '\r') --stop;
    record.raw = {data, static_cast<std::size_t>(stop - data)};
    advance(static_cast<std::size_t>(at.p - data) + (has_end ? 1 : 0),
            at.lines + (has_end ? 1 : 0));
    return true;
}

/// A record whose end cannot be told: only its first line is it, and reading goes on behind that.
void CsvReader::take_line_as_fault(CsvRecord& record, std::string_view fault) {
    const char* data = buffer_.data() + begin_;
    const auto* newline = static_cast<const char*>(std::memchr(data, '\n', end_ - begin_));
    const std::size_t size =
        newline == nullptr ? end_ - begin_ : static_cast<std::size_t>(newline - data);
    record.fields.clear();
    record.raw = {data, size};
    if (!record.raw.empty() && record.raw.back() == '\r') record.raw.remove_suffix(1);
    record.fault = fault;
    if (!is_utf8(record.raw)) record.fault += "; the line is not UTF-8";
    record.fields.push_back({record.raw, false});
    advance(newline == nullptr ? size : size + 1, 1);
}

}  // namespace stepwell::tasks::data

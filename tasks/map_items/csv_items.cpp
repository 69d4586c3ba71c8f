#include "tasks/map_items/csv_items.hpp"

#include <set>

#include "engine/base/json.hpp"
#include "engine/base/utf8.hpp"

namespace stepwell::tasks::map_items {
namespace {

/// The rows of a file, one by one. A line without anything in it is none.
class CsvRows {
public:
    CsvRows(ByteSource& source, char delimiter) : source_(source), delimiter_(delimiter) {}

    /// False: there is no other row.
    DataResult<bool> next(std::vector<std::string>& fields);
    [[nodiscard]] std::uint64_t line() const { return first_line_; }

private:
    DataResult<void> read_quoted(std::string& field);
    /// Up to the delimiter, or the line's end; true: the row goes on.
    DataResult<bool> read_rest(std::string& field);
    DataResult<void> check_size(const std::string& field) const;

    ByteSource& source_;
    char delimiter_;
    std::uint64_t line_ = 1;
    std::uint64_t first_line_ = 1;  // of the row
};

DataResult<void> CsvRows::check_size(const std::string& field) const {
    if (field.size() <= kItemBytesMax) return {};
    return source_.fault("E_FORMAT", "line " + std::to_string(first_line_) +
                                         ": expected a row of at most " +
                                         std::to_string(kItemBytesMax) +
                                         " bytes, but it is longer (is a quote missing?)");
}

DataResult<void> CsvRows::read_quoted(std::string& field) {
    for (;;) {
        const int c = source_.next();
        if (c == ByteSource::kEnd) {
            SW_TRY(source_.check());
            return source_.fault("E_FORMAT", "line " + std::to_string(first_line_) +
                                                 ": expected the end of a quoted field, but the "
                                                 "file ends in it");
        }
        if (c == '"' && source_.peek() != '"') return {};
        if (c == '"') source_.next();
        if (c == '\n') ++line_;
        field += static_cast<char>(c);
        SW_TRY(check_size(field));
    }
}

DataResult<bool> CsvRows::read_rest(std::string& field) {
    for (;;) {
        const int c = source_.next();
        if (c == delimiter_) return true;
        if (c == '\r' && source_.peek() == '\n') continue;
        if (c == '\n') ++line_;
        if (c == '\n' || c == ByteSource::kEnd) return false;
        field += static_cast<char>(c);
        SW_TRY(check_size(field));
    }
}

DataResult<bool> CsvRows::next(std::vector<std::string>& fields) {
    fields.clear();
    while (source_.peek() == '\n' || source_.peek() == '\r') {
        if (source_.next() == '\n') ++line_;
    }
    first_line_ = line_;
    if (source_.peek() == ByteSource::kEnd) {
        SW_TRY(source_.check());
        return false;
    }
    for (bool goes_on = true; goes_on;) {
        std::string& field = fields.emplace_back();
        if (source_.peek() == '"') {
            source_.next();
            SW_TRY(read_quoted(field));
        }
        goes_on = SW_TRY(read_rest(field));
    }
    SW_TRY(source_.check());
    return true;
}

DataResult<std::string> item_of(const std::vector<std::string>& keys,
                                const std::vector<std::string>& fields, const CsvRows& rows,
                                const ByteSource& source) {
    std::string text = "{";
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (i > 0) text += ',';
        text += keys[i];
        if (i >= fields.size()) {
            text += "\"\"";
        } else if (is_utf8(fields[i])) {
            text += to_text(Json(fields[i]));
        } else {
            return source.fault("E_ENCODING", "line " + std::to_string(rows.line()) +
                                                  ": expected UTF-8, but there are other bytes");
        }
    }
    return text + '}';
}

}  // namespace

DataResult<void> check_headers(const std::vector<std::string>& headers) {
    const std::set<std::string> names(headers.begin(), headers.end());
    if (names.size() == headers.size()) return {};
    return data::data_fail("E_FORMAT", "CSV headers cannot contain duplicates.");
}

DataResult<void> read_csv(ByteSource& source, const CsvForm& form, ItemsFile& items) {
    CsvRows rows(source, form.delimiter);
    std::vector<std::string> headers = form.headers;
    if (headers.empty() && !SW_TRY(rows.next(headers))) return {};
    SW_TRY(check_headers(headers));
    std::vector<std::string> keys;
    for (const std::string& name : headers) {
        if (!is_utf8(name)) return source.fault("E_ENCODING", "expected headers in UTF-8");
        keys.push_back(to_text(Json(name)) + ':');
    }
    std::vector<std::string> fields;
    while (!items.is_full() && SW_TRY(rows.next(fields))) {
        const std::string item = SW_TRY(item_of(keys, fields, rows, source));
        SW_TRY(items.add(item));
    }
    return {};
}

}  // namespace stepwell::tasks::map_items

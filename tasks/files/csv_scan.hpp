// Reads CSV files (and plain lines) exactly: every record of every file comes out, once, with its
// line number; one that is broken comes out with the reason. Nothing is guessed from the content.
//
// DuckDB's own reader is not used because it drops rows that do not fit its guess without a word.
// Files are cut into units that several threads read at once; within a unit records are in order.
//
// Threads: a CsvScan is immutable once opened and safe to share; a CsvReader belongs to one thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/files/locations.hpp"
#include "tasks/support/data_error.hpp"

namespace stepwell::tasks::data {

struct CsvOptions {
    char delimiter = ',';
    char quote = '"';  // 0 = none
    char escape = '"';
    char comment = 0;  // 0 = none; at the start of a line
    int skip = 0;      // lines before the header
    bool has_header = true;
    bool is_lines = false;           // each line is one field, whatever is in it
    std::vector<std::string> names;  // of the columns, where there is no header
    std::string encoding = "utf-8";  // utf-8 | latin-1 | utf-16
    std::size_t record_bytes_max = 16U << 20U;
    std::filesystem::path temporary_folder;  // for what must be transcoded
};

struct CsvField {
    std::string_view text;  // without quotes and escapes
    bool is_quoted = false;
};

struct CsvRecord {
    std::vector<CsvField> fields;
    std::int64_t line = 0;  // of its first byte, from 1
    std::string_view raw;   // as it stands in the file, without the line's end
    std::string fault;      // why it cannot be used; "" = fine
};

struct CsvFile {
    InputFile file;
    std::vector<std::string> header;  // empty where the file is
    bool is_empty = false;            // not even a header line
    std::filesystem::path readable;   // the file itself, or its transcoded copy
    std::shared_ptr<void> copy;       // removes the copy
    std::uint64_t first_byte = 0;     // of the first record
    std::uint64_t end_byte = 0;
    std::int64_t first_line = 1;
    bool has_quotes = false;
    bool has_high_bytes = false;

    /// What is to be read: `readable`, reached without following links.
    [[nodiscard]] DataResult<Descriptor> open() const;
};

/// A piece of a file that one thread reads: the records that begin in [begin, end).
struct CsvUnit {
    std::size_t file = 0;  // index
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::int64_t first_line = 1;  // of the first record that begins here
};

class CsvScan {
public:
    /// Looks at every file once. Fails where a file cannot be read or its header not be understood
    /// (E_FORMAT, E_ENCODING, E_UNSUPPORTED).
    static DataResult<std::shared_ptr<const CsvScan>> open(const std::vector<InputFile>& files,
                                                           const CsvOptions& options);

    /// The columns of all files, in order of first appearance; names differ in more than case.
    [[nodiscard]] const std::vector<std::string>& columns() const { return columns_; }
    [[nodiscard]] const std::vector<CsvFile>& files() const { return files_; }
    [[nodiscard]] const std::vector<CsvUnit>& units() const { return units_; }
    [[nodiscard]] const CsvOptions& options() const { return options_; }
    /// For each column, which field of a record of that file it is; -1 = not in that file.
    [[nodiscard]] const std::vector<int>& fields_of(std::size_t file) const {
        return fields_[file];
    }
    [[nodiscard]] std::uint64_t bytes() const;

private:
    DataResult<CsvFile> inspect(const InputFile& file);
    void cut(std::size_t index, const std::vector<std::int64_t>& newlines);
    void merge_headers();

    CsvOptions options_;
    std::vector<std::string> columns_;
    std::vector<CsvFile> files_;
    std::vector<CsvUnit> units_;
    std::vector<std::vector<int>> fields_;
    std::vector<std::vector<std::int64_t>> newlines_;  // per file: line ends before each block
};

/// Reads one unit.
class CsvReader {
public:
    CsvReader(std::shared_ptr<const CsvScan> scan, const CsvUnit& unit);
    ~CsvReader();
    CsvReader(const CsvReader&) = delete;
    CsvReader& operator=(const CsvReader&) = delete;

    /// The next record, valid until the next call; false at the end of the unit.
    DataResult<bool> next(CsvRecord& record);
    [[nodiscard]] const CsvUnit& unit() const { return unit_; }

private:
    enum class Outcome { done, need_more, unclosed };
    struct Cursor {
        const char* p;
        const char* end;
        std::int64_t lines;
        bool is_at_end;
    };

    DataResult<void> start();
    DataResult<bool> fill();
    bool parse(CsvRecord& record, bool is_at_end);
    bool parse_plain(CsvRecord& record, bool is_at_end);
    bool parse_quoted(CsvRecord& record, bool is_at_end);
    Outcome quoted_field(Cursor& at, CsvField& field);
    Outcome plain_field(Cursor& at, CsvField& field);
    void take_line_as_fault(CsvRecord& record, std::string_view fault);
    void check(CsvRecord& record) const;
    void advance(std::size_t bytes, std::int64_t lines);

    std::shared_ptr<const CsvScan> scan_;
    CsvUnit unit_;
    const CsvFile* file_;
    int descriptor_ = -1;
    std::vector<char> buffer_;
    std::size_t begin_ = 0;  // of what is not parsed yet, in the buffer
    std::size_t end_ = 0;
    std::uint64_t position_ = 0;  // of begin_ in the file
    std::int64_t line_ = 1;
    std::string scratch_;  // unescaped fields of the current record
};

}  // namespace stepwell::tasks::data

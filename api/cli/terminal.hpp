// How the command line writes: plain text, tables, durations, colours where a person looks.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/base/time.hpp"

namespace stepwell::api::cli {

/// What `stepwell` ends with.
enum Exit : int {
    kSuccess = 0,
    kFailed = 1,       // the run, or the data
    kUsage = 2,        // the command line, the configuration, a workflow file
    kUnreachable = 3,  // no daemon answers
    kInterrupted = 130,
};

enum class Style { plain, dim, bold, red, green, yellow };

struct Terminal {
    std::ostream& out;
    std::ostream& err;
    bool has_colours = false;  // of `out`
    bool is_json = false;      // what went wrong is told as JSON, too

    [[nodiscard]] std::string styled(std::string_view text, Style style) const;
    /// "SUCCEEDED" in green, "FAILED" in red, ..., however it is written.
    [[nodiscard]] std::string styled_status(std::string_view status) const;
};

/// "850 ms", "12.3 s", "2 m 05 s", "3 h 12 m".
std::string duration_text(Duration duration);
/// 1234567 as "1,234,567".
std::string count_text(std::int64_t count);
/// {"read": 5, "good": 4, "rejected": 1} as "5 read, 4 good, 1 rejected"; zeros are left out.
std::string rows_text(const Json& rows);
/// Text from outside, harmless to a terminal: without colours, and with other control characters
/// as "^[" shows them. Ends of lines and tabs stay.
std::string printable(std::string_view text);
/// The same as one line.
std::string printable_line(std::string_view text);
/// One line of at most `columns` characters.
std::string shortened(std::string_view text, std::size_t columns);

/// Rows under headings, in columns as wide as they need.
class Table {
public:
    explicit Table(std::vector<std::string> headings) : rows_{std::move(headings)} {}
    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    void print(const Terminal& terminal) const;

private:
    std::vector<std::vector<std::string>> rows_;
};

/// In single quotes, as every shell takes them.
std::string shell_quoted(const std::string& text);
/// As a word of a shell's command line: in single quotes where it needs them.
std::string shell_word(const std::string& text);

}  // namespace stepwell::api::cli

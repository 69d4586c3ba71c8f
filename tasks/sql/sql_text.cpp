#include "tasks/sql/sql_text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace stepwell::tasks::data {
namespace {

constexpr std::array<std::string_view, 6> kWithoutCall = {"current_date",      "current_time",
                                                          "current_timestamp", "localtime",
                                                          "localtimestamp",    "tablesample"};

// DuckDB's own word on it (duckdb_functions().stability) calls current_localtimestamp consistent.
constexpr std::array<std::string_view, 20> kCalled = {"now",
                                                      "today",
                                                      "current_date",
                                                      "current_localtime",
                                                      "get_current_time",
                                                      "get_current_timestamp",
                                                      "current_localtimestamp",
                                                      "transaction_timestamp",
                                                      "random",
                                                      "setseed",
                                                      "uuid",
                                                      "uuidv4",
                                                      "uuidv7",
                                                      "gen_random_uuid",
                                                      "nextval",
                                                      "currval",
                                                      "randomblob",
                                                      "changes",
                                                      "total_changes",
                                                      "last_insert_rowid"};

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

std::size_t behind(std::string_view sql, std::string_view end, std::size_t from) {
    const auto at = sql.find(end, from);
    return at == sql.npos ? sql.size() : at + end.size();
}

/// Behind the text, name in quotes or comment that begins at `at`; `at` where none does.
std::size_t skip_opaque(std::string_view sql, std::size_t at) {
    const std::string_view rest = sql.substr(at);
    if (rest.starts_with("'") || rest.starts_with("\""))
        return behind(sql, rest.substr(0, 1), at + 1);
    if (rest.starts_with("--")) return behind(sql, "\n", at);
    if (rest.starts_with("/*")) return behind(sql, "*/", at + 2);
    if (rest.starts_with("$$")) return behind(sql, "$$", at + 2);
    return at;
}

std::size_t skip_blanks(std::string_view sql, std::size_t at) {
    while (at < sql.size() && std::isspace(static_cast<unsigned char>(sql[at])) != 0) ++at;
    return at;
}

/// Whether the call whose "(" is at `at` has more than one argument.
bool has_comma(std::string_view sql, std::size_t at) {
    int depth = 0;
    while (at < sql.size()) {
        const std::size_t next = skip_opaque(sql, at);
        if (next != at) {
            at = next;
            continue;
        }
        const char c = sql[at++];
        if (c == '(' || c == '[') ++depth;
        if ((c == ')' || c == ']') && --depth == 0) return false;
        if (c == ',' && depth == 1) return true;
    }
    return false;
}

std::string word_at(std::string_view sql, std::size_t at) {
    std::string word;
    while (at < sql.size() && is_word(sql[at]))
        word += static_cast<char>(std::tolower(static_cast<unsigned char>(sql[at++])));
    return word;
}

}  // namespace

bool asks_clock_or_chance(std::string_view sql) {
    std::string before;
    for (std::size_t at = 0; at < sql.size();) {
        const std::size_t opaque = skip_opaque(sql, at);
        const std::string word = opaque == at ? word_at(sql, at) : "";
        if (word.empty()) {
            at = std::max(at + 1, opaque);
            continue;
        }
        at += word.size();
        const std::size_t next = skip_blanks(sql, at);
        const bool is_called = next < sql.size() && sql[next] == '(';
        if (is_one_of(word, kWithoutCall) || (before == "using" && word == "sample")) return true;
        if (is_called && is_one_of(word, kCalled)) return true;
        // With one argument it is the time that has gone by since then.
        if (is_called && word == "age" && !has_comma(sql, next)) return true;
        before = word;
    }
    return false;
}

bool is_one_statement(std::string_view sql) {
    bool is_over = false;
    for (std::size_t at = 0; at < sql.size();) {
        const std::size_t opaque = skip_opaque(sql, at);
        const bool is_comment = opaque != at && (sql[at] == '-' || sql[at] == '/');
        const bool is_blank = std::isspace(static_cast<unsigned char>(sql[at])) != 0;
        if (sql[at] == ';')
            is_over = true;
        else if (is_over && !is_comment && !is_blank)
            return false;
        at = std::max(at + 1, opaque);
    }
    return true;
}

}  // namespace stepwell::tasks::data

#include "tasks/files/csv_transcode.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "engine/base/ascii.hpp"
#include "engine/base/utf8.hpp"
#include "tasks/files/gunzip.hpp"
#include "tasks/files/reserved_columns.hpp"
#include "tasks/files/unzstd.hpp"

namespace stepwell::tasks::data {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";
constexpr std::size_t kHeaderBytesMax = 4U << 20U;
constexpr std::size_t kPieceBytes = 1U << 20U;

DataError cannot_read(const CsvFile& file) {
    return {"E_DISK", file.file.uri + ": cannot read it: " + std::strerror(errno)};
}

/// Its first `bytes`, or all where it is shorter.
DataResult<std::string> head_of(const CsvFile& file, std::size_t bytes) {
    const Descriptor opened = SW_TRY(file.open());
    std::string head(bytes, 0);
    std::size_t size = 0;
    while (size < bytes) {
        const ssize_t got = ::read(opened.get(), head.data() + size, bytes - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail(cannot_read(file));
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    head.resize(size);
    return head;
}

/// UTF-16 that comes in pieces, as UTF-8.
class Utf16Reader {
public:
    /// Appends what is whole; false where it is not UTF-16.
    bool read(std::string_view piece, std::string& out) {
        held_ += piece;
        std::string_view bytes = held_;
        if (!is_begun_ && bytes.size() >= 2) {
            is_begun_ = true;
            is_big_ = bytes.starts_with("\xFE\xFF");
            if (is_big_ || bytes.starts_with("\xFF\xFE")) bytes.remove_prefix(2);
        }
        while (bytes.size() >= 2) {
            char32_t point = unit(bytes, 0);
            std::size_t size = 2;
            if (point >= 0xDC00 && point < 0xE000) return false;
            if (point >= 0xD800 && point < 0xDC00) {
                if (bytes.size() < 4) break;
                const char32_t low = unit(bytes, 2);
                if (low < 0xDC00 || low >= 0xE000) return false;
                point = 0x10000 + ((point - 0xD800) << 10U) + (low - 0xDC00);
                size = 4;
            }
            append_utf8(out, point);
            bytes.remove_prefix(size);
        }
        held_ = std::string(bytes);
        return true;
    }
    /// Whether nothing is left that is half a character.
    [[nodiscard]] bool is_at_end() const { return held_.empty(); }

private:
    [[nodiscard]] char32_t unit(std::string_view bytes, std::size_t at) const {
        const auto first = static_cast<unsigned char>(bytes[at]);
        const auto second = static_cast<unsigned char>(bytes[at + 1]);
        return is_big_ ? static_cast<char32_t>(first << 8U | second)
                       : static_cast<char32_t>(second << 8U | first);
    }

    bool is_begun_ = false;
    bool is_big_ = false;
    std::string held_;
};

/// Writes what `convert` makes of each piece of the file to a copy, which is then what is read.
template <class Convert>
DataResult<void> convert_pieces(CsvFile& file, const CsvOptions& options, Convert convert) {
    static std::atomic<int> counter = 0;
    std::error_code failed;
    fs::create_directories(options.temporary_folder, failed);
    const fs::path path = options.temporary_folder /
                          ("csv-" + std::to_string(::getpid()) + "-" + std::to_string(++counter));
    const Descriptor opened = SW_TRY(file.open());
    file.copy = std::shared_ptr<void>(nullptr, [path](void*) {
        std::error_code ignored;
        fs::remove(path, ignored);
    });
    std::ofstream out(path, std::ios::binary);
    std::string piece(kPieceBytes, 0);
    while (true) {
        const ssize_t got = ::read(opened.get(), piece.data(), piece.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail(cannot_read(file));
        if (got == 0 || !out) break;
        out << SW_TRY(convert(std::string_view(piece).substr(0, static_cast<std::size_t>(got))));
    }
    out.close();
    if (!out) {
        return data_fail("E_DISK", file.file.uri + ": expected room for a copy in " +
                                       options.temporary_folder.string() +
                                       ", but: " + std::strerror(errno));
    }
    file.readable = path;
    return {};
}

DataResult<void> convert_latin1(CsvFile& file, const CsvOptions& options) {
    return convert_pieces(file, options, [](std::string_view piece) -> DataResult<std::string> {
        return utf8_of_latin1(piece);
    });
}

DataResult<void> convert_utf16(CsvFile& file, const CsvOptions& options) {
    const auto refuse = [&] {
        return data_fail("E_ENCODING",
                         file.file.uri + ": expected UTF-16, but the bytes are something else");
    };
    Utf16Reader reader;
    SW_TRY(convert_pieces(file, options, [&](std::string_view piece) -> DataResult<std::string> {
        std::string text;
        if (!reader.read(piece, text)) return refuse();
        return text;
    }));
    if (!reader.is_at_end()) return refuse();
    return {};
}

/// `Stream`: Gunzip or Unzstd, which read what is called `form`.
template <class Stream>
DataResult<void> unpack(CsvFile& file, const CsvOptions& options, Stream& stream,
                        const std::string& form) {
    SW_TRY(convert_pieces(file, options, [&](std::string_view piece) -> DataResult<std::string> {
        std::string text;
        if (stream.read(piece, text)) return text;
        return data_fail("E_FORMAT",
                         file.file.uri + ": expected " + form + ", but the bytes are damaged");
    }));
    if (stream.is_at_end()) return {};
    return data_fail("E_FORMAT",
                     file.file.uri + ": expected a whole " + form + " file, but it ends too early");
}

DataResult<void> unpack_where_packed(CsvFile& file, const CsvOptions& options,
                                     std::string_view head) {
    if (Gunzip::is_gzip(head)) {
        Gunzip gunzip;
        return unpack(file, options, gunzip, "gzip");
    }
    if (!Unzstd::is_zstd(head)) return {};
    Unzstd unzstd;
    return unpack(file, options, unzstd, "zstd");
}

}  // namespace

DataResult<void> make_readable(CsvFile& file, const CsvOptions& options) {
    file.readable = file.file.path;
    std::string head = SW_TRY(head_of(file, 4));
    const std::string& uri = file.file.uri;
    SW_TRY(unpack_where_packed(file, options, head));
    head = SW_TRY(head_of(file, 4));
    const bool has_utf16_mark = head.starts_with("\xFF\xFE") || head.starts_with("\xFE\xFF");
    if (options.encoding == "utf-8") {
        if (!has_utf16_mark) return {};
        return data_fail("E_ENCODING", uri +
                                           ": expected UTF-8, but it begins with the mark of "
                                           "UTF-16; say encoding: utf-16");
    }
    if (options.encoding == "latin-1") return convert_latin1(file, options);
    if (options.encoding == "utf-16") return convert_utf16(file, options);
    return data_fail("E_UNSUPPORTED", "expected encoding utf-8, latin-1 or utf-16, but got '" +
                                          options.encoding + "'");
}

namespace {

/// Gives columns without a name one, and refuses names that SQL cannot tell apart or have. `names`
/// of all columns differ in more than case: it is the one rule, here and where files are put
/// together.
DataResult<void> check_names(CsvFile& file) {
    const auto same = [](std::string_view a, std::string_view b) {
        return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                          [](char x, char y) { return stepwell::lower(x) == stepwell::lower(y); });
    };
    for (std::size_t i = 0; i < file.header.size(); ++i) {
        std::string& name = file.header[i];
        if (name.empty()) name = "column_" + std::to_string(i + 1);
        if (name.find('\0') != name.npos) {
            return data_fail("E_FORMAT",
                             file.file.uri + ": expected a header of texts, but it has NUL bytes");
        }
        name = input_name(name);
        for (std::size_t j = 0; j < i; ++j) {
            if (!same(file.header[j], name)) continue;
            return data_fail("E_SCHEMA", file.file.uri +
                                             ": expected each column once, but the header has '" +
                                             file.header[j] + "' and '" + name + "'");
        }
    }
    return {};
}

std::string stripped(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r");
    if (first == text.npos) return {};
    return std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

/// Splits the record with the names of the columns. As in every record a quote counts where a field
/// begins, and a name in quotes may hold delimiters, quotes and line ends.
class HeaderSplitter {
public:
    HeaderSplitter(std::string_view text, const CsvOptions& options)
        : text_(text), options_(options) {}

    /// False where a quote is never closed.
    bool split() {
        while (at_ < text_.size() && (is_quoted_ || text_[at_] != '\n')) take();
        size_ = std::min(at_ + 1, text_.size());
        for (auto& name : names_) name = stripped(name);
        return !is_quoted_;
    }
    [[nodiscard]] std::vector<std::string> names() const { return names_; }
    /// How much of the text the record is, with its line's end.
    [[nodiscard]] std::size_t size() const { return size_; }
    /// A file of which the lines end in CR alone is one line to whoever looks for LF.
    [[nodiscard]] bool has_bare_cr() const { return has_bare_cr_; }

private:
    void take() {
        const char c = text_[at_];
        const char next = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
        const bool is_quote = options_.quote != 0 && c == options_.quote;
        const bool is_escape = is_quoted_ && options_.quote != 0 && c == options_.escape &&
                               (next == options_.quote ||
                                (options_.escape != options_.quote && next == options_.escape));
        has_bare_cr_ = has_bare_cr_ || (!is_quoted_ && c == '\r' && at_ + 1 < text_.size() &&
                                        next != '\r' && next != '\n');
        if (is_escape) {
            names_.back() += next;
            ++at_;
        } else if (is_quote && (is_quoted_ || stripped(names_.back()).empty())) {
            is_quoted_ = !is_quoted_;
        } else if (c == options_.delimiter && !is_quoted_) {
            names_.emplace_back();
        } else {
            names_.back() += c;
        }
        ++at_;
    }

    std::string_view text_;
    const CsvOptions& options_;
    std::size_t at_ = 0;
    std::size_t size_ = 0;
    bool is_quoted_ = false;
    bool has_bare_cr_ = false;
    std::vector<std::string> names_{1};
};

/// The names that the record at the beginning of `text` gives, and its size.
DataResult<std::size_t> split_header(CsvFile& file, std::string_view text,
                                     const CsvOptions& options) {
    HeaderSplitter splitter(text, options);
    const bool is_closed = splitter.split();
    const std::string& uri = file.file.uri;
    if (!is_utf8(text.substr(0, splitter.size()))) {
        return data_fail("E_ENCODING", uri +
                                           ": expected a header in UTF-8, but it has other bytes; "
                                           "say encoding: latin-1 or utf-16");
    }
    if (!is_closed) {
        return data_fail("E_FORMAT",
                         uri + ": expected a header, but a quote in it is never closed");
    }
    if (splitter.has_bare_cr()) {
        return data_fail("E_FORMAT", uri +
                                         ": expected lines that end in LF or CR LF, but they end "
                                         "in CR alone; write the file anew with LF");
    }
    file.header = splitter.names();
    return splitter.size();
}

bool is_comment(std::string_view line, const CsvOptions& options) {
    return options.comment != 0 && !line.empty() && line[0] == options.comment;
}

}  // namespace

DataResult<void> read_header(CsvFile& file, const CsvOptions& options) {
    const std::string head =
        SW_TRY(head_of(file, std::min<std::size_t>(file.end_byte, kHeaderBytesMax)));
    std::size_t at = head.starts_with(kUtf8Mark) ? kUtf8Mark.size() : 0;
    const auto next_line = [&]() -> std::string_view {
        const std::size_t end = std::min(head.find('\n', at), head.size());
        const std::string_view line = std::string_view(head).substr(at, end - at);
        at = std::min(end + 1, head.size());
        ++file.first_line;
        return line;
    };
    for (int i = 0; i < options.skip && at < head.size(); ++i) next_line();
    file.header = options.names;
    if (options.is_lines && options.names.empty()) file.header = {"line"};
    if (options.has_header && !options.is_lines) {
        std::size_t begin = at;
        std::string_view line;
        while (at < head.size() && (line.empty() || is_comment(line, options))) {
            begin = at;
            line = next_line();
            if (line == "\r") line = {};
        }
        if (line.empty() || is_comment(line, options)) {
            file.is_empty = true;
            file.header.clear();
        } else {
            const std::string_view rest = std::string_view(head).substr(begin);
            const std::size_t size = SW_TRY(split_header(file, rest, options));
            file.first_line += std::count(head.data() + at, head.data() + begin + size, '\n');
            at = begin + size;
        }
    }
    file.is_empty = file.is_empty || head.empty();
    file.first_byte = at;
    if (file.header.empty() && !file.is_empty) {
        return data_fail("E_CONFIG",
                         "expected the columns' names where files have no header; "
                         "say options.names");
    }
    return check_names(file);
}

}  // namespace stepwell::tasks::data

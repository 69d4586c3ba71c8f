#include "engine/definition/diagnostic.hpp"

#include "engine/base/utf8.hpp"
#include "engine/definition/document.hpp"

namespace stepwell::definition {
namespace {

constexpr std::size_t kLineBytesMax = 160;  // of a source line that is shown

/// A source line cut to what a terminal shows, around the column.
struct Excerpt {
    std::string text;
    std::size_t caret;  // characters before it
};

std::size_t byte_of_column(std::string_view line, int column) {
    std::size_t i = 0;
    for (int at = 1; i < line.size() && at < column; ++at) {
        do ++i;
        while (i < line.size() && is_utf8_continuation(line[i]));
    }
    return i;
}

Excerpt excerpt_of(std::string_view line, int column) {
    std::size_t begin = 0;
    const std::size_t target = byte_of_column(line, column);
    if (line.size() > kLineBytesMax && target > kLineBytesMax / 2)
        begin = target - kLineBytesMax / 2;
    while (begin < line.size() && is_utf8_continuation(line[begin])) ++begin;
    std::size_t end = std::min(line.size(), begin + kLineBytesMax);
    while (end < line.size() && is_utf8_continuation(line[end])) ++end;
    Excerpt excerpt{std::string(line.substr(begin, end - begin)), 0};
    for (std::size_t i = begin; i < target; ++i)
        excerpt.caret += is_utf8_continuation(line[i]) ? 0 : 1;
    // Tabs would shift the caret; other control characters could drive the terminal.
    for (char& c : excerpt.text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    }
    return excerpt;
}

std::string on_one_line(const std::string& message) {
    // Behind a line break Jackson's words only say again where.
    return message.substr(0, message.find('\n'));
}

std::string render_one(const Diagnostic& diagnostic, const std::string& file,
                       const LineIndex& lines) {
    const Position at = diagnostic.position;
    std::string text = file;
    if (at.line > 0) text += ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
    text += diagnostic.severity == Severity::error ? ": error: " : ": warning: ";
    text += on_one_line(diagnostic.message);
    const bool has_place = diagnostic.location.rfind('/', 0) == 0 && diagnostic.location != "/";
    if (has_place) text += " [" + diagnostic.location + "]";
    text += "\n";
    const std::string_view line = lines.line(at.line);
    if (line.empty()) {
        if (!diagnostic.hint.empty()) text += "    " + diagnostic.hint + "\n";
        return text;
    }
    const Excerpt excerpt = excerpt_of(line, at.column);
    text += "    " + excerpt.text + "\n    " + std::string(excerpt.caret, ' ') + "^";
    if (!diagnostic.hint.empty()) text += " " + diagnostic.hint;
    return text + "\n";
}

}  // namespace

std::string render(const std::vector<Diagnostic>& diagnostics, const std::string& file,
                   const std::string& source) {
    const LineIndex lines(source);
    std::string text;
    for (const Diagnostic& diagnostic : diagnostics) text += render_one(diagnostic, file, lines);
    return text;
}

std::string to_aws_text(const std::vector<Diagnostic>& diagnostics) {
    std::string text;
    for (const Diagnostic& diagnostic : diagnostics) {
        if (diagnostic.severity != Severity::error) continue;
        if (!text.empty()) text += ", ";
        text += diagnostic.code + ": " + diagnostic.message;
        // Jackson's message ends in its own place already.
        const bool is_said = diagnostic.message.find('\n') != std::string::npos;
        if (!diagnostic.location.empty() && !is_said) text += " at " + diagnostic.location;
    }
    return text;
}

}  // namespace stepwell::definition

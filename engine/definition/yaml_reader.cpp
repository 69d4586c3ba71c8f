// YAML with positions and limits. yaml-cpp's events feed the builder directly: its node graph is
// never made, so a cyclic alias cannot hang a walk and expanded aliases are counted as they come.
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <sstream>

#include "engine/definition/document.hpp"
#include "engine/definition/workflow.hpp"
#include "engine/definition/yaml_scalar.hpp"

namespace stepwell::definition {
namespace {

constexpr const char* kInvalidYaml = "INVALID_YAML";

/// Ends yaml-cpp's parse where a limit was met; the fault is noted already.
struct StopReading {};

/// Whether the value that begins at the byte `column` of `line` is a folded block that keeps the
/// lines at its end: ">+", behind an anchor and a tag, too.
bool is_kept_fold(std::string_view line, std::size_t column) {
    line = line.substr(std::min(column, line.size()));
    while (line.starts_with("&") || line.starts_with("!")) {
        line = line.substr(std::min(line.find(' '), line.size()));
        line = line.substr(std::min(line.find_first_not_of(' '), line.size()));
    }
    return line.starts_with(">") && line.substr(0, line.find('#')).find('+') != line.npos;
}

/// How many blank lines stand at the end of the block whose header is in `line` (from 1).
std::size_t blank_lines_at_end(const LineIndex& lines, int line) {
    std::size_t indent = 0;
    std::size_t blank = 0;
    for (++line; line <= lines.count(); ++line) {
        const std::string_view text = lines.line(line);
        const std::size_t begin = text.find_first_not_of(' ');
        if (begin == std::string_view::npos) {
            // Blanks behind the indentation are text.
            blank = indent > 0 && text.size() > indent ? 0 : blank + 1;
            continue;
        }
        if (indent == 0) indent = begin;
        if (begin < indent || indent == 0) break;
        blank = 0;
    }
    return blank;
}

class Handler : public YAML::EventHandler {
public:
    explicit Handler(std::string_view text)
        : lines_(text), builder_({kYamlDepthMax, kYamlNodesMax, RepeatedKeys::error}) {}

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents_ > 1) {
            stop("expected one YAML document in a file, but a second begins", mark,
                 "put it in a file of its own");
        }
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        if (builder_.expects_key()) {
            stop("expected a name, but there is null or nothing", mark, "put it in quotes");
        }
        check(builder_.scalar(nullptr, at(mark), anchor));
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        if (!builder_.expects_key()) return check(builder_.alias(anchor, at(mark)));
        const auto name = builder_.scalar_text(anchor);
        if (!name) stop("expected a text as a name, but the alias names something else", mark);
        check(builder_.key(*name, at(mark)));
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        if (builder_.expects_key()) return on_key(mark, tag, anchor, value);
        check(builder_.scalar(typed(mark, tag, whole(mark, value)), at(mark), anchor));
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value /*style*/) override {
        open(Json::value_t::array, mark, tag, anchor);
    }
    void OnSequenceEnd() override { check(builder_.close()); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value /*style*/) override {
        open(Json::value_t::object, mark, tag, anchor);
    }
    void OnMapEnd() override { check(builder_.close()); }

    /// Marks come in the order of the text, mostly: a long line is counted once, not once a mark.
    Position at(const YAML::Mark& mark) {
        const auto line = static_cast<std::size_t>(std::max(mark.line, 0));
        const auto column = static_cast<std::size_t>(std::max(mark.column, 0));
        const bool goes_on = line == last_line_ && column >= last_column_;
        if (goes_on && last_.line > 0) {
            last_.column += lines_.characters(line, last_column_, column);
        } else {
            last_ = lines_.at(line, column);
        }
        last_line_ = line;
        last_column_ = column;
        return last_;
    }
    [[nodiscard]] int documents() const { return documents_; }
    const LineIndex& lines() { return lines_; }
    DocumentBuilder& builder() { return builder_; }

private:
    static void check(bool goes_on) {
        if (!goes_on) throw StopReading{};
    }
    [[noreturn]] void stop(std::string message, const YAML::Mark& mark, std::string hint = "") {
        builder_.stop(kInvalidYaml, std::move(message), at(mark), std::move(hint));
        throw StopReading{};
    }
    void note(std::string message, const YAML::Mark& mark, std::string hint = "") {
        builder_.stop(kInvalidYaml, std::move(message), at(mark), std::move(hint));
    }

    void open(Json::value_t kind, const YAML::Mark& mark, const std::string& tag,
              YAML::anchor_t anchor) {
        if (builder_.expects_key())
            stop("expected a text as a name, but a list or a mapping", mark);
        const char* plain = kind == Json::value_t::object ? "map" : "seq";
        if (!is_untagged(tag) && tag != std::string("tag:yaml.org,2002:") + plain) {
            note_tag(tag, mark);
        }
        check(builder_.open(kind, at(mark), anchor));
    }
    void on_key(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& name) {
        if (anchor != 0) stop("expected a name without an anchor", mark);
        if (tag == "?" && name == "<<") return builder_.merge_key(at(mark));
        check(builder_.key(name, at(mark)));
    }
    /// yaml-cpp drops one of the line ends that a folded block keeps.
    std::string whole(const YAML::Mark& mark, const std::string& value) const {
        const bool is_kept = value.ends_with('\n') &&
                             is_kept_fold(lines_.line(mark.line + 1),
                                          static_cast<std::size_t>(std::max(mark.column, 0)));
        const std::size_t end = is_kept ? value.find_last_not_of('\n') : value.npos;
        if (end == value.npos) return value;
        return value.substr(0, end + 1) +
               std::string(1 + blank_lines_at_end(lines_, mark.line + 1), '\n');
    }
    static bool is_untagged(const std::string& tag) {
        return tag.empty() || tag == "?" || tag == "!";
    }
    void note_tag(const std::string& tag, const YAML::Mark& mark) {
        note(
            "expected a value without a tag or with one of !!str, !!int, !!float, !!bool, !!null, "
            "!!map, !!seq, but its tag is '" +
                tag + "'",
            mark, tag[0] == '!' ? "nothing resolves such tags here; write the value itself" : "");
    }
    Json typed(const YAML::Mark& mark, const std::string& tag, const std::string& value) {
        if (tag == "!") return value;  // quoted
        if (!is_untagged(tag) && !is_known_tag(tag)) {
            note_tag(tag, mark);
            return value;
        }
        auto typed = is_untagged(tag) ? plain_scalar(value) : tagged_scalar(tag, value);
        if (typed) return std::move(*typed);
        note("expected a value that JSON has, but it is '" + value + "'", mark,
             "put it in quotes to make it a text");
        return value;
    }

    LineIndex lines_;
    DocumentBuilder builder_;
    int documents_ = 0;
    Position last_;
    std::size_t last_line_ = 0;
    std::size_t last_column_ = 0;
};

bool is_indented_by_tab(std::string_view line) {
    const auto first = line.find_first_not_of(' ');
    return first != line.npos && line[first] == '\t' && line.find_first_not_of(" \t") != line.npos;
}

/// The line with a tab in its indentation that yaml-cpp's complaint is about, where there is one.
std::optional<int> tab_near(const LineIndex& lines, int line) {
    constexpr int kLinesBack = 2;
    for (int number = line; number >= std::max(1, line - kLinesBack); --number) {
        if (is_indented_by_tab(lines.line(number))) return number;
    }
    return std::nullopt;
}

/// What the library says, as somebody says it who wants to help, and a hint.
std::pair<std::string, std::string> in_words(const std::string& said) {
    if (said == "end of map not found" || said == "end of sequence not found") {
        return {
            "expected the line to begin where the others of its mapping or list do, but it "
            "begins between two levels",
            "members that belong together begin in the same column"};
    }
    if (said == "illegal map value") {
        return {"expected one value, but there is a second ':'",
                "put a text with ': ' in it in quotes"};
    }
    return {"expected YAML, but: " + said, ""};
}

void note_syntax(Handler& handler, const YAML::ParserException& e) {
    const Position at = handler.at(e.mark);
    if (const auto line = tab_near(handler.lines(), at.line)) {
        const auto column = static_cast<int>(handler.lines().line(*line).find('\t')) + 1;
        handler.builder().stop(kInvalidYaml, "expected blanks as indentation, but there is a tab",
                               {*line, column}, "YAML does not allow tabs there");
        return;
    }
    const auto [message, hint] = in_words(e.msg);
    handler.builder().stop(kInvalidYaml, message, at, hint);
}

}  // namespace

Document read_yaml(std::string_view text) {
    Handler handler(text);
    try {
        std::istringstream stream{std::string(text)};
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(handler)) {
        }
    } catch (const StopReading&) {
        return std::move(handler.builder()).finish(false);
    } catch (const YAML::ParserException& e) {
        note_syntax(handler, e);
        return std::move(handler.builder()).finish(false);
    } catch (const YAML::Exception& e) {
        handler.builder().stop(kInvalidYaml, "expected YAML, but: " + e.msg, handler.at(e.mark));
        return std::move(handler.builder()).finish(false);
    }
    return std::move(handler.builder()).finish(true);
}

}  // namespace stepwell::definition

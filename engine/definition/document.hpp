// A document as it was read: its JSON value, and for every key and value the place where it stands
// in the text. JSON and YAML both come out as this, so that there is one validator.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/definition/diagnostic.hpp"

namespace stepwell::definition {

/// Where a value stands. Its children are in the order of the JSON value's elements.
struct SourceNode {
    Position key;  // of the member's name; that of the value elsewhere
    Position value;
    std::vector<SourceNode> children;
};

struct Document {
    Json value;
    SourceNode source;
    /// False where the text could not be read to its end: then `value` means nothing.
    bool is_complete = false;
    std::vector<Diagnostic> faults;  // of the text itself: syntax, limits, repeated keys
};

/// What a repeated key is: JSON parsers commonly keep the last, so the AWS API lets it pass.
enum class RepeatedKeys { error, warning };

Document read_json(std::string_view text, RepeatedKeys repeated);
Document read_yaml(std::string_view text);

/// Byte offsets of lines, to turn them into positions. Columns count characters, not bytes.
class LineIndex {
public:
    explicit LineIndex(std::string_view text);
    /// The position of the byte `column` (from 0) of `line` (from 0).
    [[nodiscard]] Position at(std::size_t line, std::size_t column) const;
    /// How many characters begin in the bytes from `begin` to before `end` of `line` (all from 0).
    [[nodiscard]] int characters(std::size_t line, std::size_t begin, std::size_t end) const;
    /// The text of a line (from 1), without its end; empty where there is no such line.
    [[nodiscard]] std::string_view line(int number) const;
    /// How many lines there are; what is behind the last line's end is none where it is empty.
    [[nodiscard]] int count() const {
        return static_cast<int>(starts_.size()) - (starts_.back() == text_.size() ? 1 : 0);
    }

private:
    std::string_view text_;
    std::vector<std::size_t> starts_;
};

/// Puts a document together from the events of a parser, under limits.
class DocumentBuilder {
public:
    struct Limits {
        int depth_max;
        std::size_t nodes_max;
        RepeatedKeys repeated;
    };
    explicit DocumentBuilder(Limits limits) : limits_(limits) {}

    // Each gives false where reading has to stop; the fault is noted. `anchor` 0 means none.
    bool open(Json::value_t kind, Position at, std::size_t anchor = 0);
    bool close();
    bool key(std::string name, Position at);
    bool scalar(Json value, Position at, std::size_t anchor = 0);
    /// Copies what the anchor named; its nodes count again.
    bool alias(std::size_t anchor, Position at);
    /// The next value is a mapping (or a list of mappings) whose members fill up those of the
    /// object.
    void merge_key(Position at);

    [[nodiscard]] bool expects_key() const;
    /// The text of the scalar that the anchor named; nothing where it is no scalar.
    [[nodiscard]] std::optional<std::string> scalar_text(std::size_t anchor) const;
    /// The innermost object or array that is still open; nothing where none is.
    [[nodiscard]] std::optional<Position> innermost() const;
    [[nodiscard]] bool is_in_object() const;

    void fault(Diagnostic diagnostic) { faults_.push_back(std::move(diagnostic)); }
    bool stop(std::string code, std::string message, Position at, std::string hint = "");
    Document finish(bool is_complete) &&;

private:
    struct Piece {
        Json value;
        SourceNode source;
        std::size_t nodes = 1;
    };
    struct Frame {
        Piece piece;
        std::size_t anchor = 0;
        std::string key;
        Position key_at;
        bool has_key = false;
        bool is_merge = false;
        std::vector<Piece> merges;
    };
    bool attach(Piece piece, std::size_t anchor);
    bool count(std::size_t nodes, Position at);
    bool add_merge(Frame& frame, Piece piece);
    void put_member(Frame& frame, Piece piece);
    static bool put_new_member(Frame& frame, const std::string& name, Piece&& piece);
    void tell_repeated(const Frame& frame, const SourceNode& first);
    [[nodiscard]] Severity severity_of_repeated() const;
    static void apply_merges(Frame& frame);

    Limits limits_;
    std::vector<Frame> open_;
    std::map<std::size_t, Piece> anchors_;
    Piece root_;
    std::size_t nodes_ = 0;
    std::size_t anchored_nodes_ = 0;  // anchors inside anchors are kept more than once
    std::vector<Diagnostic> faults_;
    std::size_t repeated_keys_ = 0;
    Position last_repeated_at_;
};

}  // namespace stepwell::definition

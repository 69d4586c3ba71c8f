#include "engine/definition/document.hpp"

#include <algorithm>

#include "engine/base/utf8.hpp"

namespace stepwell::definition {
namespace {

/// So many repeated names are told one by one.
constexpr std::size_t kRepeatedKeysTold = 20;

}  // namespace

LineIndex::LineIndex(std::string_view text) : text_(text), starts_{0} {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\n') starts_.push_back(i + 1);
    }
}

Position LineIndex::at(std::size_t line, std::size_t column) const {
    line = std::min(line, starts_.size() - 1);
    return {static_cast<int>(line) + 1, characters(line, 0, column) + 1};
}

int LineIndex::characters(std::size_t line, std::size_t begin, std::size_t end) const {
    const auto part = text_.substr(std::min(starts_[line] + begin, text_.size()), end - begin);
    return static_cast<int>(
        std::count_if(part.begin(), part.end(), [](char c) { return !is_utf8_continuation(c); }));
}

std::string_view LineIndex::line(int number) const {
    if (number < 1 || static_cast<std::size_t>(number) > starts_.size()) return {};
    auto rest = text_.substr(starts_[static_cast<std::size_t>(number) - 1]);
    rest = rest.substr(0, rest.find('\n'));
    if (!rest.empty() && rest.back() == '\r') rest.remove_suffix(1);
    return rest;
}

bool DocumentBuilder::stop(std::string code, std::string message, Position at, std::string hint) {
    fault({.code = std::move(code),
           .message = std::move(message),
           .location = "",
           .hint = std::move(hint),
           .position = at});
    return false;
}

bool DocumentBuilder::count(std::size_t nodes, Position at) {
    nodes_ += nodes;
    if (nodes_ <= limits_.nodes_max) return true;
    return stop("SCHEMA_VALIDATION_FAILED",
                "expected at most " + std::to_string(limits_.nodes_max) +
                    " values (aliases count as often as they are used), but there are more",
                at);
}

bool DocumentBuilder::open(Json::value_t kind, Position at, std::size_t anchor) {
    if (open_.size() >= static_cast<std::size_t>(limits_.depth_max)) {
        return stop("TOO_DEEPLY_NESTED",
                    "expected nesting at most " + std::to_string(limits_.depth_max) +
                        " deep, but it is deeper",
                    at);
    }
    Frame frame;
    frame.piece = {Json(kind), {at, at, {}}, 1};
    frame.anchor = anchor;
    open_.push_back(std::move(frame));
    return count(1, at);
}

bool DocumentBuilder::close() {
    Frame frame = std::move(open_.back());
    open_.pop_back();
    apply_merges(frame);
    return attach(std::move(frame.piece), frame.anchor);
}

bool DocumentBuilder::key(std::string name, Position at) {
    Frame& frame = open_.back();
    frame.key = std::move(name);
    frame.key_at = at;
    frame.has_key = true;
    frame.is_merge = false;
    return true;
}

void DocumentBuilder::merge_key(Position at) {
    key("<<", at);
    open_.back().is_merge = true;
}

bool DocumentBuilder::scalar(Json value, Position at, std::size_t anchor) {
    return count(1, at) && attach({std::move(value), {at, at, {}}, 1}, anchor);
}

bool DocumentBuilder::alias(std::size_t anchor, Position at) {
    for (const Frame& frame : open_) {
        if (frame.anchor == anchor) {
            return stop("SCHEMA_VALIDATION_FAILED",
                        "expected an alias of a finished value, but it stands inside the value "
                        "that it names",
                        at);
        }
    }
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
        return stop("SCHEMA_VALIDATION_FAILED", "expected an alias of an anchor further up", at);
    }
    return count(found->second.nodes, at) && attach(found->second, 0);
}

bool DocumentBuilder::expects_key() const {
    return is_in_object() && !open_.back().has_key;
}

bool DocumentBuilder::is_in_object() const {
    return !open_.empty() && open_.back().piece.value.is_object();
}

std::optional<std::string> DocumentBuilder::scalar_text(std::size_t anchor) const {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end() || found->second.value.is_structured()) return std::nullopt;
    const Json& value = found->second.value;
    return value.is_string() ? value.get<std::string>() : to_text(value);
}

std::optional<Position> DocumentBuilder::innermost() const {
    if (open_.empty()) return std::nullopt;
    return open_.back().piece.source.value;
}

bool DocumentBuilder::attach(Piece piece, std::size_t anchor) {
    if (anchor != 0) {
        anchored_nodes_ += piece.nodes;
        if (anchored_nodes_ > limits_.nodes_max) {
            return stop("SCHEMA_VALIDATION_FAILED",
                        "expected anchors for at most " + std::to_string(limits_.nodes_max) +
                            " values, but there are more",
                        piece.source.value);
        }
        anchors_.insert_or_assign(anchor, piece);
    }
    if (open_.empty()) {
        root_ = std::move(piece);
        return true;
    }
    Frame& frame = open_.back();
    frame.piece.nodes += piece.nodes;
    if (frame.piece.value.is_array()) {
        frame.piece.value.push_back(std::move(piece.value));
        frame.piece.source.children.push_back(std::move(piece.source));
        return true;
    }
    frame.has_key = false;
    if (frame.is_merge) return add_merge(frame, std::move(piece));
    put_member(frame, std::move(piece));
    return true;
}

bool DocumentBuilder::add_merge(Frame& frame, Piece piece) {
    const bool is_list = piece.value.is_array();
    const auto is_object = [](const Json& value) { return value.is_object(); };
    if (!piece.value.is_object() &&
        !(is_list && std::all_of(piece.value.begin(), piece.value.end(), is_object))) {
        return stop("SCHEMA_VALIDATION_FAILED",
                    "expected '<<' to be followed by a mapping or a list of mappings",
                    piece.source.value);
    }
    if (!is_list) {
        frame.merges.push_back(std::move(piece));
        return true;
    }
    for (std::size_t i = 0; i < piece.value.size(); ++i) {
        frame.merges.push_back({piece.value[i], piece.source.children[i], 1});
    }
    return true;
}

/// False where such a member is there already; nothing is changed then.
bool DocumentBuilder::put_new_member(Frame& frame, const std::string& name, Piece&& piece) {
    auto& members = frame.piece.value.get_ref<Json::object_t&>();
    if (!members.emplace(name, std::move(piece.value)).second) return false;
    frame.piece.source.children.push_back(std::move(piece.source));
    return true;
}

void DocumentBuilder::put_member(Frame& frame, Piece piece) {
    piece.source.key = frame.key_at;
    auto& members = frame.piece.value.get_ref<Json::object_t&>();
    const auto found = members.find(frame.key);
    if (found == members.end()) {
        put_new_member(frame, frame.key, std::move(piece));
        return;
    }
    SourceNode& first =
        frame.piece.source.children[static_cast<std::size_t>(found - members.begin())];
    tell_repeated(frame, first);
    found->second = std::move(piece.value);
    first = std::move(piece.source);
}

void DocumentBuilder::tell_repeated(const Frame& frame, const SourceNode& first) {
    if (++repeated_keys_ > kRepeatedKeysTold) {
        last_repeated_at_ = frame.key_at;
        return;
    }
    fault(
        {.severity = severity_of_repeated(),
         .code = "SCHEMA_VALIDATION_FAILED",
         .message = "expected each name once in an object, but '" + frame.key + "' is there again",
         .location = "",
         .hint = "it stands first in line " + std::to_string(first.key.line),
         .position = frame.key_at});
}

Severity DocumentBuilder::severity_of_repeated() const {
    return limits_.repeated == RepeatedKeys::error ? Severity::error : Severity::warning;
}

void DocumentBuilder::apply_merges(Frame& frame) {
    for (Piece& merge : frame.merges) {
        std::size_t index = 0;
        for (auto it = merge.value.begin(); it != merge.value.end(); ++it, ++index) {
            put_new_member(frame, it.key(), {it.value(), merge.source.children[index], 1});
        }
    }
}

Document DocumentBuilder::finish(bool is_complete) && {
    if (repeated_keys_ > kRepeatedKeysTold) {
        fault({.severity = severity_of_repeated(),
               .code = "SCHEMA_VALIDATION_FAILED",
               .message = "expected each name once in an object, but " +
                          std::to_string(repeated_keys_ - kRepeatedKeysTold) +
                          " more are there again",
               .location = "",
               .hint = "this is the last of them",
               .position = last_repeated_at_});
    }
    return {std::move(root_.value), std::move(root_.source), is_complete, std::move(faults_)};
}

}  // namespace stepwell::definition

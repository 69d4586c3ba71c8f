// The automaton is sparse: a state has a list of its children and the longest suffix that is a
// state too, so that it takes some twenty bytes for each byte of a pattern. A state knows the
// longest pattern that ends in it; shorter ones are within that.
#include "api/secrets/masker.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <utility>

#include "api/secrets/secret_forms.hpp"
#include "engine/base/ascii.hpp"
#include "engine/base/utf8.hpp"

namespace stepwell::api {
namespace {

using State = std::uint32_t;

/// Bytes [begin, end) of a text.
struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;
};

/// The code unit of "\uXXXX" at `at`; nothing where it is none.
std::optional<std::uint32_t> code_unit(std::string_view text, std::size_t at) {
    if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return std::nullopt;
    std::uint32_t unit = 0;
    for (std::size_t i = at + 2; i < at + 6; ++i) {
        const int digit = hex_value(text[i]);
        if (digit < 0) return std::nullopt;
        unit = unit * 16 + static_cast<std::uint32_t>(digit);
    }
    return unit;
}

/// Appends what the escape at `at` stands for; returns the bytes that it takes.
std::size_t append_escape(std::string& out, std::string_view text, std::size_t at) {
    if (const auto unit = code_unit(text, at)) {
        const auto low = code_unit(text, at + 6);
        const bool is_pair =
            *unit >= 0xD800 && *unit < 0xDC00 && low && *low >= 0xDC00 && *low < 0xE000;
        append_utf8(out, is_pair ? 0x10000 + ((*unit - 0xD800) << 10) + (*low - 0xDC00) : *unit);
        return is_pair ? 12 : 6;
    }
    constexpr std::string_view kNames = "nrtbf";
    constexpr std::string_view kValues = "\n\r\t\b\f";
    const char c = at + 1 < text.size() ? text[at + 1] : '\\';
    const std::size_t named = kNames.find(c);
    out += named == kNames.npos ? c : kValues[named];
    return 2;
}

/// A JSON text with all its escapes undone, wherever they stand: to look into, not to parse.
std::string without_escapes(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t escape = std::min(text.find('\\', at), text.size());
        out += text.substr(at, escape - at);
        at = escape;
        if (at < text.size()) at += append_escape(out, text, at);
    }
    return out;
}

}  // namespace

class Masker::Automaton {
public:
    explicit Automaton(const std::vector<KnownSecret>& secrets) {
        std::vector<std::pair<std::string, std::uint32_t>> patterns;
        for (const KnownSecret& secret : secrets) {
            const auto owner = static_cast<std::uint32_t>(names_.size());
            names_.push_back(secret.name);
            for (std::string& form : forms_of_secret(secret.value)) {
                patterns.emplace_back(std::move(form), owner);
            }
        }
        states_.emplace_back();
        for (const auto& [pattern, owner] : patterns) add_pattern(pattern, owner);
        link();
    }

    [[nodiscard]] bool is_empty() const { return states_.size() <= 1; }
    [[nodiscard]] std::size_t states() const { return states_.size(); }

    /// Where secrets stand, in order; those that touch or overlap are one.
    [[nodiscard]] std::vector<Span> spans(std::string_view text) const {
        std::vector<Span> found;
        State state = 0;
        for (std::size_t i = 0; i < text.size(); ++i) {
            state = step(state, text[i]);
            const std::size_t length = states_[state].length;
            if (length == 0) continue;
            Span span{i + 1 - length, i + 1};
            while (!found.empty() && found.back().end >= span.begin) {
                span.begin = std::min(span.begin, found.back().begin);
                found.pop_back();
            }
            found.push_back(span);
        }
        return found;
    }

    [[nodiscard]] std::optional<Found> first(std::string_view text) const {
        State state = 0;
        for (std::size_t i = 0; i < text.size(); ++i) {
            state = step(state, text[i]);
            const Node& node = states_[state];
            if (node.length > 0) return Found{names_[node.owner], i + 1 - node.length};
        }
        return std::nullopt;
    }

private:
    struct Node {
        State child = 0;           // the first; 0: none
        State sibling = 0;         // the next child of the same state; 0: none
        State fallback = 0;        // the longest suffix that is a state, too
        std::uint32_t length = 0;  // of the longest pattern that ends here; 0: none does
        std::uint32_t owner = 0;   // whose that is
        char byte = 0;             // that leads here
    };

    [[nodiscard]] State child_of(State state, char c) const {
        State child = states_[state].child;
        while (child != 0 && states_[child].byte != c) child = states_[child].sibling;
        return child;
    }

    [[nodiscard]] State step(State state, char c) const {
        while (state != 0) {
            if (const State child = child_of(state, c)) return child;
            state = states_[state].fallback;
        }
        return roots_[static_cast<unsigned char>(c)];
    }

    void add_pattern(std::string_view pattern, std::uint32_t owner) {
        State state = 0;
        for (const char c : pattern) {
            State child = child_of(state, c);
            if (child == 0) {
                child = static_cast<State>(states_.size());
                Node& made = states_.emplace_back();
                made.byte = c;
                made.sibling = std::exchange(states_[state].child, child);
            }
            state = child;
        }
        states_[state].length = static_cast<std::uint32_t>(pattern.size());
        states_[state].owner = owner;
    }

    /// By breadth: what a state falls back to is complete before the state is.
    void link() {
        std::deque<State> open;
        for (State child = states_[0].child; child != 0; child = states_[child].sibling) {
            roots_[static_cast<unsigned char>(states_[child].byte)] = child;
            open.push_back(child);
        }
        for (; !open.empty(); open.pop_front()) {
            Node& state = states_[open.front()];
            const Node& shorter = states_[state.fallback];
            if (state.length == 0) {
                state.length = shorter.length;
                state.owner = shorter.owner;
            }
            for (State child = state.child; child != 0; child = states_[child].sibling) {
                states_[child].fallback = step(state.fallback, states_[child].byte);
                open.push_back(child);
            }
        }
    }

    std::vector<std::string> names_;
    std::vector<Node> states_;
    std::array<State, 256> roots_{};  // where a byte leads from the beginning
};

Masker::Masker(std::unique_ptr<Automaton> automaton) : automaton_(std::move(automaton)) {}
Masker::~Masker() = default;

std::shared_ptr<const Masker> Masker::make(const std::vector<KnownSecret>& secrets) {
    auto automaton = std::make_unique<Automaton>(secrets);
    if (automaton->is_empty()) return nullptr;
    return std::shared_ptr<const Masker>(new Masker(std::move(automaton)));
}

std::size_t Masker::states() const {
    return automaton_->states();
}

std::string Masker::mask(std::string text) const {
    const std::vector<Span> spans = automaton_->spans(text);
    if (spans.empty()) return text;
    std::string out;
    std::size_t at = 0;
    for (const Span& span : spans) {
        out.append(text, at, span.begin - at);
        out += kMask;
        at = span.end;
    }
    out.append(text, at);
    return out;
}

Payload Masker::mask(Payload document) const {
    if (!find_in_json(document.text())) return document;
    Json value = document.json();
    return mask_json(value) ? Payload(std::move(value)) : document;
}

bool Masker::mask_json(Json& value) const {
    if (value.is_string()) {
        auto& text = value.get_ref<std::string&>();
        if (!automaton_->first(text)) return false;
        text = mask(std::move(text));
        return true;
    }
    if (value.is_number()) {
        const std::string text = to_text(value);
        const auto spans = automaton_->spans(text);
        if (spans.empty() || spans[0].begin != 0 || spans[0].end != text.size()) return false;
        value = std::string(kMask);
        return true;
    }
    bool is_changed = false;
    if (value.is_array()) {
        for (Json& item : value) is_changed = mask_json(item) || is_changed;
    }
    if (!value.is_object()) return is_changed;
    bool has_name = false;
    for (auto& [name, member] : value.items()) {
        is_changed = mask_json(member) || is_changed;
        has_name = has_name || automaton_->first(name);
    }
    if (!has_name) return is_changed;
    Json renamed = Json::object();
    for (auto& [name, member] : value.items()) renamed[mask(name)] = std::move(member);
    value = std::move(renamed);
    return true;
}

std::string Masker::mask_any(std::string text) const {
    const std::size_t begin = text.find_first_not_of(" \t\r\n");
    const bool may_be_json = begin != text.npos && (text[begin] == '{' || text[begin] == '[');
    if (!may_be_json) return mask(std::move(text));
    if (!find_in_json(text)) return text;
    auto value = parse_json(text);
    if (!value) return mask(std::move(text));
    return mask_json(*value) ? to_text(*value) : text;
}

std::optional<Masker::Found> Masker::find(std::string_view text) const {
    return automaton_->first(text);
}

std::optional<Masker::Found> Masker::find_in_json(std::string_view text) const {
    if (auto found = automaton_->first(text)) return found;
    // Escapes that have to be are among the forms; these are those that need not be.
    const bool may_hide = text.find("\\u") != text.npos || text.find("\\/") != text.npos;
    if (!may_hide) return std::nullopt;
    auto found = automaton_->first(without_escapes(text));
    if (found) found->position = 0;
    return found;
}

}  // namespace stepwell::api

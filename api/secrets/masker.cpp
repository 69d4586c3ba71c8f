// The automaton is a table: states times classes of bytes, a class for each byte that stands in a
// pattern and one for all others. A state knows the longest pattern that ends in it; shorter ones
// are within that.
#include "api/secrets/masker.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>

#include "api/secrets/secret_forms.hpp"
#include "engine/base/ascii.hpp"

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

void append_utf8(std::string& out, std::uint32_t code) {
    const auto byte = [&](std::uint32_t value) { out += static_cast<char>(value); };
    if (code < 0x80) {
        byte(code);
    } else if (code < 0x800) {
        byte(0xC0 | (code >> 6));
        byte(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        byte(0xE0 | (code >> 12));
        byte(0x80 | ((code >> 6) & 0x3F));
        byte(0x80 | (code & 0x3F));
    } else {
        byte(0xF0 | (code >> 18));
        byte(0x80 | ((code >> 12) & 0x3F));
        byte(0x80 | ((code >> 6) & 0x3F));
        byte(0x80 | (code & 0x3F));
    }
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
        for (const auto& [pattern, owner] : patterns) add_classes(pattern);
        add_state();
        for (const auto& [pattern, owner] : patterns) add_pattern(pattern, owner);
        link();
    }

    [[nodiscard]] bool is_empty() const { return ends_.size() <= 1; }

    /// Where secrets stand, in order; those that touch or overlap are one.
    [[nodiscard]] std::vector<Span> spans(std::string_view text) const {
        std::vector<Span> found;
        State state = 0;
        for (std::size_t i = 0; i < text.size(); ++i) {
            state = step(state, text[i]);
            const std::size_t length = ends_[state].length;
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
            const End& end = ends_[state];
            if (end.length > 0) return Found{names_[end.owner], i + 1 - end.length};
        }
        return std::nullopt;
    }

private:
    /// The longest pattern that ends in a state; length 0: none does.
    struct End {
        std::uint32_t length = 0;
        std::uint32_t owner = 0;
    };

    [[nodiscard]] State step(State state, char c) const {
        return next_[state * classes_ + class_of_[static_cast<unsigned char>(c)]];
    }

    void add_classes(std::string_view pattern) {
        for (const char c : pattern) {
            std::uint16_t& found = class_of_[static_cast<unsigned char>(c)];
            if (found == 0) found = classes_++;
        }
    }

    State add_state() {
        next_.resize(next_.size() + classes_, 0);
        ends_.emplace_back();
        return static_cast<State>(ends_.size() - 1);
    }

    void add_pattern(std::string_view pattern, std::uint32_t owner) {
        State state = 0;
        for (const char c : pattern) {
            const std::size_t at = state * classes_ + class_of_[static_cast<unsigned char>(c)];
            if (next_[at] == 0) {
                const State made = add_state();
                next_[at] = made;
            }
            state = next_[at];
        }
        ends_[state] = {static_cast<std::uint32_t>(pattern.size()), owner};
    }

    /// By breadth: a state's fallback, the longest suffix that is a state too, is complete before
    /// the state is.
    void link() {
        std::vector<State> fallback(ends_.size(), 0);
        std::deque<State> open;
        for (std::size_t c = 0; c < classes_; ++c) {
            if (next_[c] != 0) open.push_back(next_[c]);
        }
        for (; !open.empty(); open.pop_front()) {
            const State state = open.front();
            const State shorter = fallback[state];
            if (ends_[state].length == 0) ends_[state] = ends_[shorter];
            for (std::size_t c = 0; c < classes_; ++c) {
                State& child = next_[std::size_t{state} * classes_ + c];
                const State other = next_[std::size_t{shorter} * classes_ + c];
                if (child == 0) {
                    child = other;
                } else {
                    fallback[child] = other;
                    open.push_back(child);
                }
            }
        }
    }

    std::vector<std::string> names_;
    std::array<std::uint16_t, 256> class_of_{};
    std::uint16_t classes_ = 1;
    std::vector<State> next_;
    std::vector<End> ends_;
};

Masker::Masker(std::unique_ptr<Automaton> automaton) : automaton_(std::move(automaton)) {}
Masker::~Masker() = default;

std::shared_ptr<const Masker> Masker::make(const std::vector<KnownSecret>& secrets) {
    auto automaton = std::make_unique<Automaton>(secrets);
    if (automaton->is_empty()) return nullptr;
    return std::shared_ptr<const Masker>(new Masker(std::move(automaton)));
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

// Texts, and values as texts.
#include <algorithm>
#include <array>
#include <cmath>

#include "engine/expression/jsonata/letter_case.hpp"
#include "engine/expression/jsonata/library.hpp"
#include "engine/expression/jsonata/text.hpp"

namespace stepwell::expression::jsonata {
namespace {

void add_quoted(std::string& out, std::string_view text) {
    constexpr std::string_view kHex = "0123456789abcdef";
    out += '"';
    std::size_t plain = 0;
    const bool has_halves = has_lone_surrogate(text);
    const auto flush = [&](std::size_t end) { out += text.substr(plain, end - plain); };
    const auto escape_unit = [&](unsigned unit) {
        out += "\\u";
        for (int shift = 12; shift >= 0; shift -= 4) out += kHex[(unit >> shift) & 0xFU];
    };
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto c = static_cast<unsigned char>(text[at]);
        const bool is_half = has_halves && c == 0xED && at + 1 < text.size() &&
                             static_cast<unsigned char>(text[at + 1]) >= 0xA0;
        if (c >= 0x20 && c != '"' && c != '\\' && !is_half) continue;
        flush(at);
        plain = at + 1;
        constexpr std::string_view kControls = "\b\t\n\f\r";
        constexpr std::string_view kLetters = "btnfr";
        if (is_half) {
            escape_unit(point_at(text, at).value);
            plain = at + 3;
            at += 2;
        } else if (c == '"' || c == '\\') {
            out += '\\';
            out += static_cast<char>(c);
        } else if (const auto known = kControls.find(static_cast<char>(c));
                   c != 0 && known != kControls.npos) {
            out += '\\';
            out += kLetters[known];
        } else {
            escape_unit(c);
        }
    }
    flush(text.size());
    out += '"';
}

class JsonWriter {
public:
    JsonWriter(Evaluator& evaluator, std::string& out, bool is_pretty)
        : evaluator_(evaluator), out_(out), is_pretty_(is_pretty) {}

    Result<void, Raised> add(const Value& value, int depth) {
        SW_TRY(evaluator_.spend());
        constexpr std::size_t kCheckedEvery = 65'536;
        if (out_.size() - checked_ > kCheckedEvery) {
            SW_TRY(evaluator_.fits(out_.size()));
            SW_TRY(evaluator_.spend(cost_to_copy(out_.size() - checked_)));
            checked_ = out_.size();
        }
        constexpr int kDepthMax = 2'000;
        if (depth > kDepthMax) return evaluator_.raise("U1001");
        switch (value.kind()) {
            case Kind::boolean:
                out_ += value.boolean() ? "true" : "false";
                break;
            case Kind::number:
                add_number(value);
                break;
            case Kind::string:
                add_quoted(out_, value.text());
                break;
            case Kind::array:
                return add_array(value, depth);
            case Kind::object:
                return add_object(value, depth);
            case Kind::function:
                out_ += "\"\"";
                break;
            default:
                out_ += "null";
        }
        return {};
    }

    void add_number(const Value& value) {
        const double number = value.number();
        const double rounded = rounded_to_15_digits(number);
        out_ += std::isfinite(number) ? number_text(rounded) : "null";
    }

private:
    void new_line(int depth) {
        if (!is_pretty_) return;
        out_ += '\n';
        out_.append(static_cast<std::size_t>(2 * depth), ' ');
    }

    Result<void, Raised> add_array(const Value& value, int depth) {
        out_ += '[';
        const std::size_t size = value.size();
        for (std::size_t i = 0; i < size; ++i) {
            if (i > 0) out_ += ',';
            new_line(depth + 1);
            SW_TRY(add(value[i], depth + 1));
        }
        if (size > 0) new_line(depth);
        out_ += ']';
        return {};
    }

    Result<void, Raised> add_object(const Value& value, int depth) {
        out_ += '{';
        bool is_first = true;
        Result<void, Raised> added;
        for_each_member(value, [&](std::string_view key, const Value& member) {
            if (!added || member.is_undefined()) return;
            if (!is_first) out_ += ',';
            is_first = false;
            new_line(depth + 1);
            add_quoted(out_, key);
            out_ += is_pretty_ ? ": " : ":";
            added = add(member, depth + 1);
        });
        if (!is_first) new_line(depth);
        out_ += '}';
        return added;
    }

    Evaluator& evaluator_;
    std::string& out_;
    bool is_pretty_;
    std::size_t checked_ = 0;
};

/// As ToIntegerOrInfinity, and then as slice() takes its ends.
std::size_t slice_end(double index, std::size_t size) {
    const double whole = std::isnan(index) ? 0 : std::trunc(index);
    const auto limit = static_cast<double>(size);
    const double from_begin = whole < 0 ? std::max(0.0, limit + whole) : std::min(whole, limit);
    return static_cast<std::size_t>(from_begin);
}

std::string_view sliced(std::string_view text, std::size_t begin, std::size_t end) {
    if (end <= begin) return {};
    const std::size_t from = offset_of_point(text, begin);
    const std::string_view rest = text.substr(from);
    return rest.substr(0, offset_of_point(rest, end - begin));
}

Maybe string_(const Call& call) {
    if (call[0].is_undefined()) return Value();
    if (call[0].is_string()) return call[0];
    std::string out;
    const bool is_pretty = call[1].kind() == Kind::boolean && call[1].boolean();
    SW_TRY(add_text(call.evaluator, call[0], out, is_pretty));
    SW_TRY(call.evaluator.make_room(out.size()));
    return call.evaluator.text(out);
}

Maybe substring(const Call& call) {
    if (call[0].is_undefined()) return Value();
    const std::string_view text = call[0].text();
    SW_TRY(call.evaluator.spend(cost_to_read(text.size())));
    const std::size_t size = point_count(text);
    const auto limit = static_cast<double>(size);
    double start = call[1].is_undefined() ? 0 : call[1].number();
    if (limit + start < 0) start = 0;
    if (call[2].is_undefined()) return Value::of(sliced(text, slice_end(start, size), size));
    const double length = call[2].number();
    if (length <= 0) return Value::of(std::string_view());
    const double end = start >= 0 ? start + length : limit + start + length;
    return Value::of(sliced(text, slice_end(start, size), slice_end(end, size)));
}

Maybe substring_before(const Call& call) {
    if (call[0].is_undefined()) return Value();
    const std::string_view text = call[0].text();
    SW_TRY(call.evaluator.spend(cost_to_read(text.size())));
    const std::size_t at = call[1].is_undefined() ? text.npos : text.find(call[1].text());
    return at == text.npos ? call[0] : Value::of(text.substr(0, at));
}

Maybe substring_after(const Call& call) {
    if (call[0].is_undefined()) return Value();
    const std::string_view text = call[0].text();
    SW_TRY(call.evaluator.spend(cost_to_read(text.size())));
    const std::size_t at = call[1].is_undefined() ? text.npos : text.find(call[1].text());
    if (at == text.npos) return call[0];
    return Value::of(text.substr(at + call[1].text().size()));
}

Maybe lowercase(const Call& call) {
    if (call[0].is_undefined()) return Value();
    SW_TRY(call.evaluator.fits(call[0].text().size()));
    SW_TRY(call.evaluator.spend(cost_to_copy(call[0].text().size())));
    return call.evaluator.text(lower_text(call[0].text()));
}

Maybe uppercase(const Call& call) {
    if (call[0].is_undefined()) return Value();
    SW_TRY(call.evaluator.fits(call[0].text().size()));
    SW_TRY(call.evaluator.spend(cost_to_copy(call[0].text().size())));
    return call.evaluator.text(upper_text(call[0].text()));
}

Maybe length(const Call& call) {
    if (call[0].is_undefined()) return Value();
    SW_TRY(call.evaluator.spend(cost_to_read(call[0].text().size())));
    return Value::of_count(point_count(call[0].text()));
}

/// Blanks at both ends go, others become one.
Maybe trim(const Call& call) {
    if (call[0].is_undefined()) return Value();
    const std::string_view text = call[0].text();
    SW_TRY(call.evaluator.make_room(text.size()));
    std::string out;
    for (const char c : text) {
        const bool is_blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (!is_blank) {
            out += c;
        } else if (!out.empty() && out.back() != ' ') {
            out += ' ';
        }
    }
    if (!out.empty() && out.back() == ' ') out.pop_back();
    return call.evaluator.text(out);
}

Maybe pad(const Call& call) {
    if (call[0].is_undefined()) return Value();
    const std::string_view text = call[0].text();
    std::string_view filling = " ";
    if (!call[2].is_undefined() && !call[2].text().empty()) filling = call[2].text();
    const double width = call[1].is_undefined() ? 0 : call[1].number();
    const double missing = std::trunc(std::abs(width)) - static_cast<double>(point_count(text));
    if (!(missing > 0)) return call[0];
    constexpr double kMissingMax = 1e9;
    SW_TRY(call.evaluator.make_room(static_cast<std::size_t>(std::min(missing, kMissingMax)) *
                                    filling.size()));
    std::string padding;
    const std::size_t points = point_count(filling);
    auto left = static_cast<std::size_t>(missing);
    for (; left >= points; left -= points) padding += filling;
    padding += filling.substr(0, offset_of_point(filling, left));
    const std::string whole = width > 0 ? std::string(text) + padding : padding + std::string(text);
    return call.evaluator.text(whole);
}

Maybe join(const Call& call) {
    if (call[0].is_undefined()) return Value();
    const std::string_view separator = call[1].is_undefined() ? std::string_view() : call[1].text();
    std::string out;
    const std::size_t size = call[0].size();
    for (std::size_t i = 0; i < size; ++i) {
        const Value part = call[0][i];
        const std::string_view text = part.is_string() ? part.text() : std::string_view();
        SW_TRY(call.evaluator.spend(cost_to_read(text.size() + separator.size())));
        SW_TRY(call.evaluator.fits(out.size()));
        if (i > 0) append_text(out, separator);
        append_text(out, text);
    }
    return call.evaluator.text(out);
}

constexpr auto kTextFunctions = std::to_array<Builtin>({
    {"string", "<x-b?:s>", 1, string_},
    {"substring", "<s-nn?:s>", 3, substring},
    {"substringBefore", "<s-s:s>", 2, substring_before},
    {"substringAfter", "<s-s:s>", 2, substring_after},
    {"lowercase", "<s-:s>", 1, lowercase},
    {"uppercase", "<s-:s>", 1, uppercase},
    {"length", "<s-:n>", 1, length},
    {"trim", "<s-:s>", 1, trim},
    {"pad", "<s-ns?:s>", 3, pad},
    {"join", "<a<s>s?:s>", 2, join},
});

}  // namespace

Result<void, Raised> add_text(Evaluator& evaluator, const Value& value, std::string& out,
                              bool is_pretty) {
    JsonWriter writer(evaluator, out, is_pretty);
    switch (value.kind()) {
        case Kind::undefined:
        case Kind::function:
            return {};
        case Kind::string:
            SW_TRY(evaluator.make_room(out.size() + value.text().size()));
            out += value.text();
            return {};
        case Kind::number:
            if (!std::isfinite(value.number())) return evaluator.raise("D3001", value);
            writer.add_number(value);
            return {};
        case Kind::array:
            if (value.array() && value.array()->is_wrapper) return writer.add(value[0], 0);
            return writer.add(value, 0);
        default:
            return writer.add(value, 0);
    }
}

std::span<const Builtin> library::texts() {
    return kTextFunctions;
}

}  // namespace stepwell::expression::jsonata

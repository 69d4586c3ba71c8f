// Functions that look for a text or a pattern in a text.
#include <array>
#include <charconv>
#include <cmath>

#include "engine/base/ascii.hpp"
#include "engine/expression/jsonata/library.hpp"
#include "engine/expression/jsonata/text.hpp"

namespace stepwell::expression::jsonata {
namespace {

/// Where UTF-16 unit `unit` of `text` stands, in bytes.
std::size_t offset_of_unit(std::string_view text, double unit) {
    std::size_t at = 0;
    for (double units = 0; at < text.size() && units < unit;) {
        const Point point = point_at(text, at);
        units += point.value > 0xFFFF ? 2 : 1;
        at += point.bytes;
    }
    return at;
}

/// Where in `text` a match stands. A pattern's own lies in the text; what another function gives
/// says so in units.
struct Place {
    std::size_t begin = 0;
    std::size_t end = 0;
};
Result<Place, Raised> place_of(const Call& call, const Value& match, std::string_view text) {
    const Value found = match.member("match");
    if (found.is_string() && found.text().data() >= text.data() &&
        found.text().data() + found.text().size() <= text.data() + text.size() &&
        !found.text().empty()) {
        const auto begin = static_cast<std::size_t>(found.text().data() - text.data());
        return Place{begin, begin + found.text().size()};
    }
    SW_TRY(call.evaluator.spend(cost_to_copy(text.size())));
    const Value start = match.member("start");
    const Value end = match.member("end");
    const std::size_t begin = offset_of_unit(text, start.is_number() ? start.number() : 0);
    const std::size_t behind = end.is_number() ? offset_of_unit(text, end.number()) : begin;
    return Place{begin, std::max(begin, behind)};
}

/// How many there may be; less than none is refused with `code`.
Result<double, Raised> limit_of(const Call& call, std::size_t at, std::string_view code) {
    if (call[at].is_undefined()) return HUGE_VAL;
    if (call[at].number() < 0) {
        auto raised = call.evaluator.raise(std::string(code), call[at]);
        raised.error.fault->index = std::to_string(at + 1);
        return raised;
    }
    return call[at].number();
}

Maybe match(const Call& call) {
    if (call[0].is_undefined()) return Value();
    const double limit = SW_TRY(limit_of(call, 2, "D3040"));
    Arena& arena = call.evaluator.arena();
    Array* matches = new_sequence(arena);
    if (limit <= 0) return Value::of(matches);
    Value found = SW_TRY(call.evaluator.match(call[1], call[0].text()));
    for (double count = 0; !found.is_undefined() && count < limit; ++count) {
        Object* object = arena.make<Object>();
        object->set(arena, "match", found.member("match"));
        object->set(arena, "index", found.member("start"));
        object->set(arena, "groups", found.member("groups"));
        matches->push(arena, Value::of(object));
        found = SW_TRY(call.evaluator.next_match(found));
    }
    return Value::of(matches);
}

Maybe contains(const Call& call) {
    if (call[0].is_undefined()) return Value();
    const std::string_view text = call[0].text();
    if (call[1].is_undefined()) return Value();
    if (call[1].is_string()) {
        SW_TRY(call.evaluator.spend(cost_to_read(text.size())));
        return Value::of(text.find(call[1].text()) != text.npos);
    }
    return Value::of(!SW_TRY(call.evaluator.match(call[1], text)).is_undefined());
}

/// What a replacement with `$1`, `$0` and `$$` means for one match.
class Replacement {
public:
    Replacement(std::string_view text, const Value& match)
        : text_(text), match_(match), groups_(match.member("groups")) {}

    void add_to(std::string& out) {
        std::size_t at = 0;
        for (std::size_t dollar = text_.find('$'); dollar != text_.npos;
             dollar = text_.find('$', at)) {
            append_text(out, text_.substr(at, dollar - at));
            at = dollar + 1;
            const char next = at < text_.size() ? text_[at] : '\0';
            if (next == '$') {
                out += '$';
                ++at;
            } else if (next == '0') {
                append_text(out, match_.member("match").text());
                ++at;
            } else if (!add_group(out, at)) {
                out += '$';
            }
        }
        append_text(out, text_.substr(at));
    }

private:
    bool add_group(std::string& out, std::size_t& at) const {
        const std::size_t count = groups_.is_array() ? groups_.size() : 0;
        std::size_t digits = 1;
        for (std::size_t n = count; n >= 10; n /= 10) ++digits;
        std::size_t read = 0;
        std::size_t number = number_at(at, digits, read);
        if (digits > 1 && number > count) number = number_at(at, digits - 1, read);
        if (read == 0) return false;
        if (count > 0) {
            const Value group = number >= 1 && number <= count ? groups_[number - 1] : Value();
            if (group.is_string()) append_text(out, group.text());
            at += std::to_string(number).size();
        } else {
            at += std::to_string(number).size();
        }
        return true;
    }

    [[nodiscard]] std::size_t number_at(std::size_t at, std::size_t digits,
                                        std::size_t& read) const {
        std::size_t number = 0;
        for (read = 0; read < digits && at + read < text_.size() && is_digit(text_[at + read]);
             ++read) {
            number = number * 10 + static_cast<std::size_t>(text_[at + read] - '0');
        }
        return number;
    }

    std::string_view text_;
    const Value& match_;
    Value groups_;
};

Maybe replace_text(const Call& call, double limit) {
    const std::string_view text = call[0].text();
    const std::string_view wanted = call[1].text();
    const Value with = call[2];
    std::string replacement;
    SW_TRY(add_text(call.evaluator, with, replacement));
    std::string out;
    std::size_t at = 0;
    for (double count = 0; count < limit; ++count) {
        const std::size_t found = text.find(wanted, at);
        if (found == text.npos) break;
        SW_TRY(call.evaluator.spend(cost_to_read(found - at + replacement.size())));
        SW_TRY(call.evaluator.fits(out.size()));
        append_text(out, text.substr(at, found - at));
        append_text(out, replacement);
        at = found + wanted.size();
    }
    append_text(out, text.substr(at));
    SW_TRY(call.evaluator.make_room(out.size()));
    return call.evaluator.text(out);
}

Maybe replace(const Call& call) {
    if (call[0].is_undefined()) return Value();
    const std::string_view text = call[0].text();
    if (call[1].is_string() && call[1].text().empty()) {
        auto raised = call.evaluator.raise("D3010", call[1]);
        raised.error.fault->index = "2";
        return raised;
    }
    const double limit = SW_TRY(limit_of(call, 3, "D3011"));
    if (limit <= 0 || call[1].is_undefined()) return call[0];
    if (call[1].is_string()) return replace_text(call, limit);
    Value found = SW_TRY(call.evaluator.match(call[1], text));
    if (found.is_undefined()) return call[0];
    std::string out;
    std::size_t at = 0;
    for (double count = 0; !found.is_undefined() && count < limit; ++count) {
        SW_TRY(call.evaluator.fits(out.size()));
        const Place place = SW_TRY(place_of(call, found, text));
        if (place.begin > at) append_text(out, text.substr(at, place.begin - at));
        if (call[2].is_string()) {
            Replacement(call[2].text(), found).add_to(out);
        } else {
            const Value with =
                SW_TRY(call.evaluator.apply(call[2], std::span(&found, 1), Value::null()));
            if (!with.is_string()) return call.evaluator.raise("D3012", with);
            append_text(out, with.text());
        }
        at = place.end;
        found = SW_TRY(call.evaluator.next_match(found));
    }
    if (at < text.size()) append_text(out, text.substr(at));
    SW_TRY(call.evaluator.make_room(out.size()));
    return call.evaluator.text(out);
}

Maybe split_text(const Call& call, double limit) {
    const std::string_view text = call[0].text();
    const std::string_view separator = call[1].text();
    Arena& arena = call.evaluator.arena();
    Array* parts = new_array(arena);
    std::size_t at = 0;
    limit = std::floor(limit);
    while (static_cast<double>(parts->size) < limit) {
        SW_TRY(call.evaluator.spend());
        std::size_t found = text.find(separator, at);
        if (separator.empty()) {
            if (at >= text.size()) break;
            found = at + point_at(text, at).bytes;
        }
        parts->push(arena, Value::of(text.substr(at, found - at)));
        if (found == text.npos) break;
        at = found + separator.size();
    }
    SW_TRY(call.evaluator.spend(cost_to_read(text.size())));
    return Value::of(parts);
}

Maybe split(const Call& call) {
    if (call[0].is_undefined()) return Value();
    const double limit = SW_TRY(limit_of(call, 2, "D3020"));
    Arena& arena = call.evaluator.arena();
    if (limit <= 0) return Value::of(new_array(arena));
    const std::string_view text = call[0].text();
    if (call[1].is_string()) return split_text(call, limit);
    Array* parts = new_array(arena);
    if (call[1].is_undefined()) {
        parts->push(arena, call[0]);
        return Value::of(parts);
    }
    Value found = SW_TRY(call.evaluator.match(call[1], text));
    std::size_t at = 0;
    double count = 0;
    for (; !found.is_undefined() && count < limit; ++count) {
        const Place place = SW_TRY(place_of(call, found, text));
        parts->push(arena, Value::of(text.substr(at, std::max(at, place.begin) - at)));
        at = place.end;
        found = SW_TRY(call.evaluator.next_match(found));
    }
    if (count < limit) parts->push(arena, Value::of(text.substr(at)));
    return Value::of(parts);
}

constexpr auto kPatternFunctions = std::to_array<Builtin>({
    {"match", "<s-f<s:o>n?:a<o>>", 3, match},
    {"contains", "<s-(sf):b>", 2, contains},
    {"replace", "<s-(sf)(sf)n?:s>", 4, replace},
    {"split", "<s-(sf)n?:a<s>>", 3, split},
});

}  // namespace

std::span<const Builtin> library::patterns() {
    return kPatternFunctions;
}

}  // namespace stepwell::expression::jsonata

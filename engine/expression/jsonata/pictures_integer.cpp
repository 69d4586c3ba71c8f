// format-integer of XPath 3.1, in English.
#include "engine/expression/jsonata/pictures_integer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <unordered_map>

#include "engine/base/ascii.hpp"
#include "engine/base/json.hpp"
#include "engine/expression/jsonata/letter_case.hpp"
#include "engine/expression/jsonata/pictures.hpp"
#include "engine/expression/jsonata/text.hpp"

namespace stepwell::expression::jsonata {
namespace {

using Case = IntegerPicture::Case;
using Primary = IntegerPicture::Primary;

constexpr auto kZeros = std::to_array<char32_t>(
    {0x30,   0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6,
     0x0C66, 0x0CE6, 0x0D66, 0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0,
     0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620,
     0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10});

constexpr auto kFew = std::to_array<std::string_view>(
    {"Zero",     "One",     "Two",     "Three",     "Four",     "Five",    "Six",
     "Seven",    "Eight",   "Nine",    "Ten",       "Eleven",   "Twelve",  "Thirteen",
     "Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen"});
constexpr auto kOrdinals = std::to_array<std::string_view>(
    {"Zeroth",     "First",     "Second",    "Third",       "Fourth",     "Fifth",     "Sixth",
     "Seventh",    "Eighth",    "Ninth",     "Tenth",       "Eleventh",   "Twelfth",   "Thirteenth",
     "Fourteenth", "Fifteenth", "Sixteenth", "Seventeenth", "Eighteenth", "Nineteenth"});
constexpr auto kDecades = std::to_array<std::string_view>(
    {"Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety"});
constexpr auto kMagnitudes =
    std::to_array<std::string_view>({"Thousand", "Million", "Billion", "Trillion"});

std::string words_below_thousand(double number, bool has_before, bool is_ordinal) {
    if (number <= 19) {
        const auto at = static_cast<std::size_t>(number);
        return (has_before ? " and " : "") + std::string(is_ordinal ? kOrdinals[at] : kFew[at]);
    }
    if (number < 100) {
        const auto tens = static_cast<std::size_t>(number / 10);
        const double rest = std::fmod(number, 10);
        std::string words = (has_before ? " and " : "") + std::string(kDecades[tens - 2]);
        if (rest > 0) return words + "-" + words_below_thousand(rest, false, is_ordinal);
        if (is_ordinal) words.replace(words.size() - 1, 1, "ieth");
        return words;
    }
    const auto hundreds = static_cast<std::size_t>(number / 100);
    const double rest = std::fmod(number, 100);
    std::string words = (has_before ? ", " : "") + std::string(kFew[hundreds]) + " Hundred";
    if (rest > 0) return words + words_below_thousand(rest, true, is_ordinal);
    return is_ordinal ? words + "th" : words;
}

/// What is beyond trillions is counted in trillions, of trillions.
std::string words_of(double number, bool has_before, bool is_ordinal) {
    if (number < 1000) return words_below_thousand(number, has_before, is_ordinal);
    const auto magnitude = std::min<std::size_t>(
        static_cast<std::size_t>(std::floor(std::log10(number) / 3)), kMagnitudes.size());
    const double factor = std::pow(10, static_cast<double>(3 * magnitude));
    const double many = std::floor(number / factor);
    const double rest = number - many * factor;
    std::string words = (has_before ? ", " : "") + words_of(many, false, false) + " " +
                        std::string(kMagnitudes[magnitude - 1]);
    if (rest > 0) return words + words_of(rest, true, is_ordinal);
    return is_ordinal ? words + "th" : words;
}

struct RomanPart {
    double value;
    std::string_view letters;
};
constexpr auto kRomans = std::to_array<RomanPart>({{1000, "m"},
                                                   {900, "cm"},
                                                   {500, "d"},
                                                   {400, "cd"},
                                                   {100, "c"},
                                                   {90, "xc"},
                                                   {50, "l"},
                                                   {40, "xl"},
                                                   {10, "x"},
                                                   {9, "ix"},
                                                   {5, "v"},
                                                   {4, "iv"},
                                                   {1, "i"}});

std::string roman_of(double number) {
    constexpr double kRomanMax = 1e6;  // a letter for each thousand
    std::string roman;
    number = std::min(number, kRomanMax);
    for (const RomanPart& part : kRomans) {
        while (number >= part.value) {
            roman += part.letters;
            number -= part.value;
        }
    }
    return roman;
}

std::string letters_of(double number, char first) {
    std::string letters;
    while (number > 0) {
        letters += static_cast<char>(first + static_cast<int>(std::fmod(number - 1, 26)));
        number = std::floor((number - 1) / 26);
    }
    std::reverse(letters.begin(), letters.end());
    return letters;
}

const std::unordered_map<std::string, double>& word_values() {
    static const auto kValues = [] {
        std::unordered_map<std::string, double> values;
        for (std::size_t i = 0; i < kFew.size(); ++i) {
            values[lower_text(kFew[i])] = static_cast<double>(i);
            values[lower_text(kOrdinals[i])] = static_cast<double>(i);
        }
        for (std::size_t i = 0; i < kDecades.size(); ++i) {
            const std::string word = lower_text(kDecades[i]);
            values[word] = static_cast<double>(10 * (i + 2));
            values[word.substr(0, word.size() - 1) + "ieth"] = values[word];
        }
        values["hundred"] = values["hundredth"] = 100;
        for (std::size_t i = 0; i < kMagnitudes.size(); ++i) {
            const std::string word = lower_text(kMagnitudes[i]);
            values[word] = values[word + "th"] = std::pow(10, static_cast<double>(3 * (i + 1)));
        }
        return values;
    }();
    return kValues;
}

std::string words_pattern() {
    std::vector<std::string> words;
    for (const auto& [word, value] : word_values()) words.push_back(word);
    std::sort(words.begin(), words.end(), std::greater<>());  // longer ones before their beginnings
    std::string pattern = "(?:";
    for (const std::string& word : words) pattern += word + "|";
    return pattern + "and|[-, ])+";
}

/// NaN where a word is none of a number.
double words_value(const std::string& text) {
    std::vector<double> segments{0};
    std::string word;
    const auto take = [&] {
        if (word.empty() || word == "and") return word.clear(), true;
        const auto found = word_values().find(word);
        if (found == word_values().end()) return false;
        const double value = found->second;
        double top = segments.back();
        if (value >= 100) {
            segments.back() = top * value;
        } else if (top >= 1000) {
            segments.push_back(value);
        } else {
            segments.back() = top + value;
        }
        word.clear();
        return true;
    };
    for (const char c : text) {
        if (c == ' ' || c == ',' || c == '-' || c == '\\') {
            if (!take()) return NAN;
        } else {
            word += c;
        }
    }
    if (!take()) return NAN;
    return std::accumulate(segments.begin(), segments.end(), 0.0);
}

double roman_value(std::string_view text) {
    constexpr std::string_view kLetters = "ivxlcdm";
    constexpr std::array<double, 7> kValues{1, 5, 10, 50, 100, 500, 1000};
    double sum = 0;
    double most = 1;
    for (auto c = text.rbegin(); c != text.rend(); ++c) {
        const std::size_t at = kLetters.find(lower(*c));
        const double value = at == kLetters.npos ? NAN : kValues[at];
        if (value < most) {
            sum -= value;
        } else {
            most = value;
            sum += value;
        }
    }
    return sum;
}

double letters_value(std::string_view text, char first) {
    double value = 0;
    for (const char c : text) value = value * 26 + (c - first + 1);
    return value;
}

/// The number at the front, as parseInt reads it.
std::optional<double> leading_number(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    const bool is_negative = text.starts_with('-');
    if (is_negative || text.starts_with('+')) text.remove_prefix(1);
    if (text.empty() || !is_digit(text.front())) return std::nullopt;
    std::size_t end = 0;
    while (end < text.size() && is_digit(text[end])) ++end;
    const double value = std::strtod(std::string(text.substr(0, end)).c_str(), nullptr);
    return is_negative ? -value : value;
}

std::size_t regular_distance(const std::vector<IntegerPicture::Separator>& separators) {
    std::size_t factor = 0;
    for (const auto& separator : separators) {
        if (separator.character != separators.front().character) return 0;
        factor = std::gcd(factor, separator.place);
    }
    for (std::size_t i = 1; i <= separators.size(); ++i) {
        const bool is_there =
            std::any_of(separators.begin(), separators.end(),
                        [&](const auto& separator) { return separator.place == i * factor; });
        if (!is_there) return 0;
    }
    return factor;
}

std::string ordinal_ending(std::string_view digits) {
    const char last = digits.back();
    const bool is_teen = digits.size() > 1 && digits[digits.size() - 2] == '1';
    if (is_teen || last < '1' || last > '3') return "th";
    return last == '1' ? "st" : last == '2' ? "nd" : "rd";
}

Fault sequence_fault(const std::string& token) {
    Fault fault;
    fault.code = "D3130";
    fault.value = to_text(Json(token));
    return fault;
}

}  // namespace

Result<IntegerPicture, Fault> IntegerPicture::read(std::string_view picture) {
    IntegerPicture made;
    const std::size_t semicolon = picture.rfind(';');
    const std::string_view format = picture.substr(0, semicolon);
    if (semicolon != picture.npos) made.is_ordinal = picture.substr(semicolon + 1).starts_with('o');
    const auto as = [&](Primary wanted, Case wanted_case) {
        made.primary = wanted;
        made.letter_case = wanted_case;
        return made;
    };
    if (format == "A") return as(Primary::letters, Case::upper);
    if (format == "a") return as(Primary::letters, Case::lower);
    if (format == "I") return as(Primary::roman, Case::upper);
    if (format == "i") return as(Primary::roman, Case::lower);
    if (format == "W") return as(Primary::words, Case::upper);
    if (format == "Ww") return as(Primary::words, Case::title);
    if (format == "w") return as(Primary::words, Case::lower);

    std::vector<char32_t> points;
    for (std::size_t at = 0; at < format.size();) {
        const Point point = point_at(format, at);
        points.push_back(point.value);
        at += point.bytes;
    }
    std::optional<char32_t> zero;
    std::size_t place = 0;
    for (auto point = points.rbegin(); point != points.rend(); ++point) {
        const auto* family = std::find_if(kZeros.begin(), kZeros.end(), [&](char32_t candidate) {
            return *point >= candidate && *point <= candidate + 9;
        });
        if (family != kZeros.end()) {
            if (zero && *zero != *family) {
                Fault fault;
                fault.code = "D3131";
                return fail(std::move(fault));
            }
            zero = *family;
            ++made.digits_min;
            ++place;
        } else if (*point == '#') {
            ++made.digits_optional;
            ++place;
        } else {
            made.separators.push_back({place, *point});
        }
    }
    if (made.digits_min == 0) {
        made.primary = Primary::sequence;
        made.token = format;
        return made;
    }
    made.zero = *zero;
    made.regular_group = regular_distance(made.separators);
    return made;
}

Result<std::string, Fault> IntegerPicture::write(double value) const {
    const bool is_negative = value < 0;
    value = std::abs(value);
    std::string text;
    switch (primary) {
        case Primary::letters:
            text = letters_of(value, letter_case == Case::upper ? 'A' : 'a');
            break;
        case Primary::roman:
            text = roman_of(value);
            if (letter_case == Case::upper) text = upper_text(text);
            break;
        case Primary::words:
            text = words_of(value, false, is_ordinal);
            if (letter_case == Case::upper) text = upper_text(text);
            if (letter_case == Case::lower) text = lower_text(text);
            break;
        case Primary::sequence:
            return fail(sequence_fault(token));
        case Primary::decimal: {
            std::string digits = number_text(value);
            if (digits.size() < digits_min) digits.insert(0, digits_min - digits.size(), '0');
            std::vector<char32_t> points;
            for (const char c : digits) {
                points.push_back(is_digit(c) ? zero + static_cast<char32_t>(c - '0')
                                             : static_cast<char32_t>(c));
            }
            const auto put = [&](std::size_t from_right, char32_t character) {
                if (from_right > points.size()) return;
                points.insert(points.end() - static_cast<std::ptrdiff_t>(from_right), character);
            };
            if (regular_group > 0) {
                const std::size_t groups = (points.size() - 1) / regular_group;
                for (std::size_t i = groups; i >= 1; --i) {
                    put(i * regular_group + 0, separators.front().character);
                }
            } else {
                for (auto at = separators.rbegin(); at != separators.rend(); ++at) {
                    put(at->place, at->character);
                }
            }
            for (const char32_t point : points) append_point(text, point);
            if (is_ordinal) text += ordinal_ending(digits);
            break;
        }
    }
    return is_negative ? "-" + text : text;
}

Result<std::optional<double>, Fault> IntegerPicture::parse(std::string_view text) const {
    switch (primary) {
        case Primary::letters:
            return std::optional<double>(
                letters_value(text, letter_case == Case::upper ? 'A' : 'a'));
        case Primary::roman:
            return std::optional<double>(roman_value(text));
        case Primary::words:
            return std::optional<double>(words_value(lower_text(text)));
        case Primary::sequence:
            return fail(sequence_fault(token));
        default:
            break;
    }
    std::string digits;
    if (is_ordinal && text.size() >= 2) text.remove_suffix(2);
    for (std::size_t at = 0; at < text.size();) {
        const Point point = point_at(text, at);
        at += point.bytes;
        const bool is_separator =
            regular_group > 0
                ? point.value == ','
                : std::any_of(separators.begin(), separators.end(),
                              [&](const Separator& s) { return s.character == point.value; });
        if (is_separator) continue;
        const bool is_own = point.value >= zero && point.value <= zero + 9;
        append_point(digits, is_own ? point.value - zero + '0' : point.value);
    }
    return leading_number(digits);
}

std::string IntegerPicture::pattern() const {
    switch (primary) {
        case Primary::letters:
            return letter_case == Case::upper ? "[A-Z]+" : "[a-z]+";
        case Primary::roman:
            return letter_case == Case::upper ? "[MDCLXVI]+" : "[mdclxvi]+";
        case Primary::words:
            return words_pattern();
        default:
            break;
    }
    std::string pattern = parse_width > 0 ? "[0-9]{" + std::to_string(parse_width) + "}" : "[0-9]+";
    if (is_ordinal) pattern += "(?:th|st|nd|rd)";
    return pattern;
}

Result<std::string, Fault> format_integer(double number, std::string_view picture) {
    const IntegerPicture read = SW_TRY(IntegerPicture::read(picture));
    return read.write(number);
}

Result<std::optional<double>, Fault> parse_integer(std::string_view text,
                                                   std::string_view picture) {
    const IntegerPicture read = SW_TRY(IntegerPicture::read(picture));
    return read.parse(text);
}

}  // namespace stepwell::expression::jsonata

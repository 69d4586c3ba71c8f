// format-number of XPath 3.1.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "engine/expression/jsonata/pictures.hpp"
#include "engine/expression/jsonata/text.hpp"

namespace stepwell::expression::jsonata {

namespace {

std::u32string points_of(std::string_view text) {
    std::u32string points;
    for (std::size_t at = 0; at < text.size();) {
        const Point point = point_at(text, at);
        points += point.value;
        at += point.bytes;
    }
    return points;
}

std::string text_of(const std::u32string& points) {
    std::string text;
    for (const char32_t point : points) append_point(text, point);
    return text;
}

Fault picture_fault(std::string code) {
    Fault fault;
    fault.code = std::move(code);
    return fault;
}

/// The characters that a picture is written with.
struct DecimalFormat {
    char32_t decimal = '.';
    char32_t grouping = ',';
    char32_t exponent = 'e';
    char32_t zero = '0';
    char32_t digit = '#';
    char32_t separator = ';';
    std::u32string minus = U"-";
    std::u32string percent = U"%";
    std::u32string per_mille = U"\u2030";

    void set(std::string_view name, const std::string& value) {
        const std::u32string points = points_of(value);
        if (points.empty()) return;
        const std::array<std::pair<std::string_view, char32_t*>, 6> single{{
            {"decimal-separator", &decimal},
            {"grouping-separator", &grouping},
            {"exponent-separator", &exponent},
            {"zero-digit", &zero},
            {"digit", &digit},
            {"pattern-separator", &separator},
        }};
        for (const auto& [known, place] : single) {
            if (known == name) *place = points[0];
        }
        if (name == "minus-sign") minus = points;
        if (name == "percent") percent = points;
        if (name == "per-mille") per_mille = points;
    }

    [[nodiscard]] bool is_digit(char32_t c) const { return c >= zero && c < zero + 10; }
    [[nodiscard]] bool is_active(char32_t c) const {
        return is_digit(c) || c == decimal || c == exponent || c == grouping || c == digit ||
               c == separator;
    }
};

/// A sub-picture and what it asks for.
struct SubPicture {
    std::u32string whole;
    std::u32string prefix;
    std::u32string suffix;
    std::u32string active;
    std::u32string mantissa;
    std::u32string integer;
    std::u32string fraction;
    std::u32string exponent;
    bool has_exponent = false;

    std::vector<std::size_t> integer_groups;
    std::vector<std::size_t> fraction_groups;
    std::size_t regular_group = 0;
    std::size_t integer_min = 0;
    std::size_t scaling = 0;
    std::size_t fraction_min = 0;
    std::size_t fraction_max = 0;
    std::size_t exponent_min = 0;
};

bool has(const std::u32string& text, const std::u32string& part) {
    return text.find(part) != text.npos;
}

class NumberPicture {
public:
    explicit NumberPicture(const DecimalFormat& format) : format_(format) {}

    Result<SubPicture, Fault> read(std::u32string whole) {
        SubPicture picture;
        picture.whole = std::move(whole);
        cut(picture);
        SW_TRY(check(picture));
        analyse(picture);
        return picture;
    }

    std::string write(double value, const SubPicture& picture) {
        double number = std::abs(value);
        if (has(picture.whole, format_.percent)) {
            number *= 100;
        } else if (has(picture.whole, format_.per_mille)) {
            number *= 1000;
        }
        int exponent = 0;
        if (picture.has_exponent && number > 0) {
            const double most = std::pow(10, static_cast<double>(picture.scaling));
            const double least = std::pow(10, static_cast<double>(picture.scaling) - 1);
            for (; number < least; --exponent) number *= 10;
            for (; number > most; ++exponent) number /= 10;
        }
        std::u32string text = digits_of(rounded(number, static_cast<double>(picture.fraction_max)),
                                        picture.fraction_max);
        pad(text, picture);
        group(text, picture);
        const std::size_t point = text.find(format_.decimal);
        if (picture.whole.find(format_.decimal) == picture.whole.npos || point == text.size() - 1) {
            text.pop_back();
        }
        if (picture.has_exponent) {
            std::u32string digits = digits_of(std::abs(exponent), 0);
            if (digits.size() < picture.exponent_min) {
                digits.insert(0, picture.exponent_min - digits.size(), format_.zero);
            }
            text += format_.exponent;
            if (exponent < 0) text += format_.minus;
            text += digits;
        }
        return text_of(picture.prefix + text + picture.suffix);
    }

private:
    void cut(SubPicture& picture) const {
        const std::u32string& whole = picture.whole;
        const auto counts = [&](char32_t c) {
            return format_.is_active(c) && c != format_.exponent;
        };
        const auto first = std::find_if(whole.begin(), whole.end(), counts);
        const auto last = std::find_if(whole.rbegin(), whole.rend(), counts);
        if (first != whole.end()) {
            picture.prefix.assign(whole.begin(), first);
            picture.suffix.assign(last.base(), whole.end());
            picture.active.assign(first, last.base());
        } else {
            picture.active = whole;
        }
        const std::size_t exponent = picture.active.find(format_.exponent);
        picture.has_exponent = exponent != whole.npos;
        picture.mantissa = picture.active.substr(0, exponent);
        if (picture.has_exponent) picture.exponent = picture.active.substr(exponent + 1);
        const std::size_t point = picture.mantissa.find(format_.decimal);
        picture.integer = picture.mantissa.substr(0, point);
        picture.fraction =
            point == whole.npos ? picture.suffix : picture.mantissa.substr(point + 1);
    }

    [[nodiscard]] bool is_twice(const std::u32string& text, const std::u32string& part) const {
        return has(text, part) && text.find(part) != text.rfind(part);
    }
    [[nodiscard]] bool has_digit(const std::u32string& text) const {
        return std::any_of(text.begin(), text.end(),
                           [&](char32_t c) { return format_.is_digit(c); });
    }

    /// As the reference has it, the last rule that is broken is the one that is told.
    [[nodiscard]] Result<void, Fault> check(const SubPicture& picture) const {
        std::string_view code;
        const auto refuse_if = [&](bool is_wrong, std::string_view rule) {
            if (is_wrong) code = rule;
        };
        const std::u32string& whole = picture.whole;
        const bool has_percent = has(whole, format_.percent);
        const bool has_per_mille = has(whole, format_.per_mille);
        refuse_if(is_twice(whole, std::u32string(1, format_.decimal)), "D3081");
        refuse_if(is_twice(whole, format_.percent), "D3082");
        refuse_if(is_twice(whole, format_.per_mille), "D3083");
        refuse_if(has_percent && has_per_mille, "D3084");
        const bool has_optional = picture.mantissa.find(format_.digit) != whole.npos;
        refuse_if(!has_digit(picture.mantissa) && !has_optional, "D3085");
        refuse_if(!std::all_of(picture.active.begin(), picture.active.end(),
                               [&](char32_t c) { return format_.is_active(c); }),
                  "D3086");
        check_grouping(picture, refuse_if);
        const std::size_t optional = picture.integer.find(format_.digit);
        refuse_if(optional != whole.npos && has_digit(picture.integer.substr(0, optional)),
                  "D3090");
        const std::size_t last = picture.fraction.rfind(format_.digit);
        refuse_if(last != whole.npos && has_digit(picture.fraction.substr(last)), "D3091");
        if (picture.has_exponent) {
            refuse_if(!picture.exponent.empty() && (has_percent || has_per_mille), "D3092");
            const bool is_number = !picture.exponent.empty() &&
                                   std::all_of(picture.exponent.begin(), picture.exponent.end(),
                                               [&](char32_t c) { return format_.is_digit(c); });
            refuse_if(!is_number, "D3093");
        }
        if (code.empty()) return {};
        return fail(picture_fault(std::string(code)));
    }

    void check_grouping(const SubPicture& picture, const auto& refuse_if) const {
        const std::u32string& whole = picture.whole;
        const std::u32string grouping(1, format_.grouping);
        const std::size_t point = whole.find(format_.decimal);
        if (point != whole.npos) {
            const bool is_before = point > 0 && whole[point - 1] == format_.grouping;
            const bool is_behind = point + 1 < whole.size() && whole[point + 1] == format_.grouping;
            refuse_if(is_before || is_behind, "D3087");
        } else {
            refuse_if(!picture.integer.empty() && picture.integer.back() == format_.grouping,
                      "D3088");
        }
        refuse_if(has(whole, grouping + grouping), "D3089");
    }

    [[nodiscard]] std::size_t count(const std::u32string& text, bool with_optional) const {
        return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [&](char32_t c) {
            return format_.is_digit(c) || (with_optional && c == format_.digit);
        }));
    }

    /// How many digits stand right of each separator, or left of it.
    [[nodiscard]] std::vector<std::size_t> groups_of(const std::u32string& part,
                                                     bool is_left) const {
        std::vector<std::size_t> places;
        for (std::size_t at = 0; at < part.size(); ++at) {
            if (part[at] != format_.grouping) continue;
            places.push_back(count(is_left ? part.substr(0, at) : part.substr(at), true));
        }
        return places;
    }

    static std::size_t regular(const std::vector<std::size_t>& places) {
        std::size_t factor = 0;
        for (const std::size_t place : places) factor = std::gcd(factor, place);
        for (std::size_t i = 1; i <= places.size(); ++i) {
            if (std::find(places.begin(), places.end(), i * factor) == places.end()) return 0;
        }
        return factor;
    }

    void analyse(SubPicture& picture) const {
        picture.integer_groups = groups_of(picture.integer, false);
        picture.regular_group = regular(picture.integer_groups);
        picture.fraction_groups = groups_of(picture.fraction, true);
        picture.integer_min = picture.scaling = count(picture.integer, false);
        picture.fraction_min = count(picture.fraction, false);
        picture.fraction_max = count(picture.fraction, true);
        if (picture.integer_min == 0 && picture.fraction_max == 0) {
            if (picture.has_exponent) {
                picture.fraction_min = picture.fraction_max = 1;
            } else {
                picture.integer_min = 1;
            }
        }
        const bool has_optional = picture.integer.find(format_.digit) != picture.integer.npos;
        if (picture.has_exponent && picture.integer_min == 0 && has_optional) {
            picture.integer_min = 1;
        }
        if (picture.integer_min == 0 && picture.fraction_min == 0) picture.fraction_min = 1;
        if (picture.has_exponent) picture.exponent_min = count(picture.exponent, false);
    }

    /// Without needless zeros, with the decimal separator where there is a fraction to come.
    [[nodiscard]] std::u32string digits_of(double number, std::size_t places) const {
        std::array<char, 512> buffer{};
        const int size =
            std::snprintf(buffer.data(), buffer.size(), "%.*f",
                          static_cast<int>(std::min<std::size_t>(places, 100)), number);
        std::u32string text;
        for (int i = 0; i < size; ++i) {
            const char c = buffer[static_cast<std::size_t>(i)];
            text += c == '.' ? format_.decimal : format_.zero + static_cast<char32_t>(c - '0');
        }
        return text;
    }

    void pad(std::u32string& text, const SubPicture& picture) const {
        if (text.find(format_.decimal) == text.npos) text += format_.decimal;
        text.erase(0, text.find_first_not_of(format_.zero));
        while (text.back() == format_.zero) text.pop_back();
        const std::size_t integer = text.find(format_.decimal);
        const std::size_t fraction = text.size() - integer - 1;
        if (integer < picture.integer_min) {
            text.insert(0, picture.integer_min - integer, format_.zero);
        }
        if (fraction < picture.fraction_min) {
            text.append(picture.fraction_min - fraction, format_.zero);
        }
    }

    void group(std::u32string& text, const SubPicture& picture) const {
        std::size_t point = text.find(format_.decimal);
        const auto put = [&](std::size_t at) { text.insert(at, 1, format_.grouping); };
        if (picture.regular_group > 0 && point > 0) {
            const std::size_t groups = (point - 1) / picture.regular_group;
            for (std::size_t i = 1; i <= groups; ++i) put(point - i * picture.regular_group);
        } else {
            for (const std::size_t place : picture.integer_groups) {
                if (place > point) continue;
                put(point - place);
                ++point;
            }
        }
        point = text.find(format_.decimal);
        for (const std::size_t place : picture.fraction_groups) {
            if (point + place + 1 <= text.size()) put(point + place + 1);
        }
    }

    const DecimalFormat& format_;
};

}  // namespace

Result<std::string, Fault> format_number(
    double number, std::string_view picture,
    const std::vector<std::pair<std::string, std::string>>& options) {
    DecimalFormat format;
    for (const auto& [name, value] : options) format.set(name, value);
    std::vector<std::u32string> parts(1);
    for (const char32_t point : points_of(picture)) {
        if (point == format.separator) {
            parts.emplace_back();
        } else {
            parts.back() += point;
        }
    }
    if (parts.size() > 2) return fail(picture_fault("D3080"));
    NumberPicture reader(format);
    std::vector<SubPicture> pictures;
    for (std::u32string& part : parts) pictures.push_back(SW_TRY(reader.read(std::move(part))));
    if (pictures.size() == 1) {
        pictures.push_back(pictures[0]);
        pictures[1].prefix = format.minus + pictures[1].prefix;
    }
    if (!std::isfinite(number)) return number_text(number);
    return reader.write(number, pictures[number >= 0 ? 0 : 1]);
}

}  // namespace stepwell::expression::jsonata

// Texts as times, by a picture.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>

#include "engine/base/ascii.hpp"
#include "engine/expression/jsonata/letter_case.hpp"
#include "engine/expression/jsonata/pictures.hpp"
#include "engine/expression/jsonata/pictures_time.hpp"
#include "engine/expression/jsonata/regex.hpp"

namespace stepwell::expression::jsonata {
namespace {

using Components = std::map<char, double>;

std::string escaped(std::string_view literal) {
    std::string pattern;
    for (const char c : literal) {
        if (std::string_view(".*+?^${}()|[]\\/-").find(c) != std::string_view::npos)
            pattern += '\\';
        pattern += c;
    }
    return pattern;
}

Fault parse_fault(std::string code, char component) {
    Fault fault;
    fault.code = std::move(code);
    if (component != 0) fault.value = '"' + std::string(1, component) + '"';
    return fault;
}

bool is_zone(const TimePart& part) {
    return part.component == 'Z' || part.component == 'z';
}

Result<std::string, Fault> pattern_of(const TimePart& part) {
    if (part.component == 0) return escaped(part.literal);
    if (is_zone(part)) {
        std::string pattern = part.component == 'z' ? "GMT[-+][0-9]+" : "[-+][0-9]+";
        if (!part.integer->separators.empty()) {
            pattern += escaped(std::string(
                           1, static_cast<char>(part.integer->separators.front().character))) +
                       "[0-9]+";
        }
        return pattern;
    }
    if (part.integer) return part.integer->pattern();
    if (std::string_view("MxFP").find(part.component) == std::string_view::npos) {
        return fail(parse_fault("D3133", part.component));
    }
    return std::string("[a-zA-Z]+");
}

double whole(std::string_view text) {
    return std::atof(std::string(text).c_str());
}

/// What stands behind the point of a second.
double fraction_ms(std::string_view digits) {
    double ms = 0;
    double scale = 100;
    for (const char c : digits.substr(0, 3)) {
        if (!is_digit(c)) break;
        ms += (c - '0') * scale;
        scale /= 10;
    }
    return ms;
}

/// Minutes.
double zone_value(const TimePart& part, std::string_view text) {
    if (part.component == 'z') text.remove_prefix(3);
    double hours = 0;
    double minutes = 0;
    if (!part.integer->separators.empty()) {
        const std::size_t at =
            text.find(static_cast<char>(part.integer->separators.front().character));
        hours = whole(text.substr(0, at));
        minutes = whole(text.substr(at + 1));
    } else if (text.size() <= 3) {
        hours = whole(text);
    } else {
        hours = whole(text.substr(0, 3));
        minutes = whole(text.substr(3));
    }
    return hours * 60 + minutes;
}

/// Names as the picture writes them; nothing for any other.
std::optional<double> name_value(const TimePart& part, std::string_view text) {
    const std::string wanted(text);
    const auto is_it = [&](std::string_view name) {
        const std::size_t width = part.width_max > 0 ? part.width_max : name.size();
        return wanted == name.substr(0, width);
    };
    if (part.component == 'P') {
        const std::string small = lower_text(text);
        if (small == "am") return 0;
        if (small == "pm") return 1;
        return std::nullopt;
    }
    const bool is_day = part.component == 'F';
    for (std::size_t i = is_day ? 1 : 0; i < (is_day ? 8U : 12U); ++i) {
        if (is_it(is_day ? kDayNames[i] : kMonthNames[i])) {
            return static_cast<double>(is_day ? i : i + 1);
        }
    }
    return std::nullopt;
}

Result<std::optional<double>, Fault> value_of_part(const TimePart& part, std::string_view text) {
    if (is_zone(part)) return std::optional<double>(zone_value(part, text));
    if (part.component == 'f' && part.integer->primary == IntegerPicture::Primary::decimal) {
        return std::optional<double>(fraction_ms(text));
    }
    if (part.integer) return part.integer->parse(text);
    return name_value(part, text);
}

/// Which of the components that date or time are made of are there: only of these, and one at
/// least.
bool is_made_of(const Components& components, std::string_view all, std::string_view wanted) {
    bool has_any = false;
    for (const char component : all) {
        if (!components.contains(component)) continue;
        if (wanted.find(component) == wanted.npos) return false;
        has_any = true;
    }
    return has_any;
}

class TimeBuilder {
public:
    TimeBuilder(Components components, double now_ms)
        : components_(std::move(components)), now_ms_(now_ms) {}

    Result<std::optional<double>, Fault> build() {
        constexpr std::string_view kDateLetters = "YXMxWwdD";
        constexpr std::string_view kTimeLetters = "PHhmsf";
        const auto date_is = [&](std::string_view of) {
            return is_made_of(components_, kDateLetters, of);
        };
        const bool is_date = date_is("YMD");
        const bool is_day_of_year = !is_date && date_is("Yd");
        const bool is_week_of_month = date_is("Xxw");
        const bool is_week_of_year = !is_week_of_month && date_is("XW");
        const bool is_24 = is_made_of(components_, kTimeLetters, "Hmsf");
        const bool is_12 = !is_24 && is_made_of(components_, kTimeLetters, "Phmsf");
        std::string order = is_day_of_year     ? "Yd"
                            : is_week_of_month ? "XxwF"
                            : is_week_of_year  ? "XWF"
                                               : "YMD";
        order += is_12 ? "Phmsf" : "Hmsf";
        SW_TRY(fill(order));
        if (is_week_of_month || is_week_of_year) return fail(parse_fault("D3136", 0));
        return std::optional<double>(combined(is_day_of_year, is_12));
    }

private:
    /// What is larger than all that is given is now's, what is smaller is the least; nothing may be
    /// left out between.
    Result<void, Fault> fill(std::string_view order) {
        bool has_begun = false;
        bool has_ended = false;
        for (const char component : order) {
            if (components_.contains(component)) {
                if (has_ended) return fail(parse_fault("D3136", 0));
                has_begun = true;
            } else if (has_begun) {
                const bool is_from_one =
                    std::string_view("MDd").find(component) != std::string_view::npos;
                components_[component] = is_from_one ? 1 : 0;
                has_ended = true;
            } else {
                components_[component] = component_of(component, now_ms_);
            }
        }
        return {};
    }

    double combined(bool is_day_of_year, bool is_12) {
        double month = components_['M'] > 0 ? components_['M'] - 1 : 0;
        double day = components_['D'];
        if (is_day_of_year) {
            month = 0;
            day = components_['d'];
        }
        double hour = components_['H'];
        if (is_12) {
            hour = components_['h'] == 12 ? 0 : components_['h'];
            if (components_['P'] == 1) hour += 12;
        }
        double year = components_['Y'];
        if (year >= 0 && year <= 99) year += 1900;  // as Date.UTC takes it
        year += std::floor(month / 12);
        month -= 12 * std::floor(month / 12);
        constexpr double kYearMax = 300'000;
        if (!(std::abs(year) < kYearMax)) return NAN;
        const auto first = days_of(static_cast<std::int64_t>(year), static_cast<int>(month) + 1, 1);
        double ms = (static_cast<double>(first) + day - 1) * 86'400'000.0 + hour * 3'600'000.0 +
                    components_['m'] * 60'000.0 + components_['s'] * 1'000.0 + components_['f'];
        for (const char zone : {'Z', 'z'}) {
            if (components_.contains(zone)) ms -= components_[zone] * 60'000.0;
        }
        return ms;
    }

    Components components_;
    double now_ms_;
};

}  // namespace

Result<std::optional<double>, Fault> parse_time(std::string_view text, std::string_view picture,
                                                double now_ms) {
    const auto parts = SW_TRY(read_time_picture(picture));
    std::string pattern = "^";
    for (const TimePart& part : parts) pattern += "(" + SW_TRY(pattern_of(part)) + ")";
    const auto regex = Regex::parse(pattern + "$", "i");
    if (!regex) return std::optional<double>();
    Work work(1'000'000 + 1'000 * text.size());
    const auto spans = regex->search(text, 0, work);
    if (!spans) return std::optional<double>();
    Components components;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (parts[i].component == 0) continue;
        const auto [begin, end] = (*spans)[i + 1];
        const auto value = SW_TRY(value_of_part(parts[i], text.substr(begin, end - begin)));
        if (value) components[parts[i].component] = *value;
    }
    if (components.empty()) return std::optional<double>();
    return TimeBuilder(std::move(components), now_ms).build();
}

}  // namespace stepwell::expression::jsonata

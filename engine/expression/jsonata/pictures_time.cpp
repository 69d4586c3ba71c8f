// format-dateTime of XPath 3.1: times as texts.
#include "engine/expression/jsonata/pictures_time.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "engine/expression/jsonata/letter_case.hpp"
#include "engine/expression/jsonata/pictures.hpp"

namespace stepwell::expression::jsonata {

const std::string_view kMonthNames[12] = {"January",   "February", "March",    "April",
                                          "May",       "June",     "July",     "August",
                                          "September", "October",  "November", "December"};
const std::string_view kDayNames[8] = {"",         "Monday", "Tuesday",  "Wednesday",
                                       "Thursday", "Friday", "Saturday", "Sunday"};

namespace {

constexpr double kDayMs = 86'400'000;

Fault time_fault(std::string code, char component) {
    Fault fault;
    fault.code = std::move(code);
    if (component != 0) fault.value = '"' + std::string(1, component) + '"';
    return fault;
}

std::string_view default_presentation(char component) {
    switch (component) {
        case 'Y':
        case 'M':
        case 'D':
        case 'd':
        case 'W':
        case 'w':
        case 'X':
        case 'x':
        case 'H':
        case 'h':
        case 'f':
            return "1";
        case 'F':
        case 'P':
        case 'C':
        case 'E':
            return "n";
        case 'm':
        case 's':
            return "01";
        case 'Z':
        case 'z':
            return "01:01";
        default:
            return "";
    }
}

constexpr std::string_view kIntegerComponents = "YMDdFWwXxHhmsf";

/// The Monday of the first week of a year, or of a month: that with its first Thursday.
std::int64_t first_week(std::int64_t year, int month) {
    const std::int64_t first = days_of(year, month, 1);
    const int weekday = weekday_of(first);
    return weekday > 4 ? first + (8 - weekday) : first - (weekday - 1);
}

std::int64_t week_between(std::int64_t start, std::int64_t day) {
    return (day - start >= 0 ? (day - start) / 7 : -((start - day + 6) / 7)) + 1;
}

struct YearMonth {
    std::int64_t year;
    int month;
    [[nodiscard]] YearMonth next() const {
        return month == 12 ? YearMonth{year + 1, 1} : YearMonth{year, month + 1};
    }
    [[nodiscard]] YearMonth before() const {
        return month == 1 ? YearMonth{year - 1, 12} : YearMonth{year, month - 1};
    }
    [[nodiscard]] std::int64_t first_week() const { return jsonata::first_week(year, month); }
};

double week_of_year(const Civil& at) {
    const std::int64_t week = week_between(first_week(at.year, 1), at.days);
    if (week > 52 && at.days >= first_week(at.year + 1, 1)) return 1;
    if (week >= 1) return static_cast<double>(week);
    return static_cast<double>(week_between(first_week(at.year - 1, 1), at.days));
}

double week_of_month(const Civil& at) {
    const YearMonth month{at.year, at.month};
    const std::int64_t week = week_between(month.first_week(), at.days);
    if (week > 4 && at.days >= month.next().first_week()) return 1;
    if (week >= 1) return static_cast<double>(week);
    return static_cast<double>(week_between(month.before().first_week(), at.days));
}

std::int64_t year_of_week(const Civil& at) {
    if (at.days < first_week(at.year, 1)) return at.year - 1;
    if (at.days >= first_week(at.year + 1, 1)) return at.year + 1;
    return at.year;
}

int month_of_week(const Civil& at) {
    const YearMonth month{at.year, at.month};
    if (at.days < month.first_week()) return month.before().month;
    if (at.days >= month.next().first_week()) return month.next().month;
    return at.month;
}

/// `[Y0001,2-4]` without its brackets and blanks.
class MarkerReader {
public:
    explicit MarkerReader(std::string_view marker) : marker_(marker) {}

    Result<TimePart, Fault> read() {
        TimePart part;
        part.component = marker_.empty() ? '?' : marker_[0];
        const std::size_t comma = marker_.rfind(',');
        std::size_t width_min = 0;
        if (comma != marker_.npos) read_width(marker_.substr(comma + 1), width_min, part.width_max);
        std::string presentation(
            marker_.empty() ? std::string_view()
                            : marker_.substr(1, comma == marker_.npos ? comma : comma - 1));
        std::string modifier;
        if (presentation.size() > 1) {
            const char last = presentation.back();
            if (last == 'a' || last == 't' || last == 'c' || last == 'o') {
                modifier = last;
                presentation.pop_back();
            }
        } else if (presentation.empty()) {
            presentation = default_presentation(part.component);
        }
        if (presentation.empty()) return fail(time_fault("D3132", part.component));
        part.has_z_for_zero = modifier == "t";
        SW_TRY(present(part, presentation, modifier, width_min));
        return part;
    }

private:
    static void read_width(std::string_view width, std::size_t& min, std::size_t& max) {
        const auto number = [](std::string_view text) {
            return static_cast<std::size_t>(
                std::clamp(std::atoi(std::string(text).c_str()), 0, 1'000));
        };
        const std::size_t dash = width.find('-');
        min = number(width.substr(0, dash));
        if (dash != width.npos) max = number(width.substr(dash + 1));
    }

    static Result<void, Fault> present(TimePart& part, const std::string& presentation,
                                       const std::string& modifier, std::size_t width_min) {
        const char component = part.component;
        if (presentation[0] == 'n') {
            part.names = TimePart::Names::lower;
        } else if (presentation[0] == 'N') {
            const bool is_title = presentation.size() > 1 && presentation[1] == 'n';
            part.names = is_title ? TimePart::Names::title : TimePart::Names::upper;
        } else if (kIntegerComponents.find(component) != kIntegerComponents.npos) {
            const std::string picture =
                modifier.empty() ? presentation : presentation + ";" + modifier;
            IntegerPicture integer = SW_TRY(IntegerPicture::read(picture));
            integer.digits_min = std::max(integer.digits_min, width_min);
            if (component == 'Y') {
                const std::size_t width = integer.digits_min + integer.digits_optional;
                if (part.width_max > 0) {
                    part.year_digits = static_cast<int>(part.width_max);
                    integer.digits_min = part.width_max;
                } else if (width >= 2) {
                    part.year_digits = static_cast<int>(width);
                }
            }
            part.integer = std::move(integer);
        }
        if (component == 'Z' || component == 'z') {
            part.integer = SW_TRY(IntegerPicture::read(presentation));
        }
        return {};
    }

    std::string_view marker_;
};

std::string cased(std::string text, TimePart::Names names) {
    if (names == TimePart::Names::upper) return upper_text(text);
    if (names == TimePart::Names::lower) return lower_text(text);
    return text;
}

class TimeWriter {
public:
    TimeWriter(double ms, int zone_hours, int zone_minutes)
        : ms_(ms), hours_(zone_hours), minutes_(zone_minutes) {}

    [[nodiscard]] Result<std::string, Fault> write(const TimePart& part) const {
        if (part.component == 0) return part.literal;
        if (part.component == 'Z' || part.component == 'z') return zone(part);
        if (part.component == 'C' || part.component == 'E') return std::string("ISO");
        double value = component_of(part.component, ms_);
        if (part.component == 'P') {
            return cased(value > 0 ? "pm" : "am", part.names == TimePart::Names::upper
                                                      ? part.names
                                                      : TimePart::Names::lower);
        }
        if (part.component == 'Y' && part.year_digits >= 0) {
            value = std::fmod(value, std::pow(10, part.year_digits));
        }
        if (part.names != TimePart::Names::none) return name(part, value);
        if (part.integer) return part.integer->write(value);
        return std::string();
    }

private:
    static Result<std::string, Fault> name(const TimePart& part, double value) {
        std::string name;
        if (part.component == 'M' || part.component == 'x') {
            name = kMonthNames[static_cast<std::size_t>(value) - 1];
        } else if (part.component == 'F') {
            name = kDayNames[static_cast<std::size_t>(value)];
        } else {
            return fail(time_fault("D3133", part.component));
        }
        name = cased(name, part.names);
        if (part.width_max > 0) name = name.substr(0, part.width_max);
        return name;
    }

    [[nodiscard]] Result<std::string, Fault> zone(const TimePart& part) const {
        const IntegerPicture& integer = *part.integer;
        const int offset = hours_ * 100 + minutes_;
        std::string text;
        if (integer.regular_group > 0) {
            text = SW_TRY(integer.write(offset));
        } else if (integer.digits_min == 1 || integer.digits_min == 2) {
            text = SW_TRY(integer.write(hours_));
            if (minutes_ != 0) text += ":" + SW_TRY(format_integer(minutes_, "00"));
        } else if (integer.digits_min == 3 || integer.digits_min == 4) {
            text = SW_TRY(integer.write(offset));
        } else {
            Fault fault = time_fault("D3134", 0);
            fault.value = std::to_string(integer.digits_min);
            return fail(std::move(fault));
        }
        if (offset >= 0) text.insert(0, "+");
        if (part.component == 'z') text.insert(0, "GMT");
        if (part.component == 'Z' && part.has_z_for_zero && offset == 0) text = "Z";
        return text;
    }

    double ms_;
    int hours_;
    int minutes_;
};

}  // namespace

std::int64_t days_of(std::int64_t year, int month, int day) {
    year -= month <= 2;
    const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
    const std::int64_t of_era = year - era * 400;
    const std::int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146'097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719'468;
}

int weekday_of(std::int64_t days) {
    const std::int64_t from_monday = (days + 3) % 7;
    return static_cast<int>(from_monday < 0 ? from_monday + 8 : from_monday + 1);
}

Civil Civil::of(double ms) {
    Civil civil;
    civil.days = static_cast<std::int64_t>(std::floor(ms / kDayMs));
    civil.ms = static_cast<std::int64_t>(ms - static_cast<double>(civil.days) * kDayMs);
    const std::int64_t z = civil.days + 719'468;
    const std::int64_t era = (z >= 0 ? z : z - 146'096) / 146'097;
    const std::int64_t of_era = z - era * 146'097;
    const std::int64_t years = (of_era - of_era / 1'460 + of_era / 36'524 - of_era / 146'096) / 365;
    const std::int64_t of_year = of_era - (365 * years + years / 4 - years / 100);
    const std::int64_t shifted = (5 * of_year + 2) / 153;
    civil.day = static_cast<int>(of_year - (153 * shifted + 2) / 5 + 1);
    civil.month = static_cast<int>(shifted < 10 ? shifted + 3 : shifted - 9);
    civil.year = years + era * 400 + (civil.month <= 2);
    return civil;
}

double component_of(char component, double ms) {
    const Civil at = Civil::of(ms);
    const auto hour = static_cast<double>(at.ms / 3'600'000);
    switch (component) {
        case 'Y':
            return static_cast<double>(at.year);
        case 'M':
            return at.month;
        case 'D':
            return at.day;
        case 'd':
            return static_cast<double>(at.days - days_of(at.year, 1, 1) + 1);
        case 'F':
            return weekday_of(at.days);
        case 'W':
            return week_of_year(at);
        case 'w':
            return week_of_month(at);
        case 'X':
            return static_cast<double>(year_of_week(at));
        case 'x':
            return month_of_week(at);
        case 'H':
            return hour;
        case 'h':
            return std::fmod(hour, 12) == 0 ? 12 : std::fmod(hour, 12);
        case 'P':
            return hour >= 12;
        case 'm':
            return static_cast<double>(at.ms / 60'000 % 60);
        case 's':
            return static_cast<double>(at.ms / 1'000 % 60);
        case 'f':
            return static_cast<double>(at.ms % 1'000);
        default:
            return 0;
    }
}

Result<std::vector<TimePart>, Fault> read_time_picture(std::string_view picture) {
    std::vector<TimePart> parts;
    std::string literal;
    const auto end_literal = [&] {
        if (literal.empty()) return;
        TimePart part;
        part.literal = std::move(literal);
        literal.clear();
        parts.push_back(std::move(part));
    };
    for (std::size_t at = 0; at < picture.size(); ++at) {
        if (picture[at] != '[') {
            literal += picture[at];
            if (picture.substr(at).starts_with("]]")) ++at;
            continue;
        }
        if (picture.substr(at).starts_with("[[")) {
            literal += '[';
            ++at;
            continue;
        }
        end_literal();
        const std::size_t end = picture.find(']', at);
        if (end == picture.npos) return fail(time_fault("D3135", 0));
        std::string marker;
        for (const char c : picture.substr(at + 1, end - at - 1)) {
            if (c != ' ' && c != '\t' && c != '\n' && c != '\r') marker += c;
        }
        TimePart part = SW_TRY(MarkerReader(marker).read());
        // Without anything between two numbers, the first one has as many digits as it must have.
        if (part.integer && !parts.empty() && parts.back().integer) {
            parts.back().integer->parse_width = parts.back().integer->digits_min;
        }
        parts.push_back(std::move(part));
        at = end;
    }
    end_literal();
    return parts;
}

Result<std::string, Fault> format_time(double ms, const std::optional<std::string_view>& picture,
                                       std::string_view zone) {
    const int offset = zone.empty() ? 0 : std::atoi(std::string(zone).c_str());
    const int hours = static_cast<int>(std::floor(offset / 100.0));
    const int minutes = offset % 100;
    const auto parts = SW_TRY(read_time_picture(picture.value_or(kIso8601)));
    const TimeWriter writer(ms + (60.0 * hours + minutes) * 60'000, hours, minutes);
    std::string text;
    for (const TimePart& part : parts) text += SW_TRY(writer.write(part));
    return text;
}

}  // namespace stepwell::expression::jsonata

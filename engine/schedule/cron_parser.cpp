// The text of a cron expression. Every fault names the field, what it may hold and the column.
#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "engine/base/ascii.hpp"
#include "engine/schedule/cron.hpp"

namespace stepwell::schedule {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                      "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> kWeekDays = {"SUN", "MON", "TUE", "WED",
                                                       "THU", "FRI", "SAT"};

struct Nickname {
    std::string_view name;
    std::string_view fields;
};
constexpr std::array kNicknames = {
    Nickname{"@yearly", "0 0 1 1 *"},  Nickname{"@annually", "0 0 1 1 *"},
    Nickname{"@monthly", "0 0 1 * *"}, Nickname{"@weekly", "0 0 * * 0"},
    Nickname{"@daily", "0 0 * * *"},   Nickname{"@midnight", "0 0 * * *"},
    Nickname{"@hourly", "0 * * * *"},
};

enum class FieldKind { minute, hour, month_day, month, week_day, year };

struct FieldRule {
    FieldKind kind;
    std::string_view name;
    int min;
    int max;
};
constexpr std::array kFields = {
    FieldRule{FieldKind::minute, "minute", 0, 59},
    FieldRule{FieldKind::hour, "hour", 0, 23},
    FieldRule{FieldKind::month_day, "day of month", 1, 31},
    FieldRule{FieldKind::month, "month", 1, 12},
    FieldRule{FieldKind::week_day, "day of week", 0, 7},
    FieldRule{FieldKind::year, "year", kFirstYear, kLastYear},
};

std::string upper(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return out;
}

std::vector<std::string_view> split(std::string_view text, bool (*is_separator)(char),
                                    bool keeps_empty) {
    std::vector<std::string_view> parts;
    std::size_t begin = 0;
    for (std::size_t i = 0; i <= text.size(); ++i) {
        if (i < text.size() && !is_separator(text[i])) continue;
        if (keeps_empty || i > begin) parts.push_back(text.substr(begin, i - begin));
        begin = i + 1;
    }
    return parts;
}

std::optional<int> number_of(std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool is_whole = error == std::errc{} && end == text.data() + text.size();
    return is_whole && !text.empty() && text.front() != '-' ? std::optional(value) : std::nullopt;
}

template <std::size_t count>
std::optional<int> index_of(const std::array<std::string_view, count>& names,
                            std::string_view name) {
    const auto* found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) return std::nullopt;
    return static_cast<int>(found - names.begin());
}

}  // namespace

/// Reads the fields of one expression into a Cron.
class CronParser {
public:
    CronParser(std::string_view whole, bool is_aws) : whole_(whole), is_aws_(is_aws) {}

    Result<Cron> read(std::string_view body) {
        const auto fields = split(body, is_blank, false);
        SW_TRY(check_count(fields));
        for (std::size_t i = 0; i < fields.size(); ++i) SW_TRY(read_field(kFields[i], fields[i]));
        if (!is_aws_) out_.years_.set();
        const bool has_day = fields[2].front() != '*';
        const bool has_week_day = fields[4].front() != '*';
        out_.is_either_day_ = !is_aws_ && has_day && has_week_day;
        if (!out_.next(LocalSeconds{})) {
            return fail(ErrorCode::invalid,
                        "expected a time that comes, but no day of any year "
                        "matches '" +
                            std::string(whole_) + "'");
        }
        return std::move(out_);
    }

private:
    Result<void> check_count(const std::vector<std::string_view>& fields) const {
        const std::size_t wanted = is_aws_ ? 6 : 5;
        if (fields.size() == wanted) return check_days(fields);
        std::string message = "expected " + std::to_string(wanted) +
                              " fields (minute, hour, day of month, month, day of week" +
                              (is_aws_ ? ", year" : "") + "), but '" + std::string(whole_) +
                              "' has " + std::to_string(fields.size());
        if (!is_aws_ && fields.size() == 6) {
            message += "; AWS's form with a year is written cron(" + std::string(whole_) +
                       "), and seconds are not supported";
        }
        return fail(ErrorCode::invalid, std::move(message));
    }

    Result<void> check_days(const std::vector<std::string_view>& fields) const {
        if (!is_aws_ || (fields[2] == "?") != (fields[4] == "?")) return {};
        return fail(ErrorCode::invalid,
                    "expected '?' in exactly one of day of month and day of week, but they are '" +
                        std::string(fields[2]) + "' and '" + std::string(fields[4]) + "'");
    }

    Failure<Error> fault(const FieldRule& rule, std::string_view part, const std::string& expected,
                         const std::string& hint = "") const {
        const auto column = static_cast<std::size_t>(part.data() - whole_.data()) + 1;
        return fail(ErrorCode::invalid, "expected the " + std::string(rule.name) + " to be " +
                                            expected + ", but got '" + std::string(part) +
                                            "' at column " + std::to_string(column) + " of '" +
                                            std::string(whole_) + "'" +
                                            (hint.empty() ? "" : "; " + hint));
    }

    [[nodiscard]] std::string values_of(const FieldRule& rule) const {
        const bool is_aws_week = is_aws_ && rule.kind == FieldKind::week_day;
        std::string text =
            is_aws_week ? "1 to 7" : std::to_string(rule.min) + " to " + std::to_string(rule.max);
        if (rule.kind == FieldKind::month) text += " or JAN to DEC";
        if (rule.kind == FieldKind::week_day) text += " or SUN to SAT";
        return text;
    }

    Result<void> read_field(const FieldRule& rule, std::string_view field) {
        const auto parts = split(
            field, [](char c) { return c == ','; }, true);
        for (const std::string_view part : parts) {
            const bool is_special = SW_TRY(read_special(rule, part, parts.size() > 1));
            if (!is_special) SW_TRY(read_range(rule, part));
        }
        return {};
    }

    /// Days that depend on the month, and '?'. False where the part is an ordinary one.
    Result<bool> read_special(const FieldRule& rule, std::string_view part, bool is_in_list) {
        const bool is_month_day = rule.kind == FieldKind::month_day;
        const bool is_week_day = rule.kind == FieldKind::week_day;
        if ((!is_month_day && !is_week_day) || part.empty()) return false;
        const std::string text = upper(part);
        const bool is_special =
            text == "?" || text.find('#') != text.npos ||
            (is_week_day ? text.back() == 'L' : text.front() == 'L' || text.back() == 'W');
        if (!is_special) return false;
        if (!is_aws_) {
            return fault(rule, part, values_of(rule),
                         "? L W and # belong to AWS's form, cron(minute hour day month weekday "
                         "year)");
        }
        if (text == "?" && !is_in_list) {
            fill(rule, rule.min, max_of(rule), 1);
            return true;
        }
        if (is_in_list) return fault(rule, part, "one expression where it has ? L W or #");
        if (is_month_day) {
            SW_TRY(read_month_day(rule, part, text));
        } else {
            SW_TRY(read_week_day(rule, part, text));
        }
        return true;
    }

    Result<void> read_month_day(const FieldRule& rule, std::string_view part, std::string text) {
        Cron::MonthDay day;
        if (text.back() == 'W') {
            day.is_weekday = true;
            text.pop_back();
        }
        day.is_from_end = !text.empty() && text.front() == 'L';
        if (day.is_from_end) text.erase(0, 1);
        const bool is_offset = day.is_from_end && !text.empty() && text.front() == '-';
        if (is_offset) text.erase(0, 1);
        const auto number = day.is_from_end && text.empty() && !is_offset ? 0 : number_of(text);
        const bool is_good =
            number && (day.is_from_end ? (is_offset || text.empty()) && *number < 31
                                       : *number >= 1 && *number <= 31);
        if (!is_good) return fault(rule, part, "a form such as L, L-3, LW or 15W");
        day.day = *number;
        out_.special_month_days_.push_back(day);
        return {};
    }

    Result<void> read_week_day(const FieldRule& rule, std::string_view part,
                               const std::string& text) {
        if (text == "L") {
            out_.week_days_.set(6);  // the last day of AWS's week
            return {};
        }
        const std::size_t sharp = std::min(text.find('#'), text.size() - 1);
        const auto day = value_of(rule, text.substr(0, sharp));
        const auto number = text[sharp] == '#' ? number_of(text.substr(sharp + 1)) : 0;
        const bool is_good =
            day && number && (text[sharp] != '#' || (*number >= 1 && *number <= 5));
        if (!is_good) return fault(rule, part, "a form such as L, 6L, FRIL, 3#2 or TUE#2");
        out_.special_week_days_.push_back(
            {static_cast<unsigned>(*day) % 7, static_cast<unsigned>(*number)});
        return {};
    }

    /// "*", "5", "1-5", "MON-FRI", each with "/STEP" where wanted.
    Result<void> read_range(const FieldRule& rule, std::string_view part) {
        const std::size_t slash = std::min(part.find('/'), part.size());
        const std::string_view range = part.substr(0, slash);
        int step = 1;
        if (slash < part.size()) step = SW_TRY(read_step(rule, part, part.substr(slash + 1)));
        if (range == "*") return fill(rule, rule.min, max_of(rule), step), Result<void>();
        const std::size_t dash = std::min(range.find('-'), range.size());
        const auto first = value_of(rule, range.substr(0, dash));
        if (!first) return fault(rule, part, values_of(rule));
        if (dash == range.size()) {
            if (slash == part.size()) return fill(rule, *first, *first, 1), Result<void>();
            if (!is_aws_) {
                return fault(rule, part, "a range before '/'",
                             "write " + std::string(range) + "-" + std::to_string(rule.max) + "/" +
                                 std::to_string(step));
            }
            return fill(rule, *first, max_of(rule), step), Result<void>();
        }
        auto last = value_of(rule, range.substr(dash + 1));
        if (!last) return fault(rule, part, values_of(rule));
        // Sunday ends the week as well as it begins it.
        if (rule.kind == FieldKind::week_day && *last == 0 && *first > 0) last = 7;
        if (*first > *last) {
            return fault(rule, part, "a range that rises",
                         "write two: " + std::string(range.substr(0, dash)) + "-" +
                             std::to_string(rule.max) + "," + std::to_string(rule.min) + "-" +
                             std::string(range.substr(dash + 1)));
        }
        return fill(rule, *first, *last, step), Result<void>();
    }

    Result<int> read_step(const FieldRule& rule, std::string_view part, std::string_view text) {
        const auto step = number_of(text);
        if (step && *step >= 1 && *step <= rule.max - rule.min + 1) return *step;
        std::string hint;
        if (step && *step > 0) hint = "a longer interval is a rate: rate(90 minutes)";
        return fault(rule, part, "stepped by 1 to " + std::to_string(rule.max - rule.min + 1),
                     hint);
    }

    /// A number or a name; Sunday is 0 or 7 in five fields, 1 in AWS's six.
    [[nodiscard]] std::optional<int> value_of(const FieldRule& rule, std::string_view part) const {
        const std::string text = upper(part);
        if (rule.kind == FieldKind::month) {
            if (const auto index = index_of(kMonths, text)) return *index + 1;
        }
        const bool is_week_day = rule.kind == FieldKind::week_day;
        if (is_week_day) {
            if (const auto index = index_of(kWeekDays, text)) return index;
        }
        auto number = number_of(text);
        if (!number) return std::nullopt;
        if (is_week_day && is_aws_) {
            if (*number < 1) return std::nullopt;
            --*number;
            return *number <= 6 ? number : std::nullopt;
        }
        return *number >= rule.min && *number <= rule.max ? number : std::nullopt;
    }

    /// Sunday may be 7 where it ends a range, but comes once.
    [[nodiscard]] static int max_of(const FieldRule& rule) {
        return rule.kind == FieldKind::week_day ? 6 : rule.max;
    }

    void fill(const FieldRule& rule, int first, int last, int step) {
        for (int value = first; value <= last; value += step) set(rule, value);
    }

    void set(const FieldRule& rule, int value) {
        const auto index =
            static_cast<std::size_t>(value - (rule.kind == FieldKind::year ? kFirstYear : 0));
        switch (rule.kind) {
            case FieldKind::minute:
                out_.minutes_.set(index);
                return;
            case FieldKind::hour:
                out_.hours_.set(index);
                return;
            case FieldKind::month_day:
                out_.month_days_.set(index);
                return;
            case FieldKind::month:
                out_.months_.set(index);
                return;
            case FieldKind::week_day:
                out_.week_days_.set(index % 7);
                return;
            case FieldKind::year:
                out_.years_.set(index);
                return;
        }
    }

    std::string_view whole_;
    bool is_aws_;
    Cron out_;
};

Result<Cron> Cron::parse(std::string_view text) {
    text = trimmed(text);
    if (!text.empty() && text.front() == '@') {
        const auto* found = std::find_if(kNicknames.begin(), kNicknames.end(),
                                         [&](const Nickname& each) { return each.name == text; });
        if (found != kNicknames.end()) return CronParser(found->fields, false).read(found->fields);
        return fail(ErrorCode::invalid,
                    "expected @hourly, @daily, @midnight, @weekly, @monthly, @yearly or @annually, "
                    "but got '" +
                        std::string(text) + "'");
    }
    constexpr std::string_view kOpen = "cron(";
    if (text.substr(0, kOpen.size()) != kOpen) return CronParser(text, false).read(text);
    if (text.back() != ')') {
        return fail(ErrorCode::invalid,
                    "expected 'cron(' to end with ')', but got '" + std::string(text) + "'");
    }
    return CronParser(text, true).read(text.substr(kOpen.size(), text.size() - kOpen.size() - 1));
}

}  // namespace stepwell::schedule

#include "tasks/fields.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "tasks/registry.hpp"

namespace stepwell::tasks {

namespace {

struct Unit {
    std::string_view name;
    double factor;
};

constexpr std::array<Unit, 4> kDurations = {{{"ms", 1}, {"s", 1e3}, {"m", 60e3}, {"h", 3600e3}}};
constexpr std::array<Unit, 10> kSizes = {{{"B", 1},
                                          {"KB", 1024},
                                          {"MB", 1048576},
                                          {"GB", 1073741824},
                                          {"KiB", 1024},
                                          {"MiB", 1048576},
                                          {"GiB", 1073741824},
                                          {"K", 1024},
                                          {"M", 1048576},
                                          {"G", 1073741824}}};

/// "30s" by a table of units; nothing where it is anything else, or too large.
template <std::size_t N>
std::optional<double> measure(const std::string& text, const std::array<Unit, N>& units) {
    double number = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code != std::errc() || number < 0 || number > 1e15) return std::nullopt;
    std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
    while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
    for (const Unit& unit : units) {
        if (unit.name == rest) return number * unit.factor;
    }
    return std::nullopt;
}

constexpr std::string_view kDurationText = "a duration such as 30, \"500ms\", \"30s\" or \"5m\"";
constexpr std::string_view kSizeText = "a size such as 1048576 or \"200MB\"";

std::optional<std::int64_t> milliseconds_in(const Json& value) {
    std::optional<double> ms;
    if (value.is_number()) ms = value.get<double>() * 1000;
    if (value.is_string()) ms = measure(value.get<std::string>(), kDurations);
    if (!ms || *ms <= 0 || *ms >= 1e12) return std::nullopt;
    return static_cast<std::int64_t>(std::ceil(*ms));
}

std::optional<std::uint64_t> bytes_in(const Json& value) {
    std::optional<double> size;
    if (value.is_number()) size = value.get<double>();
    if (value.is_string()) size = measure(value.get<std::string>(), kSizes);
    if (!size || *size < 1 || *size >= 1e15) return std::nullopt;
    return static_cast<std::uint64_t>(*size);
}

std::string in_quotes(std::string_view text) {
    return "'" + std::string(text) + "'";
}

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

std::string excerpt(const Json& value) {
    std::string text = to_text(value);
    if (text.size() > 60) text = text.substr(0, 57) + "...";
    return text;
}

}  // namespace

Shape duration_shape(std::string_view name, std::string_view says) {
    return shape::special(name, says, kDurationText,
                          [](const Json& value) { return milliseconds_in(value).has_value(); },
                          {"string", "number"});
}

Shape size_shape(std::string_view name, std::string_view says) {
    return shape::special(name, says, kSizeText,
                          [](const Json& value) { return bytes_in(value).has_value(); },
                          {"string", "number"});
}

Shape pairs_shape(std::string_view name, std::string_view says) {
    return shape::mapping(name, says, shape::scalar("", ""));
}

std::string plain_text(const Json& value) {
    return value.is_string() ? value.get<std::string>() : to_text(value);
}

Fields::Fields(const Json& object) : object_(object) {
    if (!object.is_object()) fault("expected an object, but found " + excerpt(object));
}

const Json* Fields::any(std::string_view key) {
    known_.emplace_back(key);
    const Json* member = find(object_, key);
    return member && !member->is_null() ? member : nullptr;
}

void Fields::expected(std::string_view key, std::string_view what, const Json& found) {
    fault("expected " + in_quotes(key) + " to be " + std::string(what) + ", but it is " +
          excerpt(found));
}

void Fields::fault(std::string message) {
    faults_.push_back(std::move(message));
}

std::optional<std::string> Fields::text(std::string_view key) {
    const Json* member = any(key);
    if (!member) return std::nullopt;
    if (member->is_string()) return member->get<std::string>();
    expected(key, "a string", *member);
    return std::nullopt;
}

std::string Fields::text(std::string_view key, std::string_view otherwise) {
    return text(key).value_or(std::string(otherwise));
}

bool Fields::flag(std::string_view key, bool otherwise) {
    const Json* member = any(key);
    if (!member) return otherwise;
    if (member->is_boolean()) return member->get<bool>();
    expected(key, "true or false", *member);
    return otherwise;
}

std::optional<std::int64_t> Fields::whole(std::string_view key, std::int64_t min,
                                          std::int64_t max) {
    const Json* member = any(key);
    if (!member) return std::nullopt;
    if (member->is_number_integer()) {
        const auto number = member->get<std::int64_t>();
        if (number >= min && number <= max) return number;
    }
    expected(key, "a whole number from " + std::to_string(min) + " to " + std::to_string(max),
             *member);
    return std::nullopt;
}

std::optional<std::int64_t> Fields::milliseconds(std::string_view key) {
    const Json* member = any(key);
    if (!member) return std::nullopt;
    if (const auto ms = milliseconds_in(*member)) return ms;
    expected(key, kDurationText, *member);
    return std::nullopt;
}

std::optional<std::uint64_t> Fields::bytes(std::string_view key) {
    const Json* member = any(key);
    if (!member) return std::nullopt;
    if (const auto size = bytes_in(*member)) return size;
    expected(key, kSizeText, *member);
    return std::nullopt;
}

std::vector<std::string> Fields::texts(std::string_view key) {
    const Json* member = any(key);
    if (!member) return {};
    if (member->is_string()) return {member->get<std::string>()};
    std::vector<std::string> result;
    const bool is_list =
        member->is_array() && std::all_of(member->begin(), member->end(),
                                          [](const Json& item) { return item.is_string(); });
    if (!is_list) {
        expected(key, "a list of strings", *member);
        return {};
    }
    for (const Json& item : *member) result.push_back(item.get<std::string>());
    return result;
}

std::vector<std::pair<std::string, std::string>> Fields::pairs(std::string_view key) {
    const Json* member = any(key);
    if (!member) return {};
    if (!member->is_object()) {
        expected(key, "an object", *member);
        return {};
    }
    std::vector<std::pair<std::string, std::string>> result;
    for (const auto& [name, value] : member->items()) {
        if (value.is_structured() || value.is_null()) {
            expected(std::string(key) + "." + name, "a string, a number or a boolean", value);
        } else {
            result.emplace_back(name, plain_text(value));
        }
    }
    return result;
}

std::optional<std::string> Fields::finish() {
    if (object_.is_object()) {
        for (const auto& [key, value] : object_.items()) {
            if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
            const std::string near = nearest_word(key, known_);
            fault("there is no field " + in_quotes(key) +
                  (near.empty() ? "; there are " + listed(known_)
                                : "; did you mean " + in_quotes(near) + "?"));
        }
    }
    if (faults_.empty()) return std::nullopt;
    std::string text;
    for (const std::string& message : faults_) text += (text.empty() ? "" : "; ") + message;
    return text;
}

}  // namespace stepwell::tasks

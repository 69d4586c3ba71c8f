#include "api/router/parameters.hpp"

#include <algorithm>
#include <charconv>

#include "api/http/url.hpp"
#include "engine/base/utf8.hpp"

namespace stepwell::api {
namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
        out += words[i];
    }
    return out;
}

/// What the value should be, as a phrase; empty where it is that.
std::string expectation(const Parameter& parameter, const std::string& value) {
    switch (parameter.type) {
        case Parameter::Type::text: {
            const auto length = static_cast<std::int64_t>(utf8_count(value));
            if (length >= parameter.min && length <= parameter.max) return "";
            return std::to_string(parameter.min) + " to " + std::to_string(parameter.max) +
                   " characters";
        }
        case Parameter::Type::integer: {
            const auto number = parse_integer(value);
            if (number && *number >= parameter.min && *number <= parameter.max) return "";
            return "a whole number from " + std::to_string(parameter.min) + " to " +
                   std::to_string(parameter.max);
        }
        case Parameter::Type::flag:
            return value == "true" || value == "false" ? "" : "true or false";
        case Parameter::Type::choice: {
            const auto& choices = parameter.choices;
            const bool is_one = std::find(choices.begin(), choices.end(), value) != choices.end();
            return is_one ? "" : joined(choices);
        }
        case Parameter::Type::time:
            return parse_time(value) ? "" : "a time such as 2024-01-02T03:04:05Z";
    }
    return "";
}

void check(const Parameter& parameter, const std::string& text, std::vector<Fault>& faults,
           const char* sign = "?") {
    const auto values = parameter.is_list ? split_list(text) : std::vector<std::string>{text};
    for (const std::string& value : values) {
        const std::string expected = expectation(parameter, value);
        if (expected.empty()) continue;
        faults.push_back({sign + parameter.name, "invalid",
                          "expected '" + parameter.name + "' to be " + expected + ", but got '" +
                              value.substr(0, 100) + "'"});
    }
}

std::string unknown(const std::string& name, const std::vector<Parameter>& declared) {
    std::vector<std::string> names;
    for (const Parameter& parameter : declared) names.push_back("'" + parameter.name + "'");
    const std::string what = names.empty() ? "no query parameters" : joined(names);
    return "expected " + what + ", but got '" + name.substr(0, 100) + "'";
}

}  // namespace

Call::Values read_query(std::string_view query, const std::vector<Parameter>& declared,
                        std::vector<Fault>& faults) {
    Call::Values values;
    const auto pairs = split_query(query);
    if (!pairs) {
        faults.push_back({"", "invalid", "expected the query to be percent-encoded UTF-8"});
        return values;
    }
    for (const auto& pair : *pairs) {
        const std::string& name = pair.first;
        const auto parameter = std::find_if(declared.begin(), declared.end(),
                                            [&](const Parameter& p) { return p.name == name; });
        if (parameter == declared.end()) {
            faults.push_back({"?" + name.substr(0, 100), "unknown", unknown(name, declared)});
            continue;
        }
        const bool is_repeated = std::any_of(values.begin(), values.end(),
                                             [&](const auto& p) { return p.first == name; });
        if (is_repeated) {
            faults.push_back(
                {"?" + name, "repeated", "expected '" + name + "' once, but it comes again"});
        }
        check(*parameter, pair.second, faults);
        values.push_back(pair);
    }
    for (const Parameter& parameter : declared) {
        const bool is_given = std::any_of(values.begin(), values.end(),
                                          [&](const auto& p) { return p.first == parameter.name; });
        if (parameter.is_required && !is_given) {
            faults.push_back({"?" + parameter.name, "missing",
                              "expected the query parameter '" + parameter.name + "'"});
        }
    }
    return values;
}

void check_headers(const Request& request, const std::vector<Parameter>& declared,
                   std::vector<Fault>& faults) {
    for (const Parameter& parameter : declared) {
        const std::string value(request.header(parameter.name));
        if (!value.empty()) check(parameter, value, faults, "^");
    }
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::optional<Timestamp> parse_time(std::string_view text) {
    const auto instant = parse_rfc3339(text);
    if (!instant) return std::nullopt;
    return from_ms(instant->seconds * 1'000 + instant->nanos / 1'000'000);
}

std::vector<std::string> split_list(std::string_view text) {
    std::vector<std::string> out;
    while (true) {
        const std::size_t end = text.find(',');
        out.emplace_back(text.substr(0, end));
        if (end == text.npos) return out;
        text.remove_prefix(end + 1);
    }
}

Json schema_of(const Parameter& parameter) {
    Json schema;
    switch (parameter.type) {
        case Parameter::Type::text:
            schema = {
                {"type", "string"}, {"minLength", parameter.min}, {"maxLength", parameter.max}};
            break;
        case Parameter::Type::integer:
            schema = {{"type", "integer"}, {"minimum", parameter.min}, {"maximum", parameter.max}};
            break;
        case Parameter::Type::flag:
            schema = {{"type", "boolean"}};
            break;
        case Parameter::Type::choice:
            schema = {{"type", "string"}, {"enum", parameter.choices}};
            break;
        case Parameter::Type::time:
            schema = {{"type", "string"}, {"format", "date-time"}};
            break;
    }
    if (parameter.is_list) {
        // A comma would begin the next value.
        if (parameter.type == Parameter::Type::text) schema["pattern"] = "^[^,]*$";
        schema = {{"type", "array"}, {"items", std::move(schema)}, {"minItems", 1}};
    }
    if (!parameter.otherwise) return schema;
    if (parameter.type == Parameter::Type::integer) {
        schema["default"] = *parse_integer(*parameter.otherwise);
    } else if (parameter.type == Parameter::Type::flag) {
        schema["default"] = *parameter.otherwise == "true";
    } else {
        schema["default"] = *parameter.otherwise;
    }
    return schema;
}

}  // namespace stepwell::api

#include "engine/definition/fields.hpp"

#include <algorithm>
#include <cmath>

#include "engine/definition/variable_name.hpp"

namespace stepwell::definition {
namespace {

constexpr double kExactIntegerMax = 9'007'199'254'740'992.0;  // 2^53

/// The integer that the value is; 3.0 is one.
std::optional<std::int64_t> integer_of(const Json& value) {
    if (value.is_number_unsigned()) {
        const auto number = value.get<std::uint64_t>();
        constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
        return static_cast<std::int64_t>(std::min(number, kMax));
    }
    if (value.is_number_integer()) return value.get<std::int64_t>();
    if (!value.is_number_float()) return std::nullopt;
    const double number = value.get<double>();
    if (std::floor(number) != number || std::abs(number) > kExactIntegerMax) return std::nullopt;
    return static_cast<std::int64_t>(number);
}

std::string range_text(IntegerRange range) {
    if (range.max == std::numeric_limits<std::int64_t>::max()) {
        return "a whole number, " + std::to_string(range.min) + " or more";
    }
    return "a whole number from " + std::to_string(range.min) + " to " + std::to_string(range.max);
}

std::string range_text(NumberRange range) {
    if (range.max == std::numeric_limits<double>::max()) {
        return "a number, " + to_text(range.min) + " or more";
    }
    return "a number from " + to_text(range.min) + " to " + to_text(range.max);
}

std::string reference_fault(const Path& path, PathForm form) {
    if (form == PathForm::any) return "";
    if (!path.is_reference()) {
        return "a path to one place, made of .name, ['name'] and [n] only";
    }
    if (form == PathForm::of_input && path.source() == Path::Source::context) {
        return "a path into the state's input or a variable, not into the context object";
    }
    if (form == PathForm::result_path && path.source() != Path::Source::data) {
        return "a path into the state's input, beginning with '$.'";
    }
    return "";
}

}  // namespace

std::string excerpt(const Json& value) {
    constexpr std::size_t kBytesMax = 60;
    if (value.is_object()) return value.empty() ? "an empty object" : "an object";
    if (value.is_array()) return value.empty() ? "an empty array" : "an array";
    std::string text = value.is_string() ? "'" + value.get<std::string>() + "'" : to_text(value);
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
    if (text.size() <= kBytesMax) return text;
    std::size_t end = kBytesMax;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    return text.substr(0, end) + "...";
}

const Json* Fields::require(std::string_view name) const {
    const Json* value = find(name);
    if (value == nullptr) {
        report_.add_at_name(place_,
                            {"The field '" + std::string(name) + "' is required but was missing"});
    }
    return value;
}

void Fields::exclude(const std::string& one, const std::string& other) const {
    if (!has(one) || !has(other)) return;
    report_.add_at_name(place_.member(other),
                        {"expected either '" + one + "' or '" + other + "', but both are there"});
}

void Fields::only(const std::vector<std::string>& allowed, const std::string& owner) const {
    for (auto it = object_.begin(); it != object_.end(); ++it) {
        if (std::find(allowed.begin(), allowed.end(), it.key()) != allowed.end()) continue;
        std::string hint = report_.is_full() ? "" : suggest(it.key(), allowed);
        if (hint.empty()) hint = "the fields are " + quoted_list(allowed);
        report_.add_at_name(
            place_.member(it.key()),
            rule({"expected a field of " + owner + ", but '" + it.key() + "' is none", hint}));
    }
}

void Fields::report_type(std::string_view name, const std::string& what) const {
    report_.add(place_.member(name), {"expected '" + std::string(name) + "' to be " + what +
                                      ", but it is " + excerpt(*find(name))});
}

std::optional<std::string> Fields::read_string(std::string_view name) const {
    const Json* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_string()) return value->get<std::string>();
    report_type(name, "a string");
    return std::nullopt;
}

std::optional<std::string> Fields::read_enum(std::string_view name,
                                             const std::vector<std::string>& values) const {
    const Json* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_string() &&
        std::find(values.begin(), values.end(), value->get<std::string>()) != values.end()) {
        return value->get<std::string>();
    }
    std::string list;
    for (const std::string& each : values) list += (list.empty() ? "" : ", ") + each;
    report_.add(
        place_.member(name),
        {"The field '" + std::string(name) + "' should have one of these values: [" + list + "]",
         value->is_string() ? suggest(value->get<std::string>(), values) : ""});
    return std::nullopt;
}

std::optional<std::int64_t> Fields::read_integer(std::string_view name, IntegerRange range) const {
    const Json* value = find(name);
    if (value == nullptr) return std::nullopt;
    const auto number = integer_of(*value);
    if (number && *number >= range.min && *number <= range.max) return number;
    report_type(name, range_text(range));
    return std::nullopt;
}

std::optional<double> Fields::read_number(std::string_view name, NumberRange range) const {
    const Json* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_number()) {
        const double number = value->get<double>();
        if (number >= range.min && number <= range.max) return number;
    }
    report_type(name, range_text(range));
    return std::nullopt;
}

std::optional<Path> Fields::read_path(std::string_view name, PathForm form) const {
    const Json* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_string()) {
        report_type(name, "a JSONPath");
        return std::nullopt;
    }
    auto path = Path::parse(value->get<std::string>());
    if (!path) {
        report_.add(place_.member(name),
                    {"expected '" + std::string(name) + "' to be a JSONPath, but it is " +
                     excerpt(*value) + ": " + path.error().message});
        return std::nullopt;
    }
    if (const auto fault = reference_fault(*path, form); !fault.empty()) {
        report_type(name, fault);
        return std::nullopt;
    }
    return std::move(*path);
}

NumberOrPath Fields::read_integer_or_path(const std::string& name, IntegerRange range,
                                          PathForm form) const {
    exclude(name, name + "Path");
    return {read_integer(name, range), read_path(name + "Path", form), {}};
}

StringOrPath Fields::read_string_or_path(const std::string& name) const {
    const std::string path_name = name + "Path";
    exclude(name, path_name);
    StringOrPath result;
    result.text = read_string(name);
    const Json* value = find(path_name);
    if (value == nullptr || !value->is_string() ||
        value->get<std::string>().rfind("States.", 0) != 0) {
        result.path = read_path(path_name, PathForm::reference);
        return result;
    }
    auto call = IntrinsicCall::parse(value->get<std::string>());
    if (!call) {
        report_.add(
            place_.member(path_name),
            {"expected '" + path_name + "' to be a JSONPath or an intrinsic function call, " +
             "but it is " + excerpt(*value) + ": " + call.error().message});
    } else if (!call->gives_string()) {
        report_type(path_name, "a call of an intrinsic function that gives a string");
    } else {
        result.call = std::move(*call);
    }
    return result;
}

Selection Fields::read_selection(std::string_view name, PathForm form) const {
    const Json* value = find(name);
    if (value == nullptr) return {};
    if (value->is_null()) return {Selection::Kind::nothing, std::nullopt};
    auto path = read_path(name, form);
    const bool is_whole = path && path->is_root() && path->source() == Path::Source::data;
    if (!path || is_whole) return {};
    return {Selection::Kind::path, std::move(path)};
}

std::optional<PayloadTemplate> Fields::read_template(std::string_view name,
                                                     TemplateRoot root) const {
    const Json* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (root == TemplateRoot::object && !value->is_object()) {
        report_type(name, "an object");
        return std::nullopt;
    }
    report_repeated_names(*value, place_.member(name));
    auto compiled = PayloadTemplate::compile(*value);
    if (compiled) return std::move(*compiled);
    report_template_faults(place_.member(name), compiled.error());
    return std::nullopt;
}

void Fields::report_template_faults(const Place& at,
                                    const std::vector<expression::TemplateFault>& faults) const {
    for (const expression::TemplateFault& fault : faults) {
        report_.add_below(at, fault.pointer,
                          {"The value for the field '" + fault.key +
                               "' must be a valid JSONPath or a valid intrinsic function call",
                           fault.message},
                          Said::of_root);
    }
}

void Fields::report_repeated_names(const Json& source, const Place& at) const {
    if (source.is_array()) {
        for (std::size_t i = 0; i < source.size(); ++i) {
            report_repeated_names(source[i], at.item(i));
        }
    }
    if (!source.is_object()) return;
    for (auto it = source.begin(); it != source.end(); ++it) {
        const std::string plain(without_path_mark(it.key()));
        const Place member_at = at.member(it.key());
        if (plain.size() < it.key().size() && stepwell::find(source, plain) != nullptr) {
            report_.add_at_name(member_at, {"expected either '" + plain + "' or '" + it.key() +
                                            "', but both are there"});
        }
        report_repeated_names(it.value(), member_at);
    }
}

std::optional<PayloadTemplate> Fields::read_assign() const {
    const Json* value = find("Assign");
    if (value == nullptr) return std::nullopt;
    report_variable_names(*value, place_.member("Assign"));
    return read_template("Assign", TemplateRoot::object);
}

void Fields::report_variable_names(const Json& value, const Place& at) const {
    if (!value.is_object()) return;
    for (auto it = value.begin(); it != value.end(); ++it) {
        const std::string fault = variable_name_fault(without_path_mark(it.key()));
        if (!fault.empty()) report_.add_at_name(at.member(it.key()), {fault});
    }
}

}  // namespace stepwell::definition

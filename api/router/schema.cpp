#include "api/router/schema.hpp"

#include <cmath>
#include <limits>
#include <optional>
#include <regex>

#include "engine/base/utf8.hpp"

namespace stepwell::api {
namespace {

/// Code points: so that a pattern counts characters, not bytes.
std::wstring wide(std::string_view text) {
    std::wstring out;
    while (!text.empty()) {
        const std::size_t length = std::max<std::size_t>(1, utf8_length_of_first(text));
        auto point = static_cast<unsigned char>(text[0]);
        std::uint32_t code = length == 1 ? point : point & (0xFFu >> (length + 1));
        for (std::size_t i = 1; i < length; ++i) {
            code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3Fu);
        }
        out += static_cast<wchar_t>(code);
        text.remove_prefix(length);
    }
    return out;
}

bool has_type(const Json& value, const std::string& type) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "boolean") return value.is_boolean();
    if (type == "null") return value.is_null();
    if (type == "number") return value.is_number();
    if (value.is_number_integer()) return true;
    return value.is_number_float() && std::floor(value.get<double>()) == value.get<double>();
}

std::string excerpt(const Json& value) {
    std::string text = to_text(value);
    if (text.size() <= 100) return text;
    return utf8_repaired(text.substr(0, 100)) + "...";
}

std::vector<std::string> types_of(const Json& document) {
    const Json* type = find(document, "type");
    if (!type) return {};
    if (type->is_string()) return {type->get<std::string>()};
    return type->get<std::vector<std::string>>();
}

std::optional<double> number_member(const Json& document, std::string_view name) {
    const Json* found = find(document, name);
    return found ? std::optional(found->get<double>()) : std::nullopt;
}

/// "4 to 10", "at least 4", "at most 10".
std::string range_text(const std::optional<double>& min, const std::optional<double>& max) {
    const auto text = [](double number) {
        return to_text(Json(static_cast<std::int64_t>(number)));
    };
    if (min && max) return text(*min) + " to " + text(*max);
    return min ? "at least " + text(*min) : "at most " + text(*max);
}

/// So many faults of one body are told: a client mends one kind at a time, and a body may have a
/// hundred thousand of them.
constexpr std::size_t kFaultsTold = 20;

class Findings {
public:
    explicit Findings(std::vector<Fault>& told) : told_(told) {}

    /// `make` gives the fault; it is not asked for those that are only counted.
    template <class Make>
    void add(Make&& make) {
        if (++count_ <= kFaultsTold) told_.push_back(make());
    }
    void finish() {
        if (count_ <= kFaultsTold) return;
        const std::string rest = std::to_string(count_ - kFaultsTold);
        told_.push_back({"#", "more", "and " + rest + " more"});
    }

private:
    std::vector<Fault>& told_;
    std::size_t count_ = 0;
};

/// "input.tags[3]" -> "#/input/tags/3". Our own members need no escapes; those of others get what
/// their dots make of them.
std::string pointer_to(std::string_view place) {
    std::string out = place.empty() ? "#" : "#/";
    for (const char c : place) {
        if (c == ']') continue;
        if (c == '.' || c == '[') {
            out += '/';
        } else if (c == '~') {
            out += "~0";
        } else if (c == '/') {
            out += "~1";
        } else {
            out += c;
        }
    }
    return out;
}

}  // namespace

struct Schema::Node {
    const std::map<std::string, Json>& components;
    std::string reference;  // the name of a component; the rest is empty then
    std::vector<std::string> types;
    std::vector<Json> choices;
    std::optional<double> min, max;      // of a number
    std::optional<double> fewest, most;  // characters of a string, items of an array
    std::optional<std::wregex> pattern;
    std::string pattern_text;
    std::unique_ptr<Node> items;
    std::map<std::string, std::unique_ptr<Node>> properties;
    std::vector<std::string> required;
    bool is_closed = false;
    bool is_secret = false;        // writeOnly: never said back
    std::unique_ptr<Node> others;  // what other properties must fit

    Node(const Json& document, const std::map<std::string, Json>& components_)
        : components(components_), types(types_of(document)) {
        if (const Json* target = find(document, "$ref")) {
            const auto& text = target->get_ref<const std::string&>();
            reference = text.substr(text.rfind('/') + 1);
            return;
        }
        if (const Json* values = find(document, "enum")) {
            choices.assign(values->begin(), values->end());
        }
        min = number_member(document, "minimum");
        max = number_member(document, "maximum");
        const bool is_array = find(document, "items") != nullptr;
        fewest = number_member(document, is_array ? "minItems" : "minLength");
        most = number_member(document, is_array ? "maxItems" : "maxLength");
        const Json* hidden = find(document, "writeOnly");
        is_secret = hidden && *hidden == true;
        if (const Json* text = find(document, "pattern")) {
            pattern_text = text->get<std::string>();
            pattern.emplace(wide(pattern_text));
        }
        if (is_array) items = std::make_unique<Node>(document["items"], components);
        read_object(document);
    }

    void read_object(const Json& document) {
        if (const Json* members = find(document, "properties")) {
            for (const auto& [name, member] : members->items()) {
                properties[name] = std::make_unique<Node>(member, components);
            }
        }
        if (const Json* names = find(document, "required")) {
            required = names->get<std::vector<std::string>>();
        }
        const Json* rest = find(document, "additionalProperties");
        if (!rest) return;
        is_closed = rest->is_boolean() && !rest->get<bool>();
        if (rest->is_object()) others = std::make_unique<Node>(*rest, components);
    }

    void check(const Json& value, const std::string& place, Findings& faults) const {
        if (!reference.empty()) {
            return Node(components.at(reference), components).check(value, place, faults);
        }
        const std::string expected = expectation(value);
        if (!expected.empty()) {
            const std::string what = place.empty() ? "the body" : "'" + place + "'";
            faults.add([&] {
                const std::string got = is_secret ? "something else" : excerpt(value);
                return Fault{pointer_to(place), "invalid",
                             "expected " + what + " to be " + expected + ", but got " + got};
            });
            return;
        }
        if (value.is_object()) return check_members(value, place, faults);
        if (!value.is_array() || !items) return;
        for (std::size_t i = 0; i < value.size(); ++i) {
            items->check(value[i], place + "[" + std::to_string(i) + "]", faults);
        }
    }

    void check_members(const Json& value, const std::string& place, Findings& faults) const {
        const std::string prefix = place.empty() ? "" : place + ".";
        for (const auto& [name, member] : value.items()) {
            const auto known = properties.find(name);
            if (known != properties.end()) {
                known->second->check(member, prefix + name, faults);
            } else if (others) {
                others->check(member, prefix + name, faults);
            } else if (is_closed) {
                faults.add([&, &name = name] {
                    const std::string at = prefix + name.substr(0, 100);
                    return Fault{pointer_to(at), "unknown",
                                 "expected " + member_names() + ", but got '" + at + "'"};
                });
            }
        }
        for (const std::string& name : required) {
            if (find(value, name)) continue;
            faults.add([&] {
                return Fault{pointer_to(prefix + name), "missing",
                             "expected '" + prefix + name + "' to be there"};
            });
        }
    }

    std::string member_names() const {
        if (properties.empty()) return "no members";
        std::string out;
        for (const auto& [name, node] : properties) out += (out.empty() ? "'" : ", '") + name + "'";
        return (properties.size() == 1 ? "the member " : "only the members ") + out;
    }

    std::string expectation(const Json& value) const {
        const bool is_typed =
            types.empty() || std::any_of(types.begin(), types.end(), [&](const std::string& type) {
                return has_type(value, type);
            });
        if (!is_typed) return type_text();
        if (!choices.empty() && std::find(choices.begin(), choices.end(), value) == choices.end()) {
            return "one of " + to_text(Json(choices));
        }
        if (value.is_number()) {
            const auto number = value.get<double>();
            const bool is_good = (!min || number >= *min) && (!max || number <= *max);
            return is_good ? "" : range_text(min, max);
        }
        if (value.is_string()) return text_expectation(value.get_ref<const std::string&>());
        if (value.is_array() && !is_count_good(value.size())) {
            return range_text(fewest, most) + " items";
        }
        return "";
    }

    std::string text_expectation(const std::string& text) const {
        if (!is_count_good(utf8_count(text))) return range_text(fewest, most) + " characters";
        if (pattern && !std::regex_search(wide(text), *pattern)) {
            return "text that fits " + pattern_text;
        }
        return "";
    }

    bool is_count_good(std::size_t count) const {
        const auto number = static_cast<double>(count);
        return (!fewest || number >= *fewest) && (!most || number <= *most);
    }

    std::string type_text() const {
        std::string out;
        for (const std::string& type : types) {
            const bool is_vowel = type == "object" || type == "array" || type == "integer";
            if (!out.empty()) out += " or ";
            if (type != "null") out += is_vowel ? "an " : "a ";
            out += type;
        }
        return out;
    }
};

Schema::Schema(const Json& document, const std::map<std::string, Json>& components)
    : root_(std::make_unique<Node>(document, components)) {}
Schema::~Schema() = default;
Schema::Schema(Schema&&) noexcept = default;
Schema& Schema::operator=(Schema&&) noexcept = default;

void Schema::check(const Json& value, std::vector<Fault>& faults) const {
    Findings findings(faults);
    root_->check(value, "", findings);
    findings.finish();
}

}  // namespace stepwell::api

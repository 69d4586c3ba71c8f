// The models are texts, made by mock_models.py: `SERVICE ACTION MODEL`. A model is an object with
// one for each member (`!` behind the name: it is required; the only member `*`: of a map's
// values), an array with the one of its items, or a text: `string`, `integer` and `number`, which
// may have bounds behind them, `boolean`, `time`, `enum A|B`, or `any`.
#include "api/aws/mock_model.hpp"

#include <algorithm>
#include <cmath>

#include "engine/base/ascii.hpp"
#include "engine/base/assert.hpp"

namespace stepwell::api::aws {
namespace {

constexpr const char* kModels[] = {
#include "api/aws/mock_models.inc"
};

using Fault = std::optional<std::string>;

std::string named(const std::string& field) {
    return "Field '" + field + "' ";
}

Fault must_be(const std::string& field, const char* kind) {
    return named(field) + "must be " + kind;
}

std::optional<double> number_in(std::string_view text) {
    if (text.empty()) return std::nullopt;
    return parse_json(text).value().get<double>();
}

/// "1..256", either side of which may be missing.
struct Bounds {
    explicit Bounds(std::string_view text) {
        const std::size_t dots = text.find("..");
        if (dots == std::string_view::npos) return;
        least = number_in(text.substr(0, dots));
        most = number_in(text.substr(dots + 2));
    }
    std::optional<double> least;
    std::optional<double> most;
};

Fault text_fault(const Json& value, const Bounds& bounds, const std::string& field) {
    if (!value.is_string()) return must_be(field, "a string");
    const auto length = static_cast<double>(value.get_ref<const std::string&>().size());
    if (length < bounds.least.value_or(length))
        return named(field) + "is smaller than the minimum length";
    if (length > bounds.most.value_or(length)) return named(field) + "exceeds the maximum length";
    return std::nullopt;
}

Fault number_fault(const Json& value, const Bounds& bounds, const std::string& field) {
    if (!value.is_number()) return must_be(field, "a number");
    const auto number = value.get<double>();
    if (number < bounds.least.value_or(number))
        return named(field) + "is less than the minimum value";
    if (number > bounds.most.value_or(number)) return named(field) + "exceeds the maximum value";
    return std::nullopt;
}

Fault enum_fault(const Json& value, std::string_view values, const std::string& field) {
    if (!value.is_string()) return must_be(field, "a string");
    const auto known = split(values, '|');
    const bool is_known =
        std::find(known.begin(), known.end(), value.get_ref<const std::string&>()) != known.end();
    return is_known ? Fault() : named(field) + "is not an expected value";
}

Fault plain_fault(std::string_view model, const Json& value, const std::string& field) {
    const std::size_t blank = std::min(model.find(' '), model.size());
    const std::string_view kind = model.substr(0, blank);
    const std::string_view rest = model.substr(std::min(blank + 1, model.size()));
    if (kind == "string") return text_fault(value, Bounds(rest), field);
    if (kind == "enum") return enum_fault(value, rest, field);
    if (kind == "number") return number_fault(value, Bounds(rest), field);
    if (kind == "integer") {
        const double number = value.is_number() ? value.get<double>() : std::nan("");
        const bool is_whole = std::trunc(number) == number;
        return is_whole ? number_fault(value, Bounds(rest), field) : must_be(field, "a number");
    }
    if (kind == "boolean") return value.is_boolean() ? Fault() : must_be(field, "a boolean");
    // Generic integrations give a text, states:startExecution a number.
    if (kind == "time")
        return value.is_string() || value.is_number() ? Fault() : must_be(field, "a string");
    SW_ASSERT(kind == "any");
    return std::nullopt;
}

class Check {
public:
    explicit Check(ValidationMode mode) : is_strict_(mode == ValidationMode::strict) {}

    [[nodiscard]] Fault fault(const Json& model, const Json& value,
                              const std::string& field) const {
        if (model.is_string()) {
            return plain_fault(model.get_ref<const std::string&>(), value, field);
        }
        if (model.is_array()) {
            if (!value.is_array()) return must_be(field, "an array");
            return first_fault(model[0], value, field);
        }
        if (!value.is_object()) return must_be(field, "an object");
        const Json* values = find(model, "*");
        return values ? first_fault(*values, value, field) : members_fault(model, value);
    }

private:
    [[nodiscard]] Fault first_fault(const Json& model, const Json& values,
                                    const std::string& field) const {
        for (const Json& value : values) {
            if (Fault found = fault(model, value, field)) return found;
        }
        return std::nullopt;
    }

    /// Members that the model does not have say nothing: a later model may.
    [[nodiscard]] Fault members_fault(const Json& model, const Json& value) const {
        for (const auto& [written, member] : model.items()) {
            const bool is_required = written.ends_with('!');
            const std::string name = is_required ? written.substr(0, written.size() - 1) : written;
            const Json* said = find(value, name.c_str());
            if (!said && is_required && is_strict_) {
                return "Required field '" + name + "' is missing";
            }
            if (!said) continue;
            if (Fault found = fault(member, *said, name)) return found;
        }
        return std::nullopt;
    }

    bool is_strict_;
};

}  // namespace

std::optional<Json> mock_model(std::string_view service, std::string_view action) {
    const std::string start = std::string(service) + " " + std::string(action) + " ";
    for (const std::string_view line : kModels) {
        if (!line.starts_with(start)) continue;
        auto model = parse_json(line.substr(start.size()));
        SW_ASSERT(model.has_value());
        return *std::move(model);
    }
    return std::nullopt;
}

Fault model_fault(const Json& model, const Json& result, ValidationMode mode) {
    if (mode == ValidationMode::none) return std::nullopt;
    if (!result.is_object()) return "Mocked result must be a JSON object.";
    const Fault found = Check(mode).fault(model, result, "");
    return found ? "Mock result schema validation error: " + *found : found;
}

}  // namespace stepwell::api::aws

#include "api/aws/members.hpp"

#include <algorithm>

namespace stepwell::api::aws {

const Json* Members::member(std::string_view name) const {
    const Json* found = find(body_, name);
    return found && !found->is_null() ? found : nullptr;
}

std::string Members::required_text(std::string_view name, Length length) {
    auto found = text(name, length);
    if (!found && type_fault_.empty() && !member(name)) {
        violate(name, nullptr, "Member must not be null");
    }
    return std::move(found).value_or(std::string());
}

std::optional<std::string> Members::text(std::string_view name, Length length) {
    const Json* found = member(name);
    if (!found) return std::nullopt;
    if (!found->is_string()) {
        expect_type(name, "a string");
        return std::nullopt;
    }
    check_length(name, *found, length);
    return found->get<std::string>();
}

std::optional<std::string> Members::printable_text(std::string_view name, Length length) {
    auto found = text(name, length);
    const bool is_good = !found || std::all_of(found->begin(), found->end(),
                                               [](char c) { return c > ' ' && c < 127; });
    if (!is_good) {
        violate(name, member(name), "Member must satisfy regular expression pattern: [!-~]+");
    }
    return found;
}

std::optional<std::string> Members::choice(std::string_view name,
                                           const std::vector<std::string>& values) {
    auto found = text(name, {0, 1'000});
    if (!found || std::find(values.begin(), values.end(), *found) != values.end()) return found;
    std::string rule = "Member must satisfy enum value set: [";
    for (const std::string& value : values) {
        rule += (&value == &values.front() ? "" : ", ") + value;
    }
    violate(name, member(name), rule + "]");
    return found;
}

std::int64_t Members::number(std::string_view name, std::int64_t otherwise, std::int64_t max,
                             std::int64_t min) {
    const Json* found = member(name);
    if (!found) return otherwise;
    if (!found->is_number_integer()) {
        expect_type(name, "an integer");
        return otherwise;
    }
    const auto value = found->get<std::int64_t>();
    if (value > max) {
        violate(name, found, "Member must have value less than or equal to " + std::to_string(max));
    }
    if (value < min) {
        violate(name, found,
                "Member must have value greater than or equal to " + std::to_string(min));
    }
    return value;
}

bool Members::flag(std::string_view name, bool otherwise) {
    const Json* found = member(name);
    if (!found) return otherwise;
    if (!found->is_boolean()) {
        expect_type(name, "a boolean");
        return otherwise;
    }
    return found->get<bool>();
}

const Json* Members::object(std::string_view name) {
    const Json* found = member(name);
    if (found && !found->is_object()) expect_type(name, "an object");
    return found && found->is_object() ? found : nullptr;
}

const Json* Members::list(std::string_view name) {
    const Json* found = member(name);
    if (found && !found->is_array()) expect_type(name, "a list");
    return found && found->is_array() ? found : nullptr;
}

std::string Members::required_text_at(const std::string& path, const Json* value, Length length) {
    if (!value || value->is_null()) {
        violate(path, nullptr, "Member must not be null");
        return {};
    }
    if (!value->is_string()) {
        expect_type(path, "a string");
        return {};
    }
    check_length(path, *value, length);
    return value->get<std::string>();
}

void Members::take_over(const Members& inner) {
    violations_.insert(violations_.end(), inner.violations_.begin(), inner.violations_.end());
    if (type_fault_.empty()) type_fault_ = inner.type_fault_;
}

AwsResult<void> Members::check() const {
    if (!type_fault_.empty()) return refuse("SerializationException", type_fault_);
    if (violations_.empty()) return {};
    std::string message = std::to_string(violations_.size()) + " validation error" +
                          (violations_.size() == 1 ? "" : "s") + " detected: ";
    for (const std::string& violation : violations_) {
        message += (&violation == &violations_.front() ? "" : "; ") + violation;
    }
    return refuse("ValidationException", std::move(message));
}

void Members::expect_type(std::string_view name, std::string_view type) {
    if (!type_fault_.empty()) return;
    type_fault_ = "expected '" + prefix_ + std::string(name) + "' to be " + std::string(type);
}

void Members::violate(std::string_view name, const Json* value, std::string_view rule) {
    const std::string shown =
        !value ? "null"
               : "'" + (value->is_string() ? value->get<std::string>() : to_text(*value)) + "'";
    violate_shown(name, shown, rule);
}

void Members::violate_shown(std::string_view path, std::string_view shown, std::string_view rule) {
    violations_.push_back("Value " + std::string(shown) + " at '" + prefix_ + std::string(path) +
                          "' failed to satisfy constraint: " + std::string(rule));
}

void Members::check_length(std::string_view name, const Json& value, Length length) {
    const std::size_t size = value.get_ref<const std::string&>().size();
    if (size > length.max) {
        violate(name, &value,
                "Member must have length less than or equal to " + std::to_string(length.max));
    }
    if (size < length.min) {
        violate(name, &value,
                "Member must have length greater than or equal to " + std::to_string(length.min));
    }
}

}  // namespace stepwell::api::aws

// The members of an AWS request, held against the service's model: wrong types, lengths and ranges
// are collected, and reported together as AWS does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/aws/aws_error.hpp"
#include "engine/base/json.hpp"

namespace stepwell::api::aws {

/// In bytes of UTF-8.
struct Length {
    std::size_t min = 0;
    std::size_t max = 0;
};
constexpr Length kArnLength{1, 256};

class Members {
public:
    /// `prefix`: of the names in errors, for an object below another. REQUIRES: `body` outlives it.
    explicit Members(const Json& body, std::string prefix = {})
        : body_(body), prefix_(std::move(prefix)) {}
    /// What is wrong with the members of an object below this one is told with the others.
    void take_over(const Members& inner);

    /// The empty string where it is missing; check() then says so.
    std::string required_text(std::string_view name, Length length);
    std::optional<std::string> text(std::string_view name, Length length);
    /// Of printable ASCII characters without blanks.
    std::optional<std::string> printable_text(std::string_view name, Length length);
    /// One of `values`.
    std::optional<std::string> choice(std::string_view name,
                                      const std::vector<std::string>& values);
    std::int64_t number(std::string_view name, std::int64_t otherwise, std::int64_t max,
                        std::int64_t min = 0);
    bool flag(std::string_view name, bool otherwise);
    /// Null where it is missing. An object.
    const Json* object(std::string_view name);
    /// Null where it is missing. An array.
    const Json* list(std::string_view name);

    /// What the model says beyond that: `value` at `path` does not keep the rule. Null: it is
    /// missing.
    void violate(std::string_view path, const Json* value, std::string_view rule);
    /// The same with the value as AWS shows it.
    void violate_shown(std::string_view path, std::string_view shown, std::string_view rule);
    /// A text below a list or an object: its length, and that it is there.
    std::string required_text_at(const std::string& path, const Json* value, Length length);
    void expect_type(std::string_view path, std::string_view type);

    /// SerializationException for wrong types, ValidationException with every violation.
    [[nodiscard]] AwsResult<void> check() const;

private:
    const Json* member(std::string_view name) const;
    void check_length(std::string_view name, const Json& value, Length length);

    const Json& body_;
    const std::string prefix_;
    std::vector<std::string> violations_;
    std::string type_fault_;
};

}  // namespace stepwell::api::aws

// How a text names a secret instead of holding it: `${secret:NAME}`, `${secret:NAME#FIELD}` for a
// member of a secret that is a JSON object, and CloudFormation's
// `{{resolve:secretsmanager:NAME:SecretString:FIELD}}`.
//
// Nothing here knows a value: who may look one up, and when, is the caller's affair.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"

namespace stepwell {

struct SecretName {
    std::string name;
    std::string field;  // empty: the whole secret
    /// "NAME" or "NAME#FIELD".
    [[nodiscard]] std::string text() const { return field.empty() ? name : name + "#" + field; }
    bool operator==(const SecretName&) const = default;
};

/// 1 to 128 of letters, digits and "_./-".
bool is_secret_name(std::string_view name);

/// Whether a reference, or the beginning of one, stands in `text`; also one to a link
/// (link_reference.hpp), which is as secret, and put in at the same moment.
bool names_secret(std::string_view text);

/// The references in `text`, in order. Fails with `invalid` where one is not well formed.
Result<std::vector<SecretName>> secrets_named_in(std::string_view text);

using SecretLookup = std::function<Result<std::string>(const SecretName&)>;

/// `text` with the values in the place of the references. A value is not looked into again. Fails
/// as the lookup does, and with `invalid` where a reference is not well formed.
Result<std::string> expand_secrets(std::string_view text, const SecretLookup& lookup);

}  // namespace stepwell

// The configurations of a state machine: what a request says of logging, tracing and encryption,
// filled up as AWS answers with it. Nothing here is done with them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/aws/aws_error.hpp"
#include "api/aws/members.hpp"
#include "engine/base/json.hpp"

namespace stepwell::api::aws {

/// As a request has them; absent: it says nothing.
struct Configurations {
    std::optional<Json> logging;
    std::optional<Json> tracing;
    std::optional<Json> encryption;
    [[nodiscard]] bool are_empty() const { return !logging && !tracing && !encryption; }
};

/// What is wrong with a member's form is told by members.check(), which has to be asked first.
Configurations read_configurations(Members& members);
/// Fails with InvalidLoggingConfiguration, InvalidEncryptionConfiguration.
AwsResult<void> check_configurations(const Configurations& asked);

/// The settings of a revision with what is asked for in place of what they say.
std::string settings_with(const Configurations& asked, std::string_view settings);
/// The three members of an answer that describes a revision.
void describe_configurations(Json& out, std::string_view settings);

}  // namespace stepwell::api::aws

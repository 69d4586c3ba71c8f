// Names and ARNs as Step Functions takes them.
#pragma once

#include <string>
#include <string_view>

#include "api/aws/aws_error.hpp"

namespace stepwell::api::aws {

/// What ARNs of this daemon say.
struct Account {
    std::string account = "123456789012";
    std::string region = "us-east-1";
};

/// Whether `name` may name a state machine or an execution, its length aside.
bool is_name(std::string_view name);

struct Arn {
    std::string text;
    std::string region;
    std::string account;
    std::string kind;       // "stateMachine", "execution", ...
    std::string name;       // of the state machine (or activity)
    std::string qualifier;  // version, alias, or the execution's name; may be empty
};

/// Reads "arn:aws:states:R:A:KIND:NAME[:QUALIFIER]". Fails with InvalidArn where it is none, or
/// another kind than `kind`.
AwsResult<Arn> parse_arn(std::string_view text, std::string_view kind);

std::string state_machine_arn(const Account& account, std::string_view name);

}  // namespace stepwell::api::aws

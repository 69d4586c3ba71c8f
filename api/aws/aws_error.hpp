// Errors of the AWS API: a shape's name and the words that clients see, exactly as AWS says them.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/result.hpp"

namespace stepwell::api::aws {

struct AwsError {
    std::string type;  // "InvalidArn", ...
    std::string message;
    std::string reason;         // of ValidationException; may be empty
    std::string resource = {};  // of ResourceNotFound and TooManyTags: an ARN; may be empty
};

template <class T>
using AwsResult = Result<T, AwsError>;

inline Failure<AwsError> refuse(std::string type, std::string message, std::string reason = {}) {
    return {AwsError{std::move(type), std::move(message), std::move(reason)}};
}

/// "Invalid Arn: 'Invalid ARN prefix: nonsense'": the usual form of a message.
inline Failure<AwsError> refuse_quoting(std::string type, std::string_view words,
                                        std::string_view quoted) {
    return refuse(std::move(type), std::string(words) + ": '" + std::string(quoted) + "'");
}

}  // namespace stepwell::api::aws

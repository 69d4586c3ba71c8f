// What a Task state sees of the execution that it has started: the answers of the API calls that
// stand behind states:startExecution, in AWS's form.
#pragma once

#include <optional>
#include <string>

#include "engine/base/json.hpp"
#include "engine/base/payload.hpp"
#include "engine/base/time.hpp"
#include "engine/core/execution.hpp"

namespace stepwell::core {

/// How an execution ended, as whoever waited for it is told.
struct ChildEnd {
    Status status = Status::succeeded;
    Timestamp started_at;
    Timestamp stopped_at;
    std::string arn;
    std::string name;
    std::string workflow_arn;
    Payload input;
    std::optional<Payload> output;  // iff succeeded
    std::optional<std::string> error;
    std::optional<std::string> cause;
};

/// What StartExecution answers, with the metadata that optimised integrations add.
Json started_document(const std::string& arn, Timestamp started_at, const std::string& request_id);

/// DescribeExecution in PascalCase, with its keys in AWS's order. `is_parsed`: input and output are
/// JSON (`.sync:2`) and not its text (`.sync`).
Json ended_document(const ChildEnd& end, bool is_parsed);

}  // namespace stepwell::core

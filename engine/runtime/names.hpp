// Names that we generate, and ARNs.
//
// A generated execution name is a UUID that hides the execution's id under a key of the journal: it
// looks random, is unique without an index, and leads back to the execution.
//
// Thread safety: immutable.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/ids.hpp"

namespace stepwell::runtime {

class ExecutionNames {
public:
    explicit ExecutionNames(std::uint64_t secret) : secret_(secret) {}

    [[nodiscard]] std::string name_of(ExecutionId id) const;
    /// Nothing where `name` is not one of ours (but 1 in 2^61 of a stranger's may seem so: check).
    [[nodiscard]] std::optional<ExecutionId> id_of(std::string_view name) const;

private:
    [[nodiscard]] std::uint64_t round(int number, std::uint64_t half) const;
    std::uint64_t secret_;
};

std::string workflow_arn_of(std::string_view region, std::string_view account,
                            std::string_view name);
/// `generated` is the name that is made of the id; of an express execution it ends the ARN.
std::string execution_arn_of(std::string_view workflow_arn, std::string_view name);
std::string express_arn_of(std::string_view workflow_arn, std::string_view name,
                           std::string_view generated);

struct ExecutionArn {
    std::string workflow;   // name
    std::string name;       // of the execution
    std::string generated;  // express: the UUID at the end; else empty
};
/// Nothing where it is not an ARN of an execution.
std::optional<ExecutionArn> parse_execution_arn(std::string_view arn);
struct WorkflowArn {
    std::string name;
    std::string qualifier;  // a version's number or an alias; may be empty
};
/// Nothing where it is not an ARN of a state machine, of a version or an alias of one.
std::optional<WorkflowArn> parse_qualified_arn(std::string_view arn);
/// The name; nothing where it is not an ARN of a state machine as such.
std::optional<std::string> parse_workflow_arn(std::string_view arn);

}  // namespace stepwell::runtime

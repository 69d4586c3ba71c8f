// The API call that a state at states:startExecution makes: what its parameters ask for, and what
// becomes of a call that is refused.
//
// Pure.
#pragma once

#include <string>
#include <string_view>

#include "engine/core/command.hpp"
#include "engine/core/input.hpp"
#include "engine/runtime/engine_types.hpp"

namespace stepwell::runtime {

/// What a run says has started it, where that was another execution.
inline constexpr std::string_view kParentOrigin = "parent";

/// An error of the API: its shape without "Exception", and its text.
struct ApiError {
    std::string shape;
    std::string text;
};

/// The same for the same attempt, in every life of the daemon; `run_key` is of its visit.
struct ChildNames {
    ChildNames(const std::string& run_key, const TaskToken& token);
    std::string name;  // of the execution, where the parameters give none
    std::string request_id;
};

/// The start that the parameters ask for. It adopts what is there already under a generated name.
Result<StartRequest, ApiError> child_start_of(const Payload& parameters, const ChildNames& names);

ApiError api_error_of(const Error& error);

/// The end of the attempt whose call was refused.
core::TaskFailed refused_call(const TaskToken& token, const ApiError& error,
                              const std::string& request_id);

}  // namespace stepwell::runtime

// What a test of one state sees of its evaluation, and puts in place of what surrounds the state.
// No part of a decision: where there is a probe or none, the same events come out of the same work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "engine/base/json.hpp"
#include "engine/base/payload.hpp"
#include "engine/core/event.hpp"

namespace stepwell::core {

/// What a state makes of its data, in the order in which it does so.
enum class Stage : std::uint8_t {
    after_input_path,
    after_parameters,
    after_arguments,
    after_items_path,
    after_item_selector,
    after_item_batcher,
    max_concurrency,
    tolerated_failure_count,
    tolerated_failure_percentage,
    result,
    after_result_selector,
    after_result_path,
};

/// As the AWS API calls it: "afterInputPath".
const char* name_of(Stage stage);
/// Whether it is a number, and no document that is handed on.
bool is_number(Stage stage);

struct StateProbe {
    // In place of what is there.
    /// The context object; nothing: the execution's own.
    std::optional<Json> context;
    /// What an ItemReader would read.
    std::optional<Payload> items;
    /// A Parallel or a Map begins none of its children: somebody else says what they gave.
    bool replaces_children = false;

    // What was seen.
    std::map<Stage, Payload> stages;
    /// Why the state failed, whether that was caught or not.
    std::optional<ErrorInfo> failure;
    /// Which of the state's retriers and catchers the failure was for. The retrier may be used up.
    std::optional<std::size_t> retrier;
    std::optional<std::size_t> catcher;
};

}  // namespace stepwell::core

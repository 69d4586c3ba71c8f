// Wait: for a number of seconds, or until a time.
#include "engine/core/steps.hpp"

namespace stepwell::core {

using definition::Path;
using definition::WaitState;
using expression::Failure;

namespace {

/// AWS counts the seconds of a wait in 31 bits.
constexpr std::int64_t kWaitSecondsMax = (std::int64_t{1} << 31) - 1;

Failure runtime(std::string detail) {
    return {errors::kRuntime, std::move(detail)};
}

Evaluated<std::int64_t> seconds_at(const Path& path, const Environment& around) {
    const Json* value = path.find(around);
    if (value == nullptr) {
        return fail(
            runtime("The SecondsPath parameter does not reference an input value: " + path.text()));
    }
    const std::string what = path.text() + " == " + quoted_value(*value);
    const auto seconds = as_integer(*value);
    if (!seconds) {
        return fail(runtime("The SecondsPath parameter cannot be parsed as a long value: " + what));
    }
    if (*seconds < 0) {
        return fail(runtime("The SecondsPath parameter references a negative value: " + what));
    }
    return *seconds;
}

Evaluated<Instant> instant_at(const Path& path, const Environment& around) {
    const Json* value = path.find(around);
    if (value == nullptr) {
        return fail(runtime("The TimestampPath parameter does not reference an input value: " +
                            path.text()));
    }
    std::optional<Instant> instant;
    if (value->is_string()) instant = parse_rfc3339(value->get_ref<const std::string&>());
    if (instant) return *instant;
    return fail(runtime(
        "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time "
        "format string: " +
        path.text() + " == " + quoted_value(*value)));
}

/// Rounded up: a wait is never too short.
Evaluated<Timestamp> time_of(const Instant& instant, Timestamp now) {
    const std::int64_t now_seconds = to_ms(now) / 1000;
    if (instant.seconds - now_seconds > kWaitSecondsMax) {
        return fail(runtime("Wait state delay is too long."));
    }
    if (instant.seconds < now_seconds) return now;
    return from_ms(instant.seconds * 1000 + (instant.nanos + 999'999) / 1'000'000);
}

Evaluated<Timestamp> due_of(const WaitState& wait, const Environment& around, Timestamp now) {
    if (wait.timestamp) return time_of(*wait.timestamp, now);
    if (wait.timestamp_path) {
        return time_of(SW_TRY(instant_at(*wait.timestamp_path, around)), now);
    }
    std::int64_t seconds = wait.seconds.number.value_or(0);
    if (wait.seconds.path) seconds = SW_TRY(seconds_at(*wait.seconds.path, around));
    if (seconds > kWaitSecondsMax) return fail(runtime("Wait state delay is too long."));
    return now + std::chrono::seconds(seconds);
}

/// Of expressions in JSONata; nothing where the state has none.
Evaluated<std::optional<Timestamp>> queried_due(const WaitState& wait, Evaluation& at,
                                                const Payload& input, Timestamp now) {
    if (wait.seconds.query) {
        const Json value = SW_TRY(wait.seconds.query->evaluate(at.queries(input), "Seconds",
                                                               expression::QueryType::integer));
        const auto seconds = as_integer(value);
        if (!seconds || *seconds < 0 || *seconds > definition::kSecondsMax) {
            return fail(Failure{errors::kQueryEvaluation,
                                "The Seconds field must be an integer from 0 to " +
                                    std::to_string(definition::kSecondsMax) +
                                    ", but was: " + to_text(value),
                                "Seconds"});
        }
        return std::optional(now + std::chrono::seconds(*seconds));
    }
    if (!wait.timestamp_query) return std::optional<Timestamp>();
    const Json value = SW_TRY(wait.timestamp_query->evaluate(at.queries(input), "Timestamp",
                                                             expression::QueryType::string));
    const auto& text = value.get_ref<const std::string&>();
    if (const auto instant = parse_rfc3339(text)) {
        return std::optional(SW_TRY(time_of(*instant, now)));
    }
    return fail(Failure{errors::kQueryEvaluation,
                        "The Timestamp field cannot be parsed as an ISO-8601 extended offset "
                        "date-time format string: " +
                            text,
                        "Timestamp"});
}

bool needs_input(const WaitState& wait) {
    return wait.timestamp_path || wait.seconds.path;
}

}  // namespace

void begin(Turn& turn, FrameId id, const WaitState& wait) {
    Evaluation at(turn, id);
    const auto input = effective_input(at);
    if (!input) return fail_state(turn, id, at.fault(input.error()));
    const auto queried = queried_due(wait, at, *input, turn.now());
    if (!queried) return fail_state(turn, id, at.fault(queried.error()));
    const Payload nothing;
    const auto due = *queried
                         ? Evaluated<Timestamp>(**queried)
                         : due_of(wait, at.over(needs_input(wait) ? *input : nothing), turn.now());
    if (!due) return fail_state(turn, id, at.fault(due.error()));
    if (*due <= turn.now()) return finish_wait(turn, id);
    turn.emit(EventType::wait_started, id, TimerInfo{*due});
}

void finish_wait(Turn& turn, FrameId id) {
    Evaluation at(turn, id);
    const auto input = effective_input(at);
    if (!input) return fail_state(turn, id, at.fault(input.error()));
    leave_or_fail(turn, id, at, outcome_of_input(at, *input, at.state().assign), at.state().next);
}

}  // namespace stepwell::core

// What each stored type consists of, for Writer and Reader alike. The order is on disk: a change of
// it is a new version of the blob that holds it.
#pragma once

#include "engine/core/binary.hpp"
#include "engine/core/event.hpp"
#include "engine/core/execution.hpp"

namespace stepwell::core {

/// T or const T: the same fields are read into the one and written from the other.
template <class T, class Plain>
concept Some = std::same_as<std::remove_const_t<T>, Plain>;

template <class Codec>
void fields(Codec& codec, Some<Variable> auto& v) {
    codec(v.name);
    codec(v.value);
}
template <class Codec>
void fields(Codec& codec, Some<TaskInFlight> auto& v) {
    codec(v.parameters);
    codec(v.timeout_seconds);
    codec(v.heartbeat_seconds);
    codec(v.submitted);
}
template <class Codec>
void fields(Codec& codec, Some<Fanout> auto& v) {
    codec(v.items);
    codec(v.selector_input);
    codec(v.total);
    codec(v.concurrency_max);
}
template <class Codec>
void fields(Codec& codec, Some<Facts> auto& v) {
    codec(v.arn);
    codec(v.name);
    codec(v.workflow_arn);
    codec(v.workflow_name);
    codec(v.role_arn);
    codec(v.version_arn);
    codec(v.alias_arn);
    codec(v.input);
    codec(v.started_at);
    codec(v.due);
}
/// Without the redrive, which only the second version of the blob has.
template <class Codec>
void fields(Codec& codec, Some<Header> auto& v) {
    codec(v.status);
    codec(v.events);
    codec(v.frames);
    codec(v.updated_at);
    codec(v.stopped_at);
    codec(v.output);
    codec(v.error);
    codec(v.cause);
}
template <class Codec>
void fields(Codec& codec, Some<ClientToken> auto& v) {
    codec(v.text);
    codec(v.at);
}
template <class Codec>
void fields(Codec& codec, Some<Redrive> auto& v) {
    codec(v.count);
    codec(v.at);
    codec(v.due);
    codec(v.clients);
}
/// Without the variables, which have a record of their own.
template <class Codec>
void fields(Codec& codec, Some<Frame> auto& v) {
    codec(v.id);
    codec(v.parent);
    codec(v.scope);
    codec(v.index);
    codec(v.state);
    codec(v.phase);
    codec(v.input);
    codec(v.entered_event);
    codec(v.entered_previous);
    codec(v.last_event);
    codec(v.entered_at);
    codec(v.attempt);
    codec(v.retries);
    codec(v.retries_by_retrier);
    codec(v.due);
    codec(v.heartbeat_due);
    codec(v.task);
    codec(v.fanout);
}

template <class Codec>
void fields(Codec& codec, Some<ExecutionBegan> auto& v) {
    codec(v.facts);
    codec(v.start);
}
template <class Codec>
void fields(Codec& codec, Some<ErrorInfo> auto& v) {
    codec(v.error);
    codec(v.cause);
}
template <class Codec>
void fields(Codec& codec, Some<OutputInfo> auto& v) {
    codec(v.output);
}
template <class Codec>
void fields(Codec& codec, Some<EnteredInfo> auto& v) {
    codec(v.name);
    codec(v.input);
}
template <class Codec>
void fields(Codec& codec, Some<ExitedInfo> auto& v) {
    codec(v.name);
    codec(v.output);
    codec(v.assigned);
    codec(v.next);
}
template <class Codec>
void fields(Codec& codec, Some<ScheduledInfo> auto& v) {
    codec(v.resource_type);
    codec(v.resource);
    codec(v.region);
    codec(v.parameters);
    codec(v.timeout_seconds);
    codec(v.heartbeat_seconds);
    codec(v.role_arn);
    codec(v.attempt);
}
template <class Codec>
void fields(Codec& codec, Some<TaskInfo> auto& v) {
    codec(v.resource_type);
    codec(v.resource);
    codec(v.output);
    codec(v.due);
    codec(v.heartbeat_due);
}
template <class Codec>
void fields(Codec& codec, Some<TaskFailureInfo> auto& v) {
    codec(v.resource_type);
    codec(v.resource);
    codec(v.failure);
}
template <class Codec>
void fields(Codec& codec, Some<WorkerInfo> auto& v) {
    codec(v.name);
    codec(v.heartbeat_due);
}
template <class Codec>
void fields(Codec& codec, Some<FanoutInfo> auto& v) {
    codec(v.fanout);
}
template <class Codec>
void fields(Codec& codec, Some<ChildInfo> auto& v) {
    codec(v.name);
    codec(v.index);
    codec(v.child);
    codec(v.scope);
    codec(v.start);
    codec(v.input);
}
template <class Codec>
void fields(Codec& codec, Some<IterationInfo> auto& v) {
    codec(v.name);
    codec(v.index);
}
template <class Codec>
void fields(Codec& codec, Some<TimerInfo> auto& v) {
    codec(v.due);
}
template <class Codec>
void fields(Codec& codec, Some<RetryInfo> auto& v) {
    codec(v.retrier);
    codec(v.due);
}
template <class Codec>
void fields(Codec& codec, Some<StandingFrame> auto& v) {
    codec(v.frame);
    codec(v.variables);
}
template <class Codec>
void fields(Codec& codec, Some<RedriveInfo> auto& v) {
    codec(v.count);
    codec(v.due);
    codec(v.client_token);
    codec(v.frames);
}
template <class Codec>
void fields(Codec& codec, Some<EvaluationInfo> auto& v) {
    codec(v.state);
    codec(v.location);
    codec(v.failure);
}
template <class Codec>
void fields(Codec& codec, Some<MapRunInfo> auto& v) {
    codec(v.arn);
    codec(v.attempt);
    codec(v.redrives);
    codec(v.is_followed);
}
template <class Codec>
void fields(Codec&, Some<std::monostate> auto&) {}

}  // namespace stepwell::core

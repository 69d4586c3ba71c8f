#include "tasks/host/host_report.hpp"
#include "tasks/host/host_runner_impl.hpp"

namespace stepwell::tasks {

using std::chrono::steady_clock;

/// How often an attempt may lose its host and take up again what it has submitted.
constexpr std::uint32_t kTakenUpMax = 3;

void HostRunner::Impl::look_at_time() {
    const SteadyTime now = steady_clock::now();
    const std::lock_guard lock(mutex_);
    for (HostSlot& slot : slots_) {
        if (slot.host && !slot.verdict) look_at_host(slot, now);
    }
    if (has_deadlines_) look_at_cancelled(now);
}

void HostRunner::Impl::look_at_host(HostSlot& slot, SteadyTime now) {
    if (!slot.is_ready) {
        if (now - slot.last_ping < settings_.start_timeout) return;
        condemn(slot, {"Stepwell.HostStartFailed", "the task host did not get ready within " +
                                                       seconds_text(settings_.start_timeout)});
    } else if (!slot.in_flight.empty() && now - slot.last_heard > settings_.ping_timeout) {
        condemn(slot, {"Stepwell.HostUnresponsive", "the task host gave no sign of life for " +
                                                        seconds_text(settings_.ping_timeout) +
                                                        " and was killed"});
    } else if (!slot.in_flight.empty() && now - slot.last_ping > settings_.ping_interval) {
        slot.last_ping = now;
        append_frame(slot.host->outgoing(), FrameType::ping);
    }
}

void HostRunner::Impl::look_at_cancelled(SteadyTime now) {
    has_deadlines_ = false;
    for (const auto& [token, attempt] : attempts_) {
        if (!attempt.is_cancelled) continue;
        has_deadlines_ = true;
        HostSlot& slot = slots_[attempt.slot];
        if (now < attempt.deadline || !slot.host || slot.verdict) continue;
        slot.restarts_neighbours = true;
        condemn(slot, {"Stepwell.HostCrashed", "the task host was killed, because a cancelled " +
                                                   attempt.request.resource + " did not stop"});
    }
}

void HostRunner::Impl::condemn(HostSlot& slot, TaskError verdict) {
    note(verdict.cause);
    slot.verdict = std::move(verdict);
    slot.host->kill();
}

void HostRunner::Impl::bury(std::size_t index) {
    HostSlot& slot = slots_[index];
    while (receive(index)) {
    }
    const HostProcess::End end = slot.host->finish();
    const std::uint64_t limit =
        slot.kind == HostKind::data ? settings_.data_memory_bytes : settings_.general_memory_bytes;
    const std::lock_guard lock(mutex_);
    const TaskError error = slot.verdict ? *slot.verdict : explain_end(end, limit, slot.is_ready);
    if (!slot.verdict) note(error.error + ": " + error.cause);
    slot.host.reset();
    give_up_attempts(index, error);
    slot.verdict.reset();
    // One that had not even begun would end again.
    if (slot.is_ready) want_hosts();
    record();
}

/// For every attempt that a host took with it. Those that wait for the next one are left alone.
void HostRunner::Impl::give_up_attempts(std::size_t index, const TaskError& error) {
    HostSlot& slot = slots_[index];
    std::vector<TaskToken> lost;
    for (const TaskToken& token : slot.in_flight) {
        if (!attempts_.at(token).is_waiting) lost.push_back(token);
    }
    for (const TaskToken& token : lost) {
        HostedAttempt attempt = std::move(attempts_.at(token));
        attempts_.erase(token);
        slot.in_flight.erase(token);
        if (attempt.is_cancelled) continue;
        // What was submitted goes on outside, whatever became of the host.
        const bool is_taken_up = attempt.request.submitted && attempt.taken_up < kTakenUpMax;
        if (slot.restarts_neighbours || is_taken_up) {
            if (!slot.restarts_neighbours) ++attempt.taken_up;
            attempt.request.is_restarted = true;
            assign(std::move(attempt), index);
        } else {
            reports_.push_back({token, error});
        }
    }
    slot.restarts_neighbours = false;
}

void HostRunner::Impl::end_hosts() {
    const std::lock_guard lock(mutex_);
    for (HostSlot& slot : slots_) {
        if (slot.host) slot.host->hang_up();
    }
    const SteadyTime deadline = steady_clock::now() + settings_.stop_grace;
    for (HostSlot& slot : slots_) {
        if (!slot.host) continue;
        if (!slot.host->await_end(deadline)) slot.host->kill();
        slot.host->finish();
        slot.host.reset();
    }
    attempts_.clear();
    record();
}

void HostRunner::Impl::record() const {
    if (settings_.host.data_folder.empty()) return;
    std::vector<HostRecord> hosts;
    for (const HostSlot& slot : slots_) {
        if (slot.host) hosts.push_back(slot.host->record());
    }
    record_hosts(settings_.host.data_folder, hosts);
}

}  // namespace stepwell::tasks

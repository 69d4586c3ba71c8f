#include "tasks/host/host_runner.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tasks/host/host_runner_impl.hpp"

namespace stepwell::tasks {

using std::chrono::steady_clock;

HostRunner::Impl::Impl(HostRunnerSettings settings, runtime::TaskSink& sink)
    : settings_(std::move(settings)), sink_(sink) {
    slots_.resize(settings_.general_hosts + 1);
    slots_.front().kind = HostKind::data;
    wake_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = kHostWakeTag;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event);
}

Result<void> HostRunner::Impl::open() {
    if (!settings_.host.data_folder.empty()) {
        SW_TRY(end_old_hosts(settings_.host.data_folder, settings_.old_hosts_grace));
    }
    wanted_slot_ = 1;
    thread_ = std::thread([this] { loop(); });
    return {};
}

void HostRunner::Impl::close() {
    if (!thread_.joinable()) return;
    {
        const std::lock_guard lock(mutex_);
        is_closing_ = true;
    }
    wake();
    thread_.join();
}

void HostRunner::Impl::start(runtime::TaskRequest request) {
    const TaskType* type = settings_.catalog->find(request.resource);
    const std::lock_guard lock(mutex_);
    if (!type) {
        reports_.push_back(
            {request.token,
             {"States.Runtime", settings_.catalog->explain_missing(request.resource)}});
    } else {
        assign(std::move(request), choose_slot(type->host));
    }
    wake();
}

void HostRunner::Impl::cancel(const TaskToken& token) {
    const std::lock_guard lock(mutex_);
    const auto found = attempts_.find(token);
    if (found == attempts_.end() || found->second.is_cancelled) return;
    found->second.is_cancelled = true;
    found->second.deadline =
        steady_clock::now() + settings_.host.stop_grace + settings_.cancel_grace;
    append_about(slots_[found->second.slot].outgoing(), FrameType::cancel, token);
    has_deadlines_ = true;
    wake();
}

HostRunner::Statistics HostRunner::Impl::statistics() const {
    const std::lock_guard lock(mutex_);
    Statistics result;
    for (const HostSlot& slot : slots_) {
        if (!slot.host) continue;
        ++result.hosts;
        result.pids.push_back(slot.host->record().pid);
    }
    result.attempts = attempts_.size();
    result.hosts_started = hosts_started_;
    return result;
}

std::size_t HostRunner::Impl::choose_slot(HostKind kind) const {
    if (kind == HostKind::data) return 0;
    std::size_t best = 1;
    for (std::size_t i = 2; i < slots_.size(); ++i) {
        if (slots_[i].in_flight.size() < slots_[best].in_flight.size()) best = i;
    }
    return best;
}

void HostRunner::Impl::assign(runtime::TaskRequest request, std::size_t index) {
    HostSlot& slot = slots_[index];
    const bool is_waiting = !slot.is_usable();
    append_start(slot.outgoing(), request);
    if (slot.in_flight.empty()) slot.last_heard = steady_clock::now();
    slot.in_flight.insert(request.token);
    const TaskToken token = request.token;
    attempts_[token] = HostedAttempt{std::move(request), index, is_waiting, false, {}};
}

void HostRunner::Impl::mark_sent(const HostSlot& slot) {
    for (const TaskToken& token : slot.in_flight) attempts_.at(token).is_waiting = false;
}

/// One system call for any number of calls between two turns of the loop.
void HostRunner::Impl::wake() {
    if (is_awake_.exchange(true)) return;
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t ignored = ::write(wake_.get(), &one, sizeof one);
}

HostRunner::HostRunner(HostRunnerSettings settings, runtime::TaskSink& sink)
    : impl_(std::make_unique<Impl>(std::move(settings), sink)) {}
HostRunner::~HostRunner() {
    close();
}
Result<void> HostRunner::open() {
    return impl_->open();
}
void HostRunner::close() {
    impl_->close();
}
void HostRunner::start(runtime::TaskRequest request) {
    impl_->start(std::move(request));
}
void HostRunner::cancel(const TaskToken& token) {
    impl_->cancel(token);
}
HostRunner::Statistics HostRunner::statistics() const {
    return impl_->statistics();
}

}  // namespace stepwell::tasks

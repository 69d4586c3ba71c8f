// One lock guards all that start() and cancel() touch: the attempts, the slots and the frames to be
// sent. The runner's own thread takes it for short; it writes, reads, calls the sink and waits for
// processes without it.
#include "tasks/host/host_runner.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "tasks/host/host_main.hpp"
#include "tasks/host/host_process.hpp"
#include "tasks/host/host_report.hpp"

namespace stepwell::tasks {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// A place for one host: empty until a task needs it, and again after its host is gone.
struct Slot {
    HostKind kind = HostKind::general;
    std::unique_ptr<HostProcess> host;
    std::unordered_set<TaskToken> in_flight;
    std::string waiting;  // frames for a host that is yet to be started
    bool is_ready = false;
    bool is_writable = true;
    SteadyTime last_heard;
    SteadyTime last_ping;
    std::optional<TaskError> verdict;  // why we killed it; failed attempts say so
    bool restarts_neighbours = false;  // it was killed for one cancelled task
};

struct Attempt {
    runtime::TaskRequest request;
    std::size_t slot = 0;
    bool is_waiting = false;  // its frame is in Slot::waiting
    bool is_cancelled = false;
    SteadyTime deadline;  // of a cancelled one
};

constexpr std::uint64_t kWakeTag = ~0ull;

}  // namespace

class HostRunner::Impl {
public:
    Impl(HostRunnerSettings settings, runtime::TaskSink& sink)
        : settings_(std::move(settings)), sink_(sink) {
        slots_.resize(settings_.general_hosts + 1);
        slots_.front().kind = HostKind::data;
        wake_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = kWakeTag;
        ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event);
    }

    Result<void> open() {
        if (!settings_.host.data_folder.empty()) {
            SW_TRY(end_old_hosts(settings_.host.data_folder, settings_.old_hosts_grace));
        }
        wanted_slot_ = 1;
        thread_ = std::thread([this] { loop(); });
        return {};
    }

    void close() {
        if (!thread_.joinable()) return;
        {
            const std::lock_guard lock(mutex_);
            is_closing_ = true;
        }
        wake();
        thread_.join();
    }

    void start(runtime::TaskRequest request) {
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

    void cancel(const TaskToken& token) {
        const std::lock_guard lock(mutex_);
        const auto found = attempts_.find(token);
        if (found == attempts_.end() || found->second.is_cancelled) return;
        found->second.is_cancelled = true;
        found->second.deadline =
            steady_clock::now() + settings_.host.stop_grace + settings_.cancel_grace;
        append_about(outgoing(slots_[found->second.slot]), FrameType::cancel, token);
        has_deadlines_ = true;
        wake();
    }

    Statistics statistics() const {
        const std::lock_guard lock(mutex_);
        Statistics result;
        for (const Slot& slot : slots_) {
            if (!slot.host) continue;
            ++result.hosts;
            result.pids.push_back(slot.host->record().pid);
        }
        result.attempts = attempts_.size();
        result.hosts_started = hosts_started_;
        return result;
    }

private:
    struct Report {
        TaskToken token;
        TaskError error;
    };

    // Under the lock.

    std::size_t choose_slot(HostKind kind) const {
        if (kind == HostKind::data) return 0;
        std::size_t best = 1;
        for (std::size_t i = 2; i < slots_.size(); ++i) {
            if (slots_[i].in_flight.size() < slots_[best].in_flight.size()) best = i;
        }
        return best;
    }

    void assign(runtime::TaskRequest request, std::size_t index) {
        Slot& slot = slots_[index];
        const bool is_waiting = !is_usable(slot);
        append_start(outgoing(slot), request);
        if (slot.in_flight.empty()) slot.last_heard = steady_clock::now();
        slot.in_flight.insert(request.token);
        const TaskToken token = request.token;
        attempts_[token] = Attempt{std::move(request), index, is_waiting, false, {}};
    }

    static bool is_usable(const Slot& slot) { return slot.host && !slot.verdict; }
    static std::string& outgoing(Slot& slot) {
        return is_usable(slot) ? slot.host->outgoing() : slot.waiting;
    }

    /// One system call for any number of calls between two turns of the loop.
    void wake() {
        if (is_awake_.exchange(true)) return;
        const std::uint64_t one = 1;
        [[maybe_unused]] const ssize_t ignored = ::write(wake_.get(), &one, sizeof one);
    }

    void mark_sent(const Slot& slot) {
        for (const TaskToken& token : slot.in_flight) attempts_.at(token).is_waiting = false;
    }

    // The runner's own thread.

    void loop();
    void wait_and_serve();
    void serve(std::size_t index, bool is_end);
    void start_hosts();
    void start_host(std::size_t index);
    void watch(std::size_t index);
    void flush_hosts();
    void set_writable(std::size_t index, bool is_writable);
    void send_reports();
    bool receive(std::size_t index);
    void handle(Slot& slot, Frame frame);
    std::optional<std::string> take_attempt(Slot& slot, const TaskToken& token);
    bool is_wanted(const TaskToken& token) const;
    void look_at_time();
    void look_at_cancelled(SteadyTime now);
    void look_at_host(Slot& slot, SteadyTime now);
    void condemn(Slot& slot, TaskError verdict);
    void bury(std::size_t index);
    void give_up_attempts(std::size_t index, const TaskError& error);
    void end_hosts();
    [[nodiscard]] milliseconds patience() const;
    void record() const;
    void note(const std::string& line) const {
        if (settings_.log) settings_.log(line);
    }

    const HostRunnerSettings settings_;
    runtime::TaskSink& sink_;
    Descriptor wake_;
    Descriptor epoll_;
    std::thread thread_;
    std::atomic<bool> is_awake_ = false;

    mutable std::mutex mutex_;
    std::vector<Slot> slots_;  // 0: the data host; the vector never changes its size
    std::unordered_map<TaskToken, Attempt> attempts_;
    std::vector<Report> reports_;
    std::optional<std::size_t> wanted_slot_;  // to be started without a task
    bool has_deadlines_ = false;
    bool is_closing_ = false;
    std::uint64_t hosts_started_ = 0;
};

void HostRunner::Impl::loop() {
    while (true) {
        {
            const std::lock_guard lock(mutex_);
            if (is_closing_) break;
        }
        start_hosts();
        flush_hosts();
        send_reports();
        wait_and_serve();
        look_at_time();
    }
    end_hosts();
}

void HostRunner::Impl::wait_and_serve() {
    std::array<epoll_event, 16> events{};
    const int timeout = static_cast<int>(patience().count());
    const int count =
        ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout);
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        if (event.data.u64 != kWakeTag) {
            if ((event.events & EPOLLOUT) != 0) set_writable(event.data.u64 / 2, true);
            serve(event.data.u64 / 2, event.data.u64 % 2 == 1);
            continue;
        }
        std::uint64_t ignored = 0;
        is_awake_ = false;
        [[maybe_unused]] const ssize_t got = ::read(wake_.get(), &ignored, sizeof ignored);
    }
}

void HostRunner::Impl::serve(std::size_t index, bool is_end) {
    if (!slots_[index].host) return;
    if (is_end) {
        bury(index);
    } else {
        receive(index);
    }
}

/// How long nothing needs to be looked at: for ever, where no host has work and nothing was
/// cancelled.
milliseconds HostRunner::Impl::patience() const {
    const std::lock_guard lock(mutex_);
    if (attempts_.empty()) {
        const bool is_starting = std::any_of(slots_.begin(), slots_.end(), [](const Slot& slot) {
            return slot.host && !slot.is_ready;
        });
        if (!is_starting) return milliseconds(-1);
    }
    const milliseconds tick = std::min({settings_.ping_interval, settings_.cancel_grace,
                                        settings_.start_timeout, milliseconds(1'000)});
    return std::max(tick / 4, milliseconds(1));
}

void HostRunner::Impl::start_hosts() {
    std::vector<std::size_t> wanted;
    {
        const std::lock_guard lock(mutex_);
        for (std::size_t i = 0; i < slots_.size(); ++i) {
            if (slots_[i].host) continue;
            if (!slots_[i].in_flight.empty() || wanted_slot_ == i) wanted.push_back(i);
        }
        wanted_slot_.reset();
    }
    for (const std::size_t index : wanted) start_host(index);
}

void HostRunner::Impl::start_host(std::size_t index) {
    Slot& slot = slots_[index];
    const bool is_data = slot.kind == HostKind::data;
    HostCommand command{settings_.program, {is_data ? "stepwell-data-host" : "stepwell-host"}};
    command.arguments.insert(command.arguments.end(), settings_.arguments.begin(),
                             settings_.arguments.end());
    command.arguments.insert(command.arguments.end(),
                             {kHostCommand, "--kind", is_data ? "data" : "general"});
    auto host = HostProcess::spawn(command);
    if (!host) {
        note(host.error().message);
        const std::lock_guard lock(mutex_);
        mark_sent(slot);
        slot.waiting.clear();
        give_up_attempts(index, {"Stepwell.HostStartFailed", host.error().message});
        return;
    }
    HostHello hello;
    hello.settings = settings_.host;
    hello.threads_max = is_data ? settings_.data_threads : settings_.general_threads;
    hello.memory_bytes = is_data ? settings_.data_memory_bytes : settings_.general_memory_bytes;
    const std::lock_guard lock(mutex_);
    slot.host = std::move(*host);
    append_hello(slot.host->outgoing(), hello);
    slot.host->outgoing() += slot.waiting;
    slot.waiting.clear();
    mark_sent(slot);
    slot.is_ready = false;
    slot.is_writable = true;
    slot.last_heard = slot.last_ping = steady_clock::now();
    ++hosts_started_;
    watch(index);
    record();
}

void HostRunner::Impl::watch(std::size_t index) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = index * 2;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, slots_[index].host->socket(), &event);
    event.data.u64 = index * 2 + 1;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, slots_[index].host->end_descriptor(), &event);
}

void HostRunner::Impl::set_writable(std::size_t index, bool is_writable) {
    Slot& slot = slots_[index];
    if (!slot.host || slot.is_writable == is_writable) return;
    slot.is_writable = is_writable;
    epoll_event event{};
    event.events = EPOLLIN;
    if (!is_writable) event.events |= EPOLLOUT;
    event.data.u64 = index * 2;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, slot.host->socket(), &event);
}

void HostRunner::Impl::flush_hosts() {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        Slot& slot = slots_[i];
        while (slot.host && slot.is_writable) {
            {
                const std::lock_guard lock(mutex_);
                if (!slot.host->stage()) break;
            }
            if (!slot.host->flush()) set_writable(i, false);
        }
    }
}

void HostRunner::Impl::send_reports() {
    std::vector<Report> reports;
    {
        const std::lock_guard lock(mutex_);
        reports.swap(reports_);
    }
    for (Report& report : reports) {
        sink_.failed(report.token, std::move(report.error.error), std::move(report.error.cause));
    }
}

/// Takes what the host sent; false: there is no more for now.
bool HostRunner::Impl::receive(std::size_t index) {
    Slot& slot = slots_[index];
    const HostProcess::Received received = slot.host->receive();
    if (received == HostProcess::Received::closed) {
        // It is ending or wants to: how, its process tells.
        slot.host->kill();
        ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, slot.host->socket(), nullptr);
    }
    if (received != HostProcess::Received::data) return false;
    slot.last_heard = steady_clock::now();
    while (true) {
        auto frame = slot.host->frames().next();
        if (!frame) {
            const std::lock_guard lock(mutex_);
            condemn(slot, {"Stepwell.HostCrashed",
                           "the task host sent nonsense and was killed: " + frame.error().message});
            return false;
        }
        if (!*frame) return true;
        handle(slot, std::move(**frame));
    }
}

void HostRunner::Impl::handle(Slot& slot, Frame frame) {
    if (frame.type == FrameType::pong) return;
    if (frame.type == FrameType::ready) {
        const std::lock_guard lock(mutex_);
        slot.is_ready = true;
    } else if (frame.type == FrameType::succeeded || frame.type == FrameType::failed) {
        const std::optional<std::string> resource = take_attempt(slot, frame.token);
        if (resource) report_end(sink_, *resource, std::move(frame));
    } else if (is_wanted(frame.token)) {
        report_middle(sink_, std::move(frame));
    }
}

/// The resource of an attempt that has ended; nothing where nobody waits for it any more.
std::optional<std::string> HostRunner::Impl::take_attempt(Slot& slot, const TaskToken& token) {
    const std::lock_guard lock(mutex_);
    const auto found = attempts_.find(token);
    if (found == attempts_.end()) return std::nullopt;
    std::optional<std::string> resource;
    if (!found->second.is_cancelled) resource = std::move(found->second.request.resource);
    attempts_.erase(found);
    slot.in_flight.erase(token);
    return resource;
}

bool HostRunner::Impl::is_wanted(const TaskToken& token) const {
    const std::lock_guard lock(mutex_);
    const auto found = attempts_.find(token);
    return found != attempts_.end() && !found->second.is_cancelled;
}

void HostRunner::Impl::look_at_time() {
    const SteadyTime now = steady_clock::now();
    const std::lock_guard lock(mutex_);
    for (Slot& slot : slots_) {
        if (slot.host && !slot.verdict) look_at_host(slot, now);
    }
    if (has_deadlines_) look_at_cancelled(now);
}

void HostRunner::Impl::look_at_host(Slot& slot, SteadyTime now) {
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
        Slot& slot = slots_[attempt.slot];
        if (now < attempt.deadline || !slot.host || slot.verdict) continue;
        slot.restarts_neighbours = true;
        condemn(slot, {"Stepwell.HostCrashed", "the task host was killed, because a cancelled " +
                                                   attempt.request.resource + " did not stop"});
    }
}

void HostRunner::Impl::condemn(Slot& slot, TaskError verdict) {
    note(verdict.cause);
    slot.verdict = std::move(verdict);
    slot.host->kill();
}

void HostRunner::Impl::bury(std::size_t index) {
    Slot& slot = slots_[index];
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
    record();
}

/// For every attempt that a host took with it. Those that wait for the next one are left alone.
void HostRunner::Impl::give_up_attempts(std::size_t index, const TaskError& error) {
    Slot& slot = slots_[index];
    std::vector<TaskToken> lost;
    for (const TaskToken& token : slot.in_flight) {
        if (!attempts_.at(token).is_waiting) lost.push_back(token);
    }
    for (const TaskToken& token : lost) {
        Attempt attempt = std::move(attempts_.at(token));
        attempts_.erase(token);
        slot.in_flight.erase(token);
        if (attempt.is_cancelled) continue;
        if (slot.restarts_neighbours) {
            attempt.request.is_restarted = true;
            assign(std::move(attempt.request), index);
        } else {
            reports_.push_back({token, error});
        }
    }
    slot.restarts_neighbours = false;
}

void HostRunner::Impl::end_hosts() {
    const std::lock_guard lock(mutex_);
    for (Slot& slot : slots_) {
        if (slot.host) slot.host->hang_up();
    }
    const SteadyTime deadline = steady_clock::now() + settings_.stop_grace;
    for (Slot& slot : slots_) {
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
    for (const Slot& slot : slots_) {
        if (slot.host) hosts.push_back(slot.host->record());
    }
    record_hosts(settings_.host.data_folder, hosts);
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

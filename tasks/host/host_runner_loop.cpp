#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "tasks/host/host_environment.hpp"
#include "tasks/host/host_main.hpp"
#include "tasks/host/host_report.hpp"
#include "tasks/host/host_runner_impl.hpp"

namespace stepwell::tasks {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// So much a host keeps at most because we had nothing else to say to it.
constexpr std::size_t kAcksMax = 64;
constexpr std::size_t kAckedBytesMax = 256u << 10;
constexpr const char* kDuckDbVariable = "STEPWELL_DUCKDB_LIB";

namespace {

std::string process_name(HostKind kind) {
    if (kind == HostKind::general) return "stepwell-host";
    return "stepwell-" + std::string(name_of(kind)) + (kind == HostKind::data ? "-host" : "");
}

}  // namespace

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
        if (event.data.u64 != kHostWakeTag) {
            if ((event.events & EPOLLOUT) != 0) set_writable(event.data.u64 / 2, true);
            serve(event.data.u64 / 2, event.data.u64 % 2 == 1);
            continue;
        }
        // In this order: who rings between the two is served in the turn that follows.
        std::uint64_t ignored = 0;
        [[maybe_unused]] const ssize_t got = ::read(wake_.get(), &ignored, sizeof ignored);
        is_awake_ = false;
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
        const bool is_starting =
            std::any_of(slots_.begin(), slots_.end(),
                        [](const HostSlot& slot) { return slot.host && !slot.is_ready; });
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
            if (!slots_[i].in_flight.empty() || wanted_slots_.count(i) != 0) wanted.push_back(i);
        }
        wanted_slots_.clear();
    }
    for (const std::size_t index : wanted) start_host(index);
}

void HostRunner::Impl::start_host(std::size_t index) {
    HostSlot& slot = slots_[index];
    const bool is_data = slot.kind == HostKind::data;
    HostCommand command{settings_.program,
                        {process_name(slot.kind)},
                        host_environment(environ, settings_.environment)};
    // Where DuckDB's library is. A data host runs no code of others, so nobody sees it there.
    const char* duckdb = is_data ? std::getenv(kDuckDbVariable) : nullptr;
    if (duckdb) command.environment.push_back(std::string(kDuckDbVariable) + "=" + duckdb);
    command.arguments.insert(command.arguments.end(), settings_.arguments.begin(),
                             settings_.arguments.end());
    command.arguments.insert(command.arguments.end(),
                             {kHostCommand, "--kind", std::string(name_of(slot.kind))});
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
    hello.settings.configuration = configuration_for(slot.kind);
    hello.threads_max = is_data ? settings_.data_threads : settings_.general_threads;
    hello.memory_bytes = is_data ? settings_.data_memory_bytes : settings_.general_memory_bytes;
    const std::lock_guard lock(mutex_);
    slot.host = std::move(*host);
    slot.acks.clear();
    slot.acks_bytes = 0;
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

/// With references in the places of secrets; for the messenger, whose work no attempt asks for,
/// with the values of what it delivers with. Where one is not there its tasks say so.
Json HostRunner::Impl::configuration_for(HostKind kind) {
    Json configuration = settings_.host.configuration;
    if (kind != HostKind::messenger || !settings_.resolve) return configuration;
    for (const char* name : {"notifications", "http"}) {
        const Json* section = find(configuration, name);
        if (!section) continue;
        auto resolved = settings_.resolve(*section);
        if (resolved) {
            configuration[name] = std::move(*resolved);
        } else {
            note(resolved.error().message);
        }
    }
    return configuration;
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
    HostSlot& slot = slots_[index];
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
        HostSlot& slot = slots_[i];
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
    HostSlot& slot = slots_[index];
    const HostProcess::Received received = slot.host->receive();
    if (received == HostProcess::Received::closed) {
        // It is ending or wants to: how, its process tells.
        slot.host->kill();
        ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, slot.host->socket(), nullptr);
    }
    if (received != HostProcess::Received::data) return false;
    {
        const std::lock_guard lock(mutex_);
        slot.last_heard = steady_clock::now();
    }
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

void HostRunner::Impl::handle(HostSlot& slot, Frame frame) {
    if (frame.type == FrameType::pong) return;
    if (frame.type == FrameType::ready || frame.type == FrameType::refused) {
        handle_ready(slot, frame);
    } else if (frame.type == FrameType::succeeded || frame.type == FrameType::failed) {
        const std::optional<std::string> resource = take_attempt(slot, frame);
        if (resource) report_end(sink_, *resource, std::move(frame));
    } else if (frame.type == FrameType::submitted) {
        if (!note_submitted(frame.token, frame.body)) return;
        sink_.submitted(frame.token, Payload::trusted(std::move(frame.body)));
    } else if (is_wanted(frame.token)) {
        report_middle(sink_, std::move(frame));
    }
}

void HostRunner::Impl::handle_ready(HostSlot& slot, const Frame& frame) {
    const auto why = frame.type == FrameType::refused ? std::optional(frame.body)
                                                      : mismatch(read_ready(frame), "task host");
    const std::lock_guard lock(mutex_);
    if (why) {
        condemn(slot, {"Stepwell.HostStartFailed", *why});
    } else {
        slot.is_ready = true;
    }
}

/// Whether it is the first word of an attempt that somebody waits for.
bool HostRunner::Impl::note_submitted(const TaskToken& token, const std::string& what) {
    const auto checked = check_json(what);
    const std::lock_guard lock(mutex_);
    const auto found = attempts_.find(token);
    if (!checked || found == attempts_.end() || found->second.is_cancelled) return false;
    if (found->second.request.submitted) return false;
    found->second.request.submitted = Payload::trusted(what);
    return true;
}

/// The resource of an attempt that has ended; nothing where nobody waits for it any more.
std::optional<std::string> HostRunner::Impl::take_attempt(HostSlot& slot, const Frame& frame) {
    const TaskToken& token = frame.token;
    const std::lock_guard lock(mutex_);
    slot.acks.push_back(token);
    slot.acks_bytes += frame.body.size();
    if (slot.acks.size() >= kAcksMax || slot.acks_bytes >= kAckedBytesMax) send_acks(slot);
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

}  // namespace stepwell::tasks

#include "tasks/host/host_runner.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

#include "engine/base/secret_reference.hpp"
#include "tasks/host/host_runner_impl.hpp"

namespace stepwell::tasks {

using std::chrono::steady_clock;

HostRunner::Impl::Impl(HostRunnerSettings settings, runtime::TaskSink& sink)
    : settings_(std::move(settings)), sink_(sink) {
    slots_.resize(settings_.general_hosts + 2);
    slots_.front().kind = HostKind::data;
    slots_.back().kind = HostKind::messenger;
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
    wanted_slots_.insert(1);
    want_hosts();
    thread_ = std::thread([this] { loop(); });
    return {};
}

/// Those that have work before there is a task for them.
void HostRunner::Impl::want_hosts() {
    for (const TaskType& type : settings_.catalog->types()) {
        if (type.wants_host && type.wants_host(settings_.host)) {
            wanted_slots_.insert(choose_slot(type.host));
        }
    }
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
    const TaskToken token = request.token;
    auto sections = type ? sections_of(*type, request) : Result<Json>(Json());
    const std::lock_guard lock(mutex_);
    if (!type) {
        reports_.push_back(
            {token, {"States.Runtime", settings_.catalog->explain_missing(request.resource)}});
    } else if (!sections) {
        reports_.push_back({token, {"Stepwell.SecretUnavailable", sections.error().message}});
    } else {
        HostedAttempt attempt;
        attempt.request = std::move(request);
        attempt.sections = std::move(*sections);
        assign(std::move(attempt), choose_slot(type->host));
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
    const std::size_t messenger = slots_.size() - 1;
    if (kind == HostKind::messenger) return messenger;
    std::size_t best = 1;
    for (std::size_t i = 2; i < messenger; ++i) {
        if (slots_[i].in_flight.size() < slots_[best].in_flight.size()) best = i;
    }
    return best;
}

void HostRunner::Impl::assign(HostedAttempt attempt, std::size_t index) {
    HostSlot& slot = slots_[index];
    attempt.slot = index;
    attempt.is_waiting = !slot.is_usable();
    append_start(slot.outgoing(), attempt.request, attempt.sections);
    send_acks(slot);
    if (slot.in_flight.empty()) slot.last_heard = steady_clock::now();
    const TaskToken token = attempt.request.token;
    slot.in_flight.insert(token);
    attempts_[token] = std::move(attempt);
}

/// With other frames, where there are any: nobody waits for them.
void HostRunner::Impl::send_acks(HostSlot& slot) {
    if (slot.acks.empty()) return;
    if (slot.is_usable()) append_ack(slot.host->outgoing(), slot.acks);
    slot.acks.clear();
    slot.acks_bytes = 0;
}

namespace {

bool has_secret(const Json& value) {
    if (value.is_string()) return names_secret(value.get_ref<const std::string&>());
    return value.is_structured() && std::any_of(value.begin(), value.end(), has_secret);
}

/// Of a section of named things those that the parameters name, and the default connection.
Json named_in(const Json& section, const std::string& parameters) {
    if (!section.is_object()) return section;
    Json named = section;
    for (auto entry = named.begin(); entry != named.end(); ++entry) {
        const bool is_wanted =
            entry.key() == "wh" || parameters.find(entry.key()) != std::string::npos;
        if (!is_wanted) entry.value() = nullptr;
    }
    return named;
}

}  // namespace

Result<Json> HostRunner::Impl::sections_of(const TaskType& type,
                                           const runtime::TaskRequest& request) const {
    Json sections;
    if (!settings_.resolve) return sections;
    for (const std::string& name : type.sections) {
        const Json* section = find(settings_.host.configuration, name);
        if (!section || !has_secret(*section)) continue;
        const bool is_of_names = name == "connections" || name == "lakes";
        Json wanted = is_of_names ? named_in(*section, request.parameters.text()) : *section;
        if (!has_secret(wanted)) continue;
        Json resolved = SW_TRY(settings_.resolve(std::move(wanted)));
        // What it does not name stays as it is written.
        if (is_of_names) {
            for (auto& [key, value] : resolved.items()) {
                if (value.is_null()) value = section->at(key);
            }
        }
        sections[name] = std::move(resolved);
    }
    return sections;
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

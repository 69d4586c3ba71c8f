#include "api/audit/audit.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "api/audit/audit_request.hpp"
#include "api/http/problem.hpp"

namespace stepwell::api {
namespace {

constexpr std::size_t kBatchMax = 256;

}  // namespace

Audit::Audit(Writer write, AuditChain chain, runtime::Confidentiality& secrets,
             runtime::Clock& clock)
    : write_(std::move(write)),
      secrets_(secrets),
      clock_(clock),
      chain_(std::move(chain)),
      durable_(chain_.head()) {}

AuditHead Audit::head() const {
    const std::lock_guard lock(mutex_);
    return durable_;
}

void Audit::add(AuditEntry entry, Done done) {
    put(made_now(std::move(entry)), std::move(done), true);
}

void Audit::cut(const AuditCut& cut, Done done) {
    put(cut, std::move(done), false);
}

AuditEntry Audit::made_now(AuditEntry entry) const {
    entry.subject = secrets_.mask(std::move(entry.subject));
    entry.action = secrets_.mask(std::move(entry.action));
    entry.details = secrets_.mask(std::move(entry.details));
    entry.at = clock_.now();
    return entry;
}

void Audit::put(std::variant<AuditEntry, AuditCut> what, Done done, bool is_kept) {
    std::unique_lock lock(mutex_);
    waiting_.push_back({std::move(what), std::move(done), is_kept});
    if (!is_writing_) write_waiting(lock);
}

/// One batch is in flight at a time: the chain goes on where the disk says that it ends.
void Audit::write_waiting(std::unique_lock<std::mutex>& lock) {
    is_writing_ = true;
    const std::size_t count = std::min(waiting_.size(), kBatchMax);
    runtime::Writes writes;
    lost_told_ = lost_;
    if (lost_told_ > 0) {
        AuditEntry entry;
        entry.at = clock_.now();
        entry.action = "audit lost entries";
        entry.details = {{"count", lost_told_}};
        writes.documents.push_back(chain_.add(entry));
    }
    for (std::size_t i = 0; i < count; ++i) {
        Waiting& one = waiting_.front();
        if (const auto* entry = std::get_if<AuditEntry>(&one.what)) {
            writes.documents.push_back(chain_.add(*entry));
        } else {
            for (auto& write : chain_.cut(std::get<AuditCut>(one.what), clock_.now())) {
                writes.documents.push_back(std::move(write));
            }
        }
        in_flight_.push_back(std::move(one));
        waiting_.pop_front();
    }
    writes.documents.push_back(chain_.head_document());
    lock.unlock();
    // May answer at once, in this thread.
    write_(std::move(writes), [this](const Result<void>& result) { written(result); });
}

void Audit::written(const Result<void>& result) {
    std::vector<Done> done;
    std::unique_lock lock(mutex_);
    for (Waiting& one : in_flight_) {
        if (one.done) done.push_back(std::exchange(one.done, nullptr));
    }
    if (result) {
        durable_ = chain_.head();
        lost_ -= lost_told_;
    } else {
        spdlog::error("the audit log cannot be written now: {}", result.error().message);
        chain_.set_head(durable_);
        std::erase_if(in_flight_, [](const Waiting& one) { return !one.is_kept; });
        waiting_.insert(waiting_.begin(), std::make_move_iterator(in_flight_.begin()),
                        std::make_move_iterator(in_flight_.end()));
        for (; waiting_.size() > kAuditWaitingMax; waiting_.pop_front()) {
            ++lost_;
            if (waiting_.front().done) done.push_back(std::move(waiting_.front().done));
        }
    }
    in_flight_.clear();
    is_writing_ = false;
    // After a failure the next entry tries again.
    if (result && !waiting_.empty()) write_waiting(lock);
    if (lock.owns_lock()) lock.unlock();
    for (const auto& one : done) one(result);
}

bool Audit::is_audited(const Request& request) {
    return changes_something(request) && !is_of_a_run(request);
}

void Audit::announce(const Request& request, Done done) {
    AuditEntry entry = audit_entry_of(request);
    entry.outcome = "begun";
    put(made_now(std::move(entry)), std::move(done), false);
}

Responder Audit::watch(const Request& request, bool is_announced, Responder respond) {
    if (!changes_something(request)) return respond;
    return [this, entry = audit_entry_of(request), is_start = is_start_of_a_run(request),
            waits = !is_of_a_run(request), is_announced,
            respond = std::move(respond)](Response response) mutable {
        entry.outcome = std::to_string(response.status);
        if (response.noted.is_object()) {
            for (const auto& [name, value] : response.noted.items()) entry.details[name] = value;
        }
        const bool has_failed = response.status >= 400;
        if (has_failed || (is_start && entry.who.empty())) {
            if (has_failed) add_limited(std::move(entry));
            return respond(std::move(response));
        }
        if (is_start) return respond(std::move(response));
        // Who signs in is known once it is done.
        if (entry.action == kSignInAction) entry.who = entry.subject;
        if (!waits) {
            add(std::move(entry), nullptr);
            return respond(std::move(response));
        }
        auto shared = std::make_shared<Response>(std::move(response));
        add(std::move(entry), [respond, shared, is_announced](const Result<void>& result) {
            if (result || is_announced) return respond(std::move(*shared));
            respond(problem(503, "it was done, but the audit log cannot be written now (" +
                                     result.error().message +
                                     "); its entry is written as soon as that can be done"));
        });
    };
}

void Audit::note_refusal(const Request& request, const Refusal& refusal) {
    AuditEntry entry = audit_entry_of(request);
    entry.who.clear();
    entry.details = Json::object();
    entry.outcome = std::to_string(refusal.status);
    add_limited(std::move(entry));
}

void Audit::add_limited(AuditEntry entry) {
    note_counts();
    bool is_noted = false;
    {
        const std::lock_guard lock(mutex_);
        is_noted = limit_.takes(entry, clock_.now());
    }
    if (is_noted) add(std::move(entry), nullptr);
}

void Audit::note_counts(bool is_last) {
    std::vector<AuditEntry> counts;
    {
        const std::lock_guard lock(mutex_);
        counts = limit_.counts(clock_.now(), is_last);
    }
    for (AuditEntry& entry : counts) add(std::move(entry), nullptr);
}

}  // namespace stepwell::api

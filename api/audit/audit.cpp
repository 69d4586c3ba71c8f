#include "api/audit/audit.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

namespace stepwell::api {
namespace {

constexpr std::size_t kBatchMax = 256;
/// Of refused requests from one place, noted in a minute.
constexpr std::uint64_t kRefusalsMax = 10;
constexpr Duration kRefusalsSpan = std::chrono::minutes(1);
constexpr std::size_t kPeersMax = 1'000;
constexpr std::size_t kSubjectBytesMax = 256;
/// A larger body is not looked into for what it is about.
constexpr std::size_t kBodyBytesMax = 64u << 10;

constexpr std::string_view kAwsPrefix = "AWSStepFunctions.";

std::string_view aws_action(const Request& request) {
    const std::string_view target = request.header("X-Amz-Target");
    if (request.method() != "POST" || !target.starts_with(kAwsPrefix)) return {};
    return target.substr(kAwsPrefix.size());
}

bool begins_with_any(std::string_view text, std::initializer_list<std::string_view> beginnings) {
    return std::any_of(beginnings.begin(), beginnings.end(),
                       [&](std::string_view beginning) { return text.starts_with(beginning); });
}

bool changes_something(const Request& request) {
    const std::string_view action = aws_action(request);
    if (!action.empty()) {
        return !begins_with_any(action, {"Describe", "List", "Get", "Validate", "TestState"});
    }
    const std::string_view method = request.method();
    return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

std::string path_of(const Request& request) {
    const std::string_view target = request.target();
    return std::string(target.substr(0, std::min(target.find('?'), kSubjectBytesMax)));
}

std::string action_of(const Request& request) {
    const std::string_view action = aws_action(request);
    if (!action.empty()) return "aws:" + std::string(action.substr(0, 64));
    return std::string(request.method().substr(0, 16)) + " " + path_of(request);
}

/// A run says itself when it was started and stopped, and by what.
bool is_of_a_run(const Request& request) {
    const std::string_view action = aws_action(request);
    if (!action.empty())
        return begins_with_any(action, {"StartExecution", "StartSync", "StopExec"});
    const std::string_view target = request.target();
    return target.starts_with("/api/v1/runs") || target.starts_with("/hooks/");
}

/// The members of a body that say what it is about; never those that may hold a secret.
Json details_of(const std::string& body) {
    constexpr std::array<std::string_view, 10> kTold{
        "name",  "workflow",    "stateMachineArn", "executionArn", "role",
        "owner", "is_disabled", "expires_at",      "reason",       "token_name"};
    Json details = Json::object();
    if (body.empty() || body.size() > kBodyBytesMax) return details;
    const auto json = parse_json(body);
    if (!json) return details;
    for (const std::string_view name : kTold) {
        const Json* member = find(*json, name);
        if (!member || member->is_structured()) continue;
        const bool is_long =
            member->is_string() && member->get_ref<const std::string&>().size() > kSubjectBytesMax;
        if (!is_long) details[std::string(name)] = *member;
    }
    return details;
}

}  // namespace

Audit::Audit(Writer write, AuditChain chain, runtime::Confidentiality& secrets,
             runtime::Clock& clock)
    : write_(std::move(write)),
      secrets_(secrets),
      clock_(clock),
      chain_(std::move(chain)),
      durable_(chain_.head()) {}

void Audit::add(AuditEntry entry, std::function<void()> done) {
    entry.subject = secrets_.mask(std::move(entry.subject));
    entry.action = secrets_.mask(std::move(entry.action));
    entry.details = secrets_.mask(std::move(entry.details));
    std::unique_lock lock(mutex_);
    entry.at = clock_.now();
    waiting_.push_back({std::move(entry), std::move(done)});
    if (!is_writing_) write_waiting(lock);
}

/// One batch is in flight at a time: the chain goes on where the disk says that it ends.
void Audit::write_waiting(std::unique_lock<std::mutex>& lock) {
    is_writing_ = true;
    const std::size_t count = std::min(waiting_.size(), kBatchMax);
    runtime::Writes writes;
    if (const std::uint64_t lost = std::exchange(lost_, 0)) {
        AuditEntry entry;
        entry.at = clock_.now();
        entry.action = "audit lost entries";
        entry.details = {{"count", lost}};
        writes.documents.push_back(chain_.add(entry));
    }
    for (std::size_t i = 0; i < count; ++i) {
        writes.documents.push_back(chain_.add(waiting_.front().entry));
        in_flight_.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
    }
    writes.documents.push_back(chain_.head_document());
    lock.unlock();
    // May answer at once, in this thread.
    write_(std::move(writes), [this](const Result<void>& result) { written(result); });
}

void Audit::written(const Result<void>& result) {
    std::vector<std::function<void()>> done;
    std::unique_lock lock(mutex_);
    for (Waiting& one : in_flight_) {
        if (one.done) done.push_back(std::exchange(one.done, nullptr));
    }
    if (result) {
        durable_ = chain_.head();
    } else {
        spdlog::error("the audit log cannot be written now: {}", result.error().message);
        chain_.set_head(durable_);
        waiting_.insert(waiting_.begin(), std::make_move_iterator(in_flight_.begin()),
                        std::make_move_iterator(in_flight_.end()));
        for (; waiting_.size() > kAuditWaitingMax; waiting_.pop_front()) ++lost_;
    }
    in_flight_.clear();
    is_writing_ = false;
    // After a failure the next entry tries again.
    if (result && !waiting_.empty()) write_waiting(lock);
    if (lock.owns_lock()) lock.unlock();
    for (const auto& one : done) one();
}

Responder Audit::watch(const Request& request, Responder respond) {
    if (!changes_something(request)) return respond;
    AuditEntry entry;
    entry.who = who_is(request.principal());
    entry.credential = request.principal().credential;
    entry.from = request.peer();
    entry.action = action_of(request);
    entry.subject = path_of(request);
    entry.details = details_of(request.body());
    return [this, entry = std::move(entry), waits = !is_of_a_run(request),
            respond = std::move(respond)](Response response) mutable {
        entry.outcome = std::to_string(response.status);
        if (!waits) {
            add(std::move(entry), nullptr);
            return respond(std::move(response));
        }
        auto shared = std::make_shared<Response>(std::move(response));
        add(std::move(entry), [respond, shared] { respond(std::move(*shared)); });
    };
}

void Audit::note_refusal(const Request& request, const Refusal& refusal) {
    AuditEntry entry;
    {
        const std::lock_guard lock(mutex_);
        const Timestamp now = clock_.now();
        if (refusals_.size() > kPeersMax) refusals_.clear();
        Refusals& seen = refusals_[request.peer()];
        if (now - seen.since > kRefusalsSpan) {
            if (seen.count > kRefusalsMax) {
                entry.details["not_noted"] = seen.count - kRefusalsMax;
            }
            seen = {now, 0};
        }
        if (++seen.count > kRefusalsMax) return;
    }
    entry.from = request.peer();
    entry.action = action_of(request);
    entry.subject = path_of(request);
    entry.outcome = std::to_string(refusal.status);
    add(std::move(entry), nullptr);
}

}  // namespace stepwell::api

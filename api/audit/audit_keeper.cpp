#include "api/audit/audit_keeper.hpp"

#include <spdlog/spdlog.h>

#include <future>

namespace stepwell::api {
namespace {

constexpr std::chrono::seconds kInterval{60};
constexpr int kTellEvery = 60;  // intervals
/// What one transaction removes at most.
constexpr std::size_t kPieceMax = 256;

std::optional<Timestamp> time_of(const Json& entry) {
    const auto instant = parse_rfc3339(string_or(entry, "at", ""));
    if (!instant) return std::nullopt;
    return from_ms(instant->seconds * 1'000 + instant->nanos / 1'000'000);
}

}  // namespace

AuditKeeper::AuditKeeper(AuditRule rule, Audit& audit, runtime::Clock& clock, Read read)
    : rule_(rule), audit_(audit), clock_(clock), read_(std::move(read)) {}

AuditKeeper::~AuditKeeper() {
    stop();
}

void AuditKeeper::start() {
    thread_ = std::thread([this] { work(); });
}

void AuditKeeper::stop() {
    {
        const std::lock_guard lock(mutex_);
        if (is_stopping_) return;
        is_stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
    audit_.note_counts(true);
}

void AuditKeeper::work() {
    std::unique_lock lock(mutex_);
    for (int i = 0; !is_stopping_; ++i) {
        lock.unlock();
        audit_.note_counts();
        if (const auto done = pass(); !done) {
            spdlog::error("old entries of the audit log could not be removed: {}",
                          done.error().message);
        }
        if (i % kTellEvery == 0) tell();
        lock.lock();
        wake_.wait_for(lock, kInterval, [this] { return is_stopping_; });
    }
}

void AuditKeeper::tell() const {
    const AuditHead head = audit_.head();
    spdlog::info("audit log of database {}: entry {}, hash {}", head.database, head.sequence,
                 head.hash);
}

Result<void> AuditKeeper::pass() {
    // What a removal itself notes is for the next pass: otherwise none might end.
    const std::uint64_t last = audit_.head().sequence;
    while (true) {
        {
            const std::lock_guard lock(mutex_);
            if (is_stopping_) return {};
        }
        const auto cut = SW_TRY(next_cut(last));
        if (!cut) return {};
        auto promise = std::make_shared<std::promise<Result<void>>>();
        audit_.cut(*cut, [promise](const Result<void>& result) { promise->set_value(result); });
        SW_TRY(promise->get_future().get());
    }
}

/// The oldest entries that are too old, or too many bytes; never `last`, and none behind it.
Result<std::optional<AuditCut>> AuditKeeper::next_cut(std::uint64_t last) const {
    const AuditHead head = audit_.head();
    AuditCut cut{head.first, head.before_first, 0};
    const auto page = SW_TRY(read_(head.first <= 1 ? "" : audit_key(head.first - 1), kPieceMax));
    for (const auto& record : page) {
        if (cut.first >= last) break;
        const Json json = parse_json(record.value).value_or(Json());
        const Json entry = parse_json(string_or(json, "entry", "")).value_or(Json());
        const auto at = time_of(entry);
        const bool is_old = rule_.kept && at && *at < clock_.now() - *rule_.kept;
        const bool is_too_much = rule_.bytes && head.bytes - cut.bytes > *rule_.bytes;
        // One that was taken out or is out of order is for the verification to find.
        if (record.key != audit_key(cut.first) || (!is_old && !is_too_much)) break;
        ++cut.first;
        cut.before_first = string_or(json, "hash", "");
        cut.bytes += record.key.size() + record.value.size();
    }
    if (cut.first == head.first) return std::optional<AuditCut>();
    return std::optional(std::move(cut));
}

}  // namespace stepwell::api

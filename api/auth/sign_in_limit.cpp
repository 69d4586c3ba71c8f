#include "api/auth/sign_in_limit.hpp"

#include <algorithm>

namespace stepwell::api {
namespace {

constexpr unsigned kFreeByName = 5;
constexpr double kFreeByPeer = 20;
constexpr Duration kRefill{1'000};  // for one more
constexpr Duration kFirstPause{1'000};
constexpr unsigned kDoublings = 8;
constexpr Duration kPauseMax = std::chrono::minutes(5);
/// Failures this long past are forgotten.
constexpr Duration kMemory = std::chrono::minutes(15);
constexpr std::size_t kKeysMax = 10'000;

std::string key_of(const std::string& peer, const std::string& name) {
    return peer + " " + name.substr(0, 64);
}

}  // namespace

double SignInLimit::left_at(const Bucket& bucket, Timestamp now) {
    const double refilled =
        static_cast<double>((now - bucket.at).count()) / static_cast<double>(kRefill.count());
    return std::min(kFreeByPeer, bucket.left + std::max(0.0, refilled));
}

std::optional<Duration> SignInLimit::wait(const std::string& peer, const std::string& name,
                                          Timestamp now) const {
    const std::lock_guard lock(mutex_);
    std::optional<Duration> longest;
    const auto found = failures_.find(key_of(peer, name));
    if (found != failures_.end() && found->second.until > now) longest = found->second.until - now;
    const auto bucket = buckets_.find(peer);
    if (bucket != buckets_.end() && left_at(bucket->second, now) < 1) {
        longest = std::max(longest.value_or(Duration{}), kRefill);
    }
    return longest;
}

void SignInLimit::failed(const std::string& peer, const std::string& name, Timestamp now) {
    const std::lock_guard lock(mutex_);
    forget(now);
    auto [bucket, is_new] = buckets_.try_emplace(peer, Bucket{kFreeByPeer, now});
    bucket->second = {std::max(0.0, left_at(bucket->second, now) - 1), now};
    Failures& seen = failures_[key_of(peer, name)];
    if (seen.until + kMemory < now) seen.count = 0;
    ++seen.count;
    seen.until = now;
    if (seen.count < kFreeByName) return;
    const unsigned doublings = std::min(seen.count - kFreeByName, kDoublings);
    seen.until = now + std::min(kFirstPause * (1 << doublings), kPauseMax);
}

/// Who makes many keys loses their own first: what is long past goes, then what waits the least.
/// REQUIRES: the lock.
void SignInLimit::forget(Timestamp now) {
    if (buckets_.size() >= kKeysMax) {
        std::erase_if(buckets_,
                      [&](const auto& one) { return left_at(one.second, now) >= kFreeByPeer; });
        if (buckets_.size() >= kKeysMax) buckets_.erase(buckets_.begin());
    }
    if (failures_.size() < kKeysMax) return;
    std::erase_if(failures_, [&](const auto& one) { return one.second.until + kMemory < now; });
    if (failures_.size() < kKeysMax) return;
    std::erase_if(failures_, [&](const auto& one) { return one.second.count < kFreeByName; });
    if (failures_.size() >= kKeysMax) failures_.erase(failures_.begin());
}

void SignInLimit::succeeded(const std::string& peer, const std::string& name) {
    const std::lock_guard lock(mutex_);
    failures_.erase(key_of(peer, name));
}

}  // namespace stepwell::api

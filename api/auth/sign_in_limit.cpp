#include "api/auth/sign_in_limit.hpp"

#include <algorithm>

namespace stepwell::api {
namespace {

constexpr unsigned kFreeByName = 5;
constexpr unsigned kFreeByPeer = 20;
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

std::optional<Duration> SignInLimit::wait(const std::string& peer, const std::string& name,
                                          Timestamp now) const {
    const std::lock_guard lock(mutex_);
    std::optional<Duration> longest;
    for (const std::string& key : {peer, key_of(peer, name)}) {
        const auto found = failures_.find(key);
        if (found == failures_.end() || found->second.until <= now) continue;
        longest = std::max(longest.value_or(Duration{}), found->second.until - now);
    }
    return longest;
}

void SignInLimit::failed(const std::string& peer, const std::string& name, Timestamp now) {
    const std::lock_guard lock(mutex_);
    if (failures_.size() >= kKeysMax) {
        std::erase_if(failures_, [&](const auto& one) { return one.second.until + kMemory < now; });
    }
    if (failures_.size() >= kKeysMax) failures_.clear();
    add(peer, kFreeByPeer, now);
    add(key_of(peer, name), kFreeByName, now);
}

/// REQUIRES: the lock.
void SignInLimit::add(const std::string& key, unsigned free, Timestamp now) {
    Failures& seen = failures_[key];
    if (seen.until + kMemory < now) seen.count = 0;
    ++seen.count;
    seen.until = now;
    if (seen.count < free) return;
    const unsigned doublings = std::min(seen.count - free, kDoublings);
    seen.until = now + std::min(kFirstPause * (1 << doublings), kPauseMax);
}

void SignInLimit::succeeded(const std::string& peer, const std::string& name) {
    const std::lock_guard lock(mutex_);
    failures_.erase(key_of(peer, name));
}

}  // namespace stepwell::api

#include "api/auth/one_time_links.hpp"

#include "api/secrets/crypto.hpp"
#include "engine/base/digest.hpp"

namespace stepwell::api {
namespace {

constexpr std::size_t kCodeBytes = 32;
/// Beyond as many, one of them goes: nobody opens so many.
constexpr std::size_t kLinksMax = 1'000;

std::string hash_of_code(const std::string& code) {
    return digest_hex("SHA-256", code).value_or("");
}

}  // namespace

std::string OneTimeLinks::make(const Principal& principal, Timestamp now) {
    const std::string code = base64url_encode(random_bytes(kCodeBytes));
    const std::lock_guard lock(mutex_);
    forget_old(now);
    links_[hash_of_code(code)] = {principal, now};
    return "/sign-in?code=" + code;
}

std::optional<Principal> OneTimeLinks::take(const std::string& code, Timestamp now) {
    const std::lock_guard lock(mutex_);
    forget_old(now);
    auto found = links_.extract(hash_of_code(code));
    if (found.empty()) return std::nullopt;
    return std::move(found.mapped().principal);
}

/// REQUIRES: the lock.
void OneTimeLinks::forget_old(Timestamp now) {
    std::erase_if(links_, [&](const auto& one) { return now - one.second.made > kLinkAge; });
    if (links_.size() >= kLinksMax) links_.erase(links_.begin());
}

}  // namespace stepwell::api

#include "api/secrets/guess_limit.hpp"

#include <algorithm>

namespace stepwell::api {
namespace {

constexpr std::size_t kPartiesMax = 10'000;
constexpr Duration kFirstPause{1'000};
constexpr Duration kPauseMax{300'000};
constexpr Duration kForgottenAfter{3'600'000};

Duration pause_after(unsigned count) {
    Duration pause = kFirstPause;
    for (unsigned n = GuessLimit::kFree + 1; n < count && pause < kPauseMax; ++n) pause *= 2;
    return std::min(pause, kPauseMax);
}

}  // namespace

std::string GuessLimit::key_of(const std::string& who) const {
    return guesses_.contains(who) || guesses_.size() < kPartiesMax ? who : std::string();
}

std::optional<Duration> GuessLimit::wait(const std::string& who, Moment now) const {
    const std::lock_guard lock(mutex_);
    const auto found = guesses_.find(key_of(who));
    if (found == guesses_.end() || found->second.until <= now) return std::nullopt;
    return std::chrono::ceil<Duration>(found->second.until - now);
}

void GuessLimit::refused(const std::string& who, Moment now) {
    const std::lock_guard lock(mutex_);
    std::erase_if(guesses_,
                  [&](const auto& each) { return each.second.last + kForgottenAfter <= now; });
    Guesses& guesses = guesses_[key_of(who)];
    guesses.last = now;
    if (++guesses.count > kFree) guesses.until = now + pause_after(guesses.count);
}

}  // namespace stepwell::api

#include "engine/triggers/start_queue.hpp"

#include <algorithm>

namespace stepwell::triggers {
namespace {

/// More would only wait in the engine's inbox, and take room there from others.
constexpr std::size_t kPostedMax = 4'096;
constexpr Duration kFirstPause{1'000};
constexpr Duration kLongestPause{60'000};

bool is_final(ErrorCode code) {
    return code == ErrorCode::conflict || code == ErrorCode::invalid ||
           code == ErrorCode::not_found;
}

Duration pause_after(unsigned refusals) {
    return std::min(kFirstPause * (1 << std::min(refusals - 1, 6U)), kLongestPause);
}

}  // namespace

void StartQueue::add(runtime::StartRequest request, Done done, Prepare prepare) {
    const std::uint64_t id = next_id_++;
    starts_.emplace(id, Start{std::move(request), std::move(done), std::move(prepare)});
    ready_.push_back(id);
}

void StartQueue::tick(Timestamp now) {
    // Where the clock was set back, nobody waits until it is there again.
    const bool is_set_back = now < now_;
    now_ = now;
    const std::size_t first = ready_.size();
    while (!later_.empty() && (is_set_back || later_.begin()->first <= now)) {
        ready_.push_back(later_.begin()->second);
        later_.erase(later_.begin());
    }
    // The older ones first, however often they were asked for.
    std::sort(ready_.begin() + static_cast<std::ptrdiff_t>(first), ready_.end());
    while (!ready_.empty() && posted_ < kPostedMax) {
        const std::uint64_t id = ready_.front();
        ready_.pop_front();
        post(id);
    }
}

std::optional<Timestamp> StartQueue::next() const {
    if (later_.empty()) return std::nullopt;
    return later_.begin()->first;
}

void StartQueue::post(std::uint64_t id) {
    ++posted_;
    Start& start = starts_.at(id);
    if (start.prepare) start.prepare(start.request);
    engine_.start_execution(
        start.request, [mailbox = mailbox_, self = self_, id](Result<runtime::Started> started) {
            mailbox->post([self, id, started = std::move(started)] {
                if (*self != nullptr) (*self)->take(id, started);
            });
        });
}

void StartQueue::take(std::uint64_t id, const Result<runtime::Started>& started) {
    --posted_;
    const auto found = starts_.find(id);
    Start& start = found->second;
    if (!started && !is_final(started.error().code)) {
        ++start.refusals;
        trouble_ = started.error().message;
        later_.emplace(now_ + pause_after(start.refusals), id);
        return;
    }
    const Done done = std::move(start.done);
    starts_.erase(found);
    done(started);
}

}  // namespace stepwell::triggers

#include "engine/runtime/loop/trail.hpp"

#include <algorithm>
#include <iterator>

#include "engine/runtime/run_fold.hpp"

namespace stepwell::runtime {

void Trail::add(std::vector<core::Event> events, std::size_t stored_bytes) {
    if (!is_whole_) return;
    stored_bytes_ += stored_bytes;
    for (core::Event& event : events) result_bytes_ += keep_result_only(event);
    count_ += events.size();
    turns_.push_back(std::move(events));
    if (bytes() > kBytesMax) *this = {};
}

std::vector<core::Event> Trail::take(const std::vector<core::Event>& last) && {
    std::vector<core::Event> all;
    all.reserve(count_ + last.size());
    for (std::vector<core::Event>& events : turns_) {
        std::move(events.begin(), events.end(), std::back_inserter(all));
    }
    all.insert(all.end(), last.begin(), last.end());
    return all;
}

}  // namespace stepwell::runtime

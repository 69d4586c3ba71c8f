#include "engine/runtime/loop/execution_cache.hpp"

#include <malloc.h>

#include <iterator>
#include <utility>

namespace stepwell::runtime {
namespace {

/// Frames: one to two milliseconds.
constexpr std::size_t kBuriedAtOnce = 4'000;
/// So much has to have been let go before it is worth asking the allocator.
constexpr std::size_t kGivenBackFrom = std::size_t{64} << 20;

}  // namespace

Slot* ExecutionCache::find(ExecutionId id) {
    const auto at = slots_.find(id);
    if (at == slots_.end()) return nullptr;
    recency_.splice(recency_.begin(), recency_, at->second->recency);
    return at->second.get();
}

Slot& ExecutionCache::add(std::unique_ptr<Slot> slot) {
    const ExecutionId id = slot->execution.id();
    recency_.push_front(id);
    slot->recency = recency_.begin();
    bytes_ += slot->bytes;
    return *(slots_[id] = std::move(slot));
}

void ExecutionCache::remove(ExecutionId id) {
    const auto at = slots_.find(id);
    if (at == slots_.end()) return;
    bytes_ -= at->second->bytes;
    released_bytes_ += at->second->bytes;
    recency_.erase(at->second->recency);
    if (at->second->execution.bury(kBuriedAtOnce)) graves_.push_back(std::move(at->second));
    slots_.erase(at);
}

bool ExecutionCache::bury() {
    if (!graves_.empty() && !graves_.back()->execution.bury(kBuriedAtOnce)) graves_.pop_back();
    return !graves_.empty();
}

void ExecutionCache::clear() {
    slots_.clear();
    graves_.clear();
    recency_.clear();
    bytes_ = 0;
}

void ExecutionCache::set_bytes(Slot& slot, std::size_t bytes) {
    if (bytes < slot.bytes) released_bytes_ += slot.bytes - bytes;
    bytes_ += bytes - slot.bytes;
    slot.bytes = bytes;
}

void ExecutionCache::shrink(std::size_t count_max, std::size_t bytes_max) {
    auto end = recency_.end();
    while (end != recency_.begin() && (slots_.size() > count_max || bytes_ > bytes_max)) {
        const auto last = std::prev(end);
        if (slots_.at(*last)->unstored.empty()) {
            remove(*last);
        } else {
            end = last;
        }
    }
    if (released_bytes_ < kGivenBackFrom) return;
    released_bytes_ = 0;
    malloc_trim(0);  // else the process keeps the size of its largest execution for ever
}

}  // namespace stepwell::runtime

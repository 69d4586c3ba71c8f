#include "engine/runtime/loop/execution_cache.hpp"

#include <iterator>
#include <utility>

namespace stepwell::runtime {

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
    recency_.erase(at->second->recency);
    slots_.erase(at);
}

void ExecutionCache::clear() {
    slots_.clear();
    recency_.clear();
    bytes_ = 0;
}

void ExecutionCache::set_bytes(Slot& slot, std::size_t bytes) {
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
}

}  // namespace stepwell::runtime

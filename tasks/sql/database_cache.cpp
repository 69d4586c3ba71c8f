#include "tasks/sql/database_cache.hpp"

#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

namespace stepwell::tasks::data {
namespace {

/// One file. `is_open` stays true until the database is closed for good: two instances of one
/// DuckDB file in a process would destroy it.
struct Slot {
    std::mutex mutex;
    std::condition_variable closed;
    std::weak_ptr<Database> shared;
    bool is_open = false;
};

std::shared_ptr<Slot> slot_of(const std::string& key) {
    static std::mutex mutex;
    static std::map<std::string, std::shared_ptr<Slot>> slots;
    const std::lock_guard lock(mutex);
    auto& slot = slots[key];
    if (!slot) slot = std::make_shared<Slot>();
    return slot;
}

struct Locks {
    std::mutex mutex;
    std::condition_variable released;
    std::set<std::string> held;
};

Locks& locks() {
    static Locks instance;
    return instance;
}

}  // namespace

DataResult<std::shared_ptr<Database>> shared_database(
    const std::string& key, const std::function<DataResult<std::shared_ptr<Database>>()>& open) {
    const auto slot = slot_of(key);
    std::unique_lock lock(slot->mutex);
    while (true) {
        if (auto open_already = slot->shared.lock()) return open_already;
        if (!slot->is_open) break;
        slot->closed.wait(lock);
    }
    auto database = SW_TRY(open());
    slot->is_open = true;
    slot->shared = database;
    database->on_closed(std::shared_ptr<void>(nullptr, [slot](void*) {
        const std::lock_guard guard(slot->mutex);
        slot->is_open = false;
        slot->closed.notify_all();
    }));
    return database;
}

DataResult<std::shared_ptr<void>> lock_by_name(const std::string& name,
                                               std::chrono::milliseconds timeout,
                                               const std::function<bool()>& is_cancelled) {
    constexpr auto kPollInterval = std::chrono::milliseconds(50);
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    auto& all = locks();
    std::unique_lock lock(all.mutex);
    while (!all.held.insert(name).second) {
        if (is_cancelled()) return data_fail("E_CANCELLED", "the task was cancelled");
        if (std::chrono::steady_clock::now() >= deadline) {
            return data_fail("E_LOCKED", "expected to lock " + name +
                                             ", but another task holds it; try again later");
        }
        all.released.wait_for(lock, kPollInterval);
    }
    return std::shared_ptr<void>(nullptr, [name](void*) {
        auto& owner = locks();
        const std::lock_guard guard(owner.mutex);
        owner.held.erase(name);
        owner.released.notify_all();
    });
}

}  // namespace stepwell::tasks::data

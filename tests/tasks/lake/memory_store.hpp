// A Store in memory, as an object store has it: nothing but what the contract says.
#pragma once

#include <map>
#include <mutex>
#include <utility>

#include "tasks/files/store.hpp"

namespace stepwell::test {

class MemoryStore final : public tasks::files::Store {
public:
    tasks::data::DataResult<std::vector<tasks::files::StoredName>> list(
        std::string_view prefix) const override {
        const std::lock_guard lock(mutex_);
        std::vector<tasks::files::StoredName> names;
        for (const auto& [name, content] : objects_) {
            if (name.starts_with(prefix)) names.push_back({name, content.second});
        }
        return names;
    }
    tasks::data::DataResult<std::string> read(std::string_view name) const override {
        const std::lock_guard lock(mutex_);
        const auto found = objects_.find(std::string(name));
        if (found != objects_.end()) return found->second.first;
        return tasks::data::data_fail("E_NOT_FOUND", std::string(name) + ": it is not there");
    }
    tasks::data::DataResult<void> put_if_absent(std::string_view name,
                                                std::string_view content) override {
        const std::lock_guard lock(mutex_);
        if (objects_.try_emplace(std::string(name), std::string(content), now).second) return {};
        return tasks::data::data_fail("E_CONFLICT", std::string(name) + ": it is there");
    }
    tasks::data::DataResult<void> remove(std::string_view name) override {
        const std::lock_guard lock(mutex_);
        objects_.erase(std::string(name));
        return {};
    }

    Timestamp now = from_ms(1'700'000'000'000);  // what is put now is that old

private:
    mutable std::mutex mutex_;
    std::map<std::string, std::pair<std::string, Timestamp>> objects_;
};

}  // namespace stepwell::test

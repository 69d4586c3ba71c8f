// Who wants to see what happens. Thread safety: complete.
#pragma once

#include <algorithm>
#include <list>
#include <memory>
#include <mutex>

#include "engine/runtime/engine_types.hpp"

namespace stepwell::runtime {

class Listeners {
public:
    Listeners() : shared_(std::make_shared<Shared>()) {}

    Subscription subscribe(Listener listener) {
        const std::lock_guard lock(shared_->mutex);
        shared_->listeners.push_front(std::move(listener));
        const auto at = shared_->listeners.begin();
        // The subscription may outlive the engine.
        return Subscription(nullptr, [shared = shared_, at](void*) {
            const std::lock_guard removal(shared->mutex);
            shared->listeners.erase(at);
        });
    }

    /// Whether anybody wants to see it. `member` is a member of Listener.
    template <class Member>
    [[nodiscard]] bool has(Member member) const {
        const std::lock_guard lock(shared_->mutex);
        return std::any_of(shared_->listeners.begin(), shared_->listeners.end(),
                           [&](const Listener& each) { return bool(each.*member); });
    }

    /// `member` is a member of Listener.
    template <class Member, class... Arguments>
    void tell(Member member, const Arguments&... arguments) const {
        const std::lock_guard lock(shared_->mutex);
        for (const Listener& listener : shared_->listeners) {
            if (listener.*member) (listener.*member)(arguments...);
        }
    }

private:
    struct Shared {
        std::mutex mutex;
        std::list<Listener> listeners;
    };
    std::shared_ptr<Shared> shared_;
};

}  // namespace stepwell::runtime

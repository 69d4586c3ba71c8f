// Who wants to see what happens. Thread safety: complete.
#pragma once

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

    [[nodiscard]] bool is_empty() const {
        const std::lock_guard lock(shared_->mutex);
        return shared_->listeners.empty();
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

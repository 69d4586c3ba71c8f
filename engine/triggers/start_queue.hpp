// Starts on their way to the engine. A start that the engine cannot take now (a full disk, a
// paused workflow) is asked for again, less and less often, until it is taken: the claims in it see
// to it that however often it is asked for, it happens once.
//
// Threads: the triggers' only.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "engine/runtime/engine.hpp"
#include "engine/triggers/mailbox.hpp"

namespace stepwell::triggers {

class StartQueue {
public:
    /// Gets the execution, or the error where asking again is of no use (`conflict`, `invalid`,
    /// `not_found`: the workflow was deleted).
    using Done = std::function<void(const Result<runtime::Started>&)>;
    /// Completes the request each time it is sent, with what is true then.
    using Prepare = std::function<void(runtime::StartRequest&)>;

    /// REQUIRES: the engine outlives it.
    StartQueue(runtime::Engine& engine, std::shared_ptr<Mailbox> mailbox)
        : engine_(engine),
          mailbox_(std::move(mailbox)),
          self_(std::make_shared<StartQueue*>(this)) {}
    ~StartQueue() { *self_ = nullptr; }
    StartQueue(const StartQueue&) = delete;
    StartQueue& operator=(const StartQueue&) = delete;

    void add(runtime::StartRequest request, Done done, Prepare prepare = {});
    /// Posts what waits, as far as the engine has room.
    void tick(Timestamp now);
    /// When a refused start is to be asked for again.
    [[nodiscard]] std::optional<Timestamp> next() const;
    [[nodiscard]] std::size_t size() const { return starts_.size(); }
    /// Why the start that was refused last was refused; empty where none waits for its next time.
    [[nodiscard]] std::string trouble() const { return later_.empty() ? "" : trouble_; }

private:
    struct Start {
        runtime::StartRequest request;
        Done done;
        Prepare prepare;
        unsigned refusals = 0;
    };
    void post(std::uint64_t id);
    void take(std::uint64_t id, const Result<runtime::Started>& started);

    runtime::Engine& engine_;
    std::shared_ptr<Mailbox> mailbox_;
    std::shared_ptr<StartQueue*> self_;  // null once this is gone
    std::map<std::uint64_t, Start> starts_;
    std::deque<std::uint64_t> ready_;
    std::multimap<Timestamp, std::uint64_t> later_;
    std::size_t posted_ = 0;
    std::uint64_t next_id_ = 1;
    Timestamp now_{};
    std::string trouble_;
};

}  // namespace stepwell::triggers

// One process's hold on a data folder: journal, engine and task hosts, put together. Part of the
// composition root: the only place besides main.cpp that knows all of them.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "api/auth/callback_links.hpp"
#include "api/aws/lone_task.hpp"
#include "api/daemon/config.hpp"
#include "api/daemon/own_api.hpp"
#include "api/secrets/secret_store.hpp"
#include "engine/runtime/activity.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/runtime/gate_views.hpp"

namespace stepwell::api {

struct NodeHooks {
    /// What happens to task hosts, for the log. May be empty; called from any thread.
    std::function<void(const std::string&)> log;
    /// What whoever runs the process should look at. Called by open() alone.
    std::function<void(const std::string&)> warn;
    /// Whether own_api() will be given one.
    bool has_api = false;
    /// The journal failed: the process should end, and start again. Called from any thread.
    std::function<void(const Error&)> failed;
};

class Node {
public:
    /// Takes the data folder, recovers what is open in it and goes on with it.
    ///
    /// Fails with `conflict` where another process has the folder, `invalid` where the
    /// configuration cannot be used, else as the journal does.
    static Result<std::unique_ptr<Node>> open(const Configuration& configuration, NodeHooks hooks);
    /// Stops.
    ~Node();

    [[nodiscard]] runtime::Engine& engine();
    /// Has tasks done that no run asks for. Not to be called after this node is gone.
    [[nodiscard]] aws::RunTask lone_tasks();
    /// Whose tasks call Step Functions; an API outlives stop().
    [[nodiscard]] OwnApi& own_api();
    /// Who works and who waits.
    [[nodiscard]] const runtime::GateViews& gate() const;
    /// What waits for workers.
    [[nodiscard]] runtime::ActivityWorkers& activities();
    [[nodiscard]] SecretStore& secrets();
    /// Those to callbacks of this data folder.
    [[nodiscard]] const CallbackLinks& callback_links() const;
    /// Of who may read the data folder.
    [[nodiscard]] const std::string& admin_token() const;
    /// Those that are alive.
    [[nodiscard]] std::size_t task_hosts() const;
    /// Waits until every message to people was tried once, for `patience` at most. How many are yet
    /// to be delivered: whoever opens this data folder next goes on with them.
    std::int64_t send_messages(std::chrono::milliseconds patience);
    /// Ends the engine, then the task hosts. Tasks in flight are begun again by the next one.
    void stop();

private:
    class Impl;
    explicit Node(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace stepwell::api

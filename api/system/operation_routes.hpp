// Operating runs and workflows over HTTP: explain, pools, pause, retention, backups.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "api/read/readers.hpp"
#include "api/router/router.hpp"
#include "engine/runtime/clock.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/runtime/gate_views.hpp"
#include "engine/runtime/keep/retention.hpp"
#include "engine/triggers/triggers.hpp"

namespace stepwell::api::operations {

/// Writes backups, one at a time, in a thread of its own: that takes as long as the disk does.
class Backups {
public:
    /// Writes a backup of that name and describes it; gives up once `is_stopping`.
    using Write =
        std::function<Result<Json>(const std::string& name, const std::atomic<bool>& is_stopping)>;
    explicit Backups(Write write) : write_(std::move(write)) {}
    ~Backups() { stop(); }

    /// Answers when it is done; `conflict` where another one is being written.
    void begin(const std::string& name, const Call& call);
    /// Gives up what is being written. REQUIRES: before the server stops, as it may still answer.
    void stop();

private:
    const Write write_;
    std::mutex mutex_;
    std::atomic<bool> is_busy_{false};
    std::atomic<bool> is_stopping_{false};
    std::thread thread_;
};

/// What the routes ask; all of it outlives the router.
struct Sources {
    runtime::Engine& engine;
    Readers& readers;
    runtime::Clock& clock;
    const runtime::GateViews& gate;
    const runtime::Retention& retention;
    const triggers::Triggers& triggers;
    Backups& backups;
    std::filesystem::path data_folder;
    std::optional<std::uint64_t> database_budget = {};  // nothing: it may take any
};

void add_operation_routes(Router& router, const Sources& sources);

}  // namespace stepwell::api::operations

// Everything that starts runs by itself: schedules, file triggers, webhooks; and deadlines, which
// tell when it has not happened.
//
// Invariants:
//   (1) A fire, a version of a file, a call of a webhook is a claim that is written with the start
//       it leads to: it starts one run, whatever crashes when.
//   (2) A start that the engine refuses for now is asked for again; it is never dropped.
//   (3) tick() does all there is to do at a moment of the clock, and says when to come back.
//
// Threads: tick() runs on one thread, start()'s own unless tests call it, and waits for no disk but
// the journal's: after start(), folders and files are looked at by the file workers. hook(),
// pause() and status() may be called from any.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/runtime/engine.hpp"
#include "engine/runtime/read/reader.hpp"
#include "engine/triggers/deadlines.hpp"
#include "engine/triggers/file_scan.hpp"
#include "engine/triggers/webhooks.hpp"

namespace stepwell::triggers {

struct TriggerSettings {
    FilePlaces places;
    SecretSource secrets;  // of webhooks; may be empty
    /// What goes wrong, for the log. May be empty; called from the triggers' thread.
    std::function<void(const std::string&)> log;
    /// A deadline is late, or what was late has come. May be empty; called from the engine's
    /// thread: must be quick.
    Deadlines::Tell late;
    /// Of a file's bytes, how many are hashed before other triggers have their turn.
    std::size_t hash_bytes_per_slice = 16u << 20;
};

/// How a file trigger is doing.
struct FileTriggerStatus {
    std::string id;
    std::size_t waiting = 0;  // files that are there and have not started a run yet
    std::string fault;        // what keeps it from working; else empty
};

struct Status {
    std::vector<FileTriggerStatus> files;
    std::size_t starting = 0;  // runs that the engine has not taken yet
    std::string trouble;       // why it did not take the last one that it refused
};

class Triggers {
public:
    /// REQUIRES: engine and clock outlive it. The reader is used by the thread that ticks.
    Triggers(TriggerSettings settings, runtime::Engine& engine,
             std::unique_ptr<runtime::Reader> reader, runtime::Clock& clock);
    /// Stops.
    ~Triggers();

    /// Reads which webhooks there are, then begins to tick on a thread of its own.
    void start();
    /// Ends the thread. No webhook is taken from then on. REQUIRES: before the engine stops.
    void stop();

    /// One round at the clock's time; gives when the next one should be at the latest.
    Timestamp tick();

    /// A call of POST /hooks/NAME. See Webhooks::call().
    void hook(const HookCall& call,
              std::function<void(const Result<runtime::Started, HookError>&)> answer);

    /// Stops a schedule, or lets it go on: fires in between are not made up for. REQUIRES: the
    /// schedule is there (see api/starts).
    void pause(const std::string& schedule_id, bool is_paused, runtime::Answer<void> answer);

    [[nodiscard]] Status status() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace stepwell::triggers

// Execution: where one run of a definition stands. A tree of frames and a few facts; a value that
// only evolve() changes.
//
// A decision does not copy it: it yields a Delta (delta.hpp) of what changes, which merge() swaps
// in once the decision's events are durable. Frames are shared and immutable here, so a reader may
// keep one. What can be derived from the frames (children of a frame, due times) is indexed in
// memory and never stored.
//
// Thread safety: none; its owner is the engine's thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/base/ids.hpp"
#include "engine/base/json.hpp"
#include "engine/base/payload.hpp"
#include "engine/base/time.hpp"
#include "engine/core/frame.hpp"

namespace stepwell::core {

struct Delta;

/// Stored as a number: append only.
enum class Status : std::uint8_t { running, succeeded, failed, timed_out, aborted };

/// "RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED".
const char* name_of(Status status);

/// What never changes once an execution has started.
struct Facts {
    std::string arn;
    std::string name;
    std::string workflow_arn;
    std::string workflow_name;
    std::string role_arn;
    std::string version_arn;
    std::string alias_arn;
    Payload input;
    Timestamp started_at;
    std::optional<Timestamp> due;  // TimeoutSeconds of the machine
    bool operator==(const Facts&) const = default;
};

/// A client's name for its wish to redrive: a repetition of it redrives nothing.
struct ClientToken {
    std::string text;
    Timestamp at;
    bool operator==(const ClientToken&) const = default;
};
/// The last redrive of an execution that was opened again after its end.
struct Redrive {
    std::uint32_t count = 0;  // of all its redrives
    Timestamp at;
    std::optional<Timestamp> due;      // TimeoutSeconds of the machine, since then
    std::vector<ClientToken> clients;  // oldest first; those that are still remembered
    bool operator==(const Redrive&) const = default;
};
inline constexpr Duration kClientTokenLife = std::chrono::minutes(15);
inline constexpr std::size_t kClientTokensMax = 10;

/// What changes with nearly every decision; small, so that it may be stored each time.
struct Header {
    Status status = Status::running;
    std::uint64_t events = 0;  // visible events so far: the id of the last one
    std::uint32_t frames = 0;  // frames so far: the id of the next one
    Timestamp updated_at;      // of the last event
    std::optional<Timestamp> stopped_at;
    std::optional<Payload> output;  // iff succeeded
    std::optional<std::string> error;
    std::optional<std::string> cause;
    std::optional<Redrive> redrive;  // nothing: it never was
    bool operator==(const Header&) const = default;
};

using FramePtr = std::shared_ptr<const Frame>;

class Execution {
public:
    /// Fresh: StartExecution is the only input that it takes.
    explicit Execution(ExecutionId id) : id_(id) {}

    [[nodiscard]] ExecutionId id() const { return id_; }
    [[nodiscard]] bool is_fresh() const { return facts_ == nullptr; }
    [[nodiscard]] bool is_running() const {
        return !is_fresh() && header_.status == Status::running;
    }

    /// REQUIRES: not is_fresh().
    [[nodiscard]] const Facts& facts() const { return *facts_; }
    [[nodiscard]] const Header& header() const { return header_; }
    [[nodiscard]] Status status() const { return header_.status; }

    /// When the machine's time is over. REQUIRES: not is_fresh().
    [[nodiscard]] std::optional<Timestamp> machine_due() const;
    /// When decide() wants a TimerDue; nothing: not before another input. A time that has passed
    /// means at once, which is also how a long turn asks to be continued. O(1).
    [[nodiscard]] std::optional<Timestamp> next_due() const;
    [[nodiscard]] bool has_tasks_in_flight() const { return tasks_in_flight_ > 0; }

    /// About what its frames take in memory, in bytes; a payload that several hold counts once.
    /// O(1).
    [[nodiscard]] std::size_t held_bytes() const { return held_bytes_; }

    /// Null where there is none.
    [[nodiscard]] const Frame* find(FrameId id) const;
    /// All frames by id. An ended execution has none. Costs its size; not for decisions.
    [[nodiscard]] std::vector<FramePtr> frames() const;

    /// Swaps in what a decision changes; `numbered` has been stored with it (Changes). REQUIRES:
    /// `delta` was made over this execution as it is.
    void merge(Delta&& delta, const std::vector<Payload>& numbered = {});

    /// Frees up to `count` of the frames that went with its end: that takes as long as to make
    /// them. False where there are none left.
    bool bury(std::size_t count);

    /// The number under which a large payload is stored; 0: it is not, or is held no more.
    [[nodiscard]] std::uint64_t number_of(const Payload& payload) const;
    /// The number that is given next.
    [[nodiscard]] std::uint64_t next_number() const { return next_number_; }
    /// Numbers of stored payloads that nothing has held since the last call.
    [[nodiscard]] std::vector<std::uint64_t> take_released() {
        return std::exchange(released_, {});
    }
    /// Smaller payloads are stored and counted for each holder: that costs less than to know them
    /// again.
    static constexpr std::size_t kLargeFrom = 4'096;

    /// By value, without the indexes.
    bool operator==(const Execution& other) const;

    /// A context object to work in, kept because the execution's input is in it. No part of the
    /// value; null until it was first asked for.
    [[nodiscard]] std::shared_ptr<Json>& context_scratch() const { return context_; }

private:
    friend class Draft;
    friend class Restorer;
    /// The children of one frame; [n] is the child with index n.
    struct Children {
        std::vector<FrameId> ids;
        std::uint32_t running = 0;
    };

    /// A large payload, and how many of the frames and facts hold it.
    struct Holding {
        Payload payload;  // keeps its place in memory, by which it is known
        std::uint32_t holders = 0;
        std::uint64_t number = 0;  // 0: it is not stored by itself
    };

    void put(FramePtr frame);
    void erase(FrameId id);
    void clear();
    void index(const Frame& frame);
    void unindex(const Frame& frame);
    void hold(const Payload& payload);
    void hold(const Frame& frame);
    void hold_facts();
    void release(const Payload& payload);
    void release(const Frame& frame);
    void set_number(const Payload& payload, std::uint64_t number);

    ExecutionId id_;
    std::shared_ptr<const Facts> facts_;
    Header header_;
    std::unordered_map<FrameId, FramePtr> frames_;

    std::unordered_map<FrameId, Children> children_;
    std::set<std::pair<Timestamp, FrameId>> due_;
    std::set<FrameId> runnable_;
    std::size_t tasks_in_flight_ = 0;
    std::size_t held_bytes_ = 0;
    std::unordered_map<const void*, Holding> holdings_;  // of large payloads
    std::uint64_t next_number_ = 1;
    std::vector<std::uint64_t> released_;
    bool holds_facts_ = false;
    std::unordered_map<FrameId, FramePtr> graves_;  // of an end, until they are buried
    mutable std::shared_ptr<Json> context_;
};

}  // namespace stepwell::core

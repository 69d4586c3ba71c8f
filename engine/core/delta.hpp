// Delta: what one decision changes in an execution; and records: the form in which that is stored.
//
// A record holds one part of an execution on its own, so that a decision writes what it changes:
// the facts (once), each changed frame, each changed scope of variables. The header is apart: it
// changes every time and is small. Ended executions have the header and the facts only.
//
// A large payload has a record of its own, which is written once and removed when no other record
// names it any more; however many frames hold it, and however often they change.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/core/execution.hpp"

namespace stepwell::core {

struct Delta {
    /// The children of a frame as far as the decision changed them.
    struct Children {
        bool is_reset = false;       // those of the execution are gone
        std::vector<FrameId> added;  // behind those of the execution
        std::uint32_t started = 0;   // in all
        std::uint32_t running = 0;   // in all
    };

    Header header;
    /// The frames of the execution are gone, all of them at once: it has ended. What else is said
    /// of frames and children comes after that.
    bool is_cleared = false;
    std::shared_ptr<const Facts> facts;                          // iff set by this decision
    std::unordered_map<FrameId, std::shared_ptr<Frame>> frames;  // changed or new; null: removed
    std::unordered_map<FrameId, Children> children;
};

/// Names a record within its execution. Opaque to the journal; never 0.
enum class RecordKey : std::uint64_t {};

struct Record {
    RecordKey key{};
    std::string bytes;
};

/// Whether it names a large payload. Such a record is never replaced.
bool is_payload(RecordKey key);
RecordKey payload_key(std::uint64_t number);
/// Whether `next` is of the same frame as `key`, or of the one with the next number: nothing that
/// is kept lies between them where both go.
bool is_neighbour(RecordKey key, RecordKey next);

/// What has to be stored, with the events, before the delta is merged.
struct Changes {
    std::string header;
    std::vector<Record> put;         // new or replaced
    std::vector<RecordKey> removed;  // none where it has ended: all of them go with its open row
    std::vector<Payload> numbered;   // large ones that were put, in the order of their numbers
};

/// To be merged with `numbered`; the records of large payloads that are then held no more come from
/// Execution::take_released(). REQUIRES: `execution` is the one that `delta` was made over, not yet
/// merged.
Changes encode_changes(const Execution& execution, const Delta& delta);

/// Builds an execution again from its header and all its records, in any order.
/// Fails with `corruption`.
Result<Execution> restore(ExecutionId id, std::string_view header, std::span<const Record> records);

}  // namespace stepwell::core

// A Map Run: what a distributed Map state has ordered, as a value of its own. Its items become
// executions; it counts them, and no frame of its parent grows with them.
//
//   [reading ─▶] running [─▶ writing] ──▶ succeeded
//      │                          all items are done, and no more of them failed than are tolerated
//      │
//      └─ draining ──▶ failed    more failed, or the items could not be read: what runs is stopped
//                  └─▶ aborted   the parent has given it up
//
// Pure, as all of core: the shell starts and stops the executions, in the transaction that stores
// what is counted here. An item that `next_item` has passed has its execution, and no other has.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/ids.hpp"
#include "engine/base/json.hpp"
#include "engine/base/time.hpp"
#include "engine/core/execution.hpp"

namespace stepwell::core {

/// What the Map state has evaluated when it began.
struct MapRunPlan {
    std::string arn;
    std::string label;
    std::int64_t concurrency_max = 0;  // 0: as many as kMapConcurrencyMax
    std::int64_t tolerated_count = 0;
    double tolerated_percentage = 0;   // of all items
    bool keeps_results = true;         // the state looks at what the executions gave
    std::int64_t batch_items_max = 0;  // of one execution; 0: as many as its input takes
    std::int64_t batch_bytes_max = 0;  // of its input; 0: kPayloadBytesMax. Both 0: one item each
    Json reader;  // what the task gets that reads the items; null: they are in the frame
    Json writer;  // what the task gets that writes the results; null: nobody does
    bool operator==(const MapRunPlan&) const = default;
    [[nodiscard]] bool is_batched() const { return batch_items_max > 0 || batch_bytes_max > 0; }
};

/// $$.Map.Item.Source of its items.
std::string item_source(const MapRunPlan& plan);

/// Whether the results become files: then these are what the state gives.
bool exports_results(const MapRunPlan& plan);
/// The folder of the files in the bucket: "PREFIX/UUID".
std::string results_folder(const MapRunPlan& plan);

/// So many executions of one Map Run are open at a time, whatever its MaxConcurrency says.
inline constexpr std::uint64_t kMapConcurrencyMax = 1'000;

enum class MapRunStatus { running, succeeded, failed, aborted };

/// What a task does for a Map Run at the moment; the task bears the Map Run's token.
enum class MapRunTask { none, reading, writing };

/// "RUNNING", "SUCCEEDED", ...
const char* name_of(MapRunStatus status);

/// Of items, or of executions, which have one item each unless they are batched.
struct MapRunCounts {
    std::uint64_t running = 0;
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
    std::uint64_t timed_out = 0;
    std::uint64_t aborted = 0;
    std::uint64_t results_written = 0;
    bool operator==(const MapRunCounts&) const = default;
    [[nodiscard]] std::uint64_t begun() const {
        return running + succeeded + failed + timed_out + aborted;
    }
};

struct MapRun {
    TaskToken token;  // of the parent's attempt: it names the Map Run
    StateId state{};  // of the parent's definition
    VersionId children{};
    MapRunPlan plan;
    MapRunStatus status = MapRunStatus::running;
    Timestamp started_at;
    std::optional<Timestamp> stopped_at;
    MapRunTask task = MapRunTask::none;
    bool are_results_written = false;
    std::uint64_t next_item = 0;         // the first that has no execution yet
    std::uint64_t next_item_at = 0;      // where it begins in what the reader has written, in bytes
    std::optional<std::uint64_t> total;  // of items, once that is known
    MapRunCounts items;
    MapRunCounts executions;
    /// What it will be once nothing of it runs any more; nothing: it goes on.
    std::optional<MapRunStatus> drains_to;
    std::string error;  // of a failed one
    std::string cause;
    // The outputs so far, for the result of the state.
    std::uint64_t result_bytes = 0;
    std::uint64_t result_parts = 0;  // documents that hold them
    bool is_result_too_large = false;

    /// Executions that are put aside: they are counted as failed, though they have not ended.
    std::vector<ExecutionId> aside;
    std::uint64_t aside_items = 0;  // that they have
    /// While a redrive looks for those that did not succeed: the last one that it has seen.
    std::optional<ExecutionId> redriven_up_to;
    std::uint32_t redrives = 0;
    std::optional<Timestamp> redriven_at;

    bool operator==(const MapRun&) const = default;
};

/// Whether every item has its execution, and none is to run again.
bool are_all_begun(const MapRun& run);
/// How many executions may begin now.
std::uint64_t free_places(const MapRun& run);
/// Whether nothing of it runs, and nothing will but the writing of its results.
bool is_over(const MapRun& run);
/// How many items the execution got whose input this is. REQUIRES: it is one of the Map Run.
std::uint64_t items_of(const MapRunPlan& plan, const Payload& input);

/// An execution of `items` has begun.
void begin_child(MapRun& run, std::uint64_t items);
/// One has ended. Where more items have failed than are tolerated, the run drains.
void end_child(MapRun& run, Status status, std::uint64_t items);
/// One that will not end by itself is counted as failed, once; `items` are its.
void put_aside(MapRun& run, ExecutionId child, std::uint64_t items);
/// The items are there, so many, and its executions may begin.
void end_reading(MapRun& run, std::uint64_t total);
/// Whether results are to be written before it may close. REQUIRES: is_over().
bool has_to_write(const MapRun& run);
/// They are, and it may.
void end_writing(MapRun& run);
/// Opens it again: what did not succeed of it is to run again, but for what is put aside.
/// REQUIRES: it has ended, and has not succeeded.
void redrive(MapRun& run, Timestamp now);
/// An execution of `items` goes on that had ended.
void resume_child(MapRun& run, std::uint64_t items);
/// What runs is to be stopped, and then it ends like this. The first reason counts.
void drain(MapRun& run, MapRunStatus to, std::string error, std::string cause);
/// REQUIRES: is_over().
void close(MapRun& run, Timestamp now);
/// Whether more have failed than are tolerated: judged anew where the tolerance has changed.
void judge(MapRun& run);

Json to_json(const MapRun& run);
/// Fails with `corruption`.
Result<MapRun> map_run_from(const Json& json);

}  // namespace stepwell::core

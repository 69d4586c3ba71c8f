// What the contract's parts write into the journal, and how they read it back.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "engine/journal/journal.hpp"
#include "tests/journal/journal_contract.hpp"
#include "tests/support/commit.hpp"

namespace stepwell::test::contract {

using namespace std::chrono_literals;
using core::RecordKey;
using journal::Batch;
using journal::ChunkId;
using journal::ChunkRecord;
using journal::ExecutionQuery;
using journal::ExecutionWrite;
using journal::HistoryMark;
using journal::Journal;
using journal::OpenRecord;

inline constexpr WorkflowId kEtl{1};
inline constexpr WorkflowId kOther{2};

inline Batch workflows() {
    Batch batch;
    batch.add(journal::WorkflowRecord{kEtl, "etl", "arn:etl", "STANDARD", from_ms(5)});
    batch.add(journal::WorkflowRecord{kOther, "other", "arn:other", "EXPRESS", from_ms(6)});
    batch.add(journal::VersionRecord{VersionId{1}, kEtl, 1, "", "{ \"a\" : 1}", "role", "{\"x\":1}",
                                     from_ms(5)});
    batch.add(journal::VersionRecord{VersionId{2}, kEtl, 2, "rev", "{}", "", "{}", from_ms(7)});
    batch.add(journal::VersionRecord{VersionId{3}, kOther, 1, "", "{}", "", "{}", from_ms(6)});
    return batch;
}

/// One that starts with one chunk, and stays open.
inline ExecutionWrite opened(std::uint64_t id, WorkflowId workflow, std::string name = "") {
    ExecutionWrite write;
    write.id = ExecutionId{id};
    write.start = journal::ExecutionStart{
        workflow, VersionId{1}, std::move(name), from_ms(static_cast<std::int64_t>(1000 + id)),
        "file",   "ann"};
    write.chunks.push_back({ChunkId{id * 100}, journal::kNoChunk, 0, "began"});
    write.open = OpenRecord{};
    write.open->id = write.id;
    write.open->last_chunk = ChunkId{id * 100};
    write.open->head = "head";
    return write;
}

inline ExecutionWrite closed(ExecutionWrite write, core::Status status, std::string error = "") {
    write.open.reset();
    write.end = journal::ExecutionEnd{status, from_ms(9000), std::move(error)};
    return write;
}

/// A later commit about an execution that `opened` made: a second chunk.
inline ExecutionWrite continued(std::uint64_t id) {
    ExecutionWrite write;
    write.id = ExecutionId{id};
    write.was_open = true;
    write.chunks.push_back({ChunkId{id * 100 + 1}, ChunkId{id * 100}, 3, "went on"});
    write.open = OpenRecord{};
    write.open->id = write.id;
    write.open->last_chunk = ChunkId{id * 100 + 1};
    return write;
}

/// A batch of things of one kind.
template <class Record>
Batch all_of(std::vector<Record> records) {
    Batch batch;
    for (auto& record : records) batch.add(std::move(record));
    return batch;
}

inline Batch of(std::vector<ExecutionWrite> executions) {
    return all_of(std::move(executions));
}

inline std::string ids_of(Result<std::vector<journal::ExecutionRecord>> rows) {
    REQUIRE(rows);
    std::string text;
    for (const auto& row : *rows) text += std::to_string(value_of(row.id)) + " ";
    return text;
}

}  // namespace stepwell::test::contract

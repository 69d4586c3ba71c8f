// What the simulation's engine writes to: the journal's own disk in memory, or the real SQLite
// journal on a disk that fails. It outlives the engines.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/journal/journal.hpp"
#include "engine/journal/memory_journal.hpp"

namespace stepwell::test {

using Cut = journal::MemoryDisk::Cut;

class SimDisk {
public:
    virtual ~SimDisk() = default;
    /// A new life: what an ended one left behind. REQUIRES: no journal or reader of it is open.
    virtual std::unique_ptr<journal::Journal> boot() = 0;
    virtual std::unique_ptr<journal::JournalReader> reader() = 0;
    /// The commit number `commit` from now on (1: the next) ends the life.
    virtual void crash_at(std::uint64_t commit, Cut cut) = 0;
    /// Commits that became durable.
    [[nodiscard]] virtual std::uint64_t commits() const = 0;
};

/// Commits are durable whole or not at all.
std::unique_ptr<SimDisk> memory_disk();

/// The SQLite journal, with whatever a power cut leaves. With `has_passing_faults` calls of the
/// disk fail now and then (an error, no room, a lock that is held), and the journal has to say what
/// that means.
std::unique_ptr<SimDisk> sqlite_disk(std::uint64_t seed, bool has_passing_faults);

}  // namespace stepwell::test

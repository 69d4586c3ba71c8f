// A disk in memory under SQLite, which fails as disks do: calls that fail, a power cut that loses,
// tears and reorders what was not synced, a lock that somebody else holds.
//
// It is a VFS of SQLite's: files below its folder live here, all others where they did before. What
// is synced survives cut_power(); of the writes since then each survives or not by itself, and one
// may survive in part, by sectors. A file that was never synced may be gone, and a removal that was
// not synced may be undone.
//
// Threads: a disk and all connections to it belong to one thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/prng.hpp"

namespace stepwell::test {

/// What a call may do instead of its work. `io` fails and does nothing, `full` says that there is
/// no room, `busy` that another process holds the lock, `torn` writes a part and fails.
enum class DiskFault { io, full, busy, torn };

class FaultDisk {
public:
    /// REQUIRES: no connection to it is open when it is destroyed.
    FaultDisk(std::filesystem::path folder, std::uint64_t seed);
    ~FaultDisk();
    FaultDisk(const FaultDisk&) = delete;
    FaultDisk& operator=(const FaultDisk&) = delete;

    /// The call number `call` from now on (1: the next) that can fail this way, fails; once.
    void fail_at(std::uint64_t call, DiskFault fault);
    /// From the sync number `sync` from now on (1: the next) nothing works any more, as for a
    /// process that dies there: `is_done` says whether that sync still took effect.
    void die_at(std::uint64_t sync, bool is_done);
    /// What the next life finds after a power cut. REQUIRES: no connection to it is open.
    void cut_power();
    /// What the next life finds where only the process has ended: all that was written.
    void end_process();

    [[nodiscard]] bool is_dead() const { return is_dead_; }
    /// Whether the fault of fail_at() has happened.
    [[nodiscard]] bool has_failed() const { return has_failed_; }
    /// Calls so far that could fail: a bound for fail_at().
    [[nodiscard]] std::uint64_t calls() const { return calls_; }
    [[nodiscard]] std::uint64_t syncs() const { return syncs_; }

    struct Vfs;   // how SQLite calls it; only fault_disk.cpp knows it
    struct File;  // as it is in memory, and as it would be found after a power cut
private:
    friend struct Vfs;
    struct Change {
        std::size_t offset = 0;
        std::string bytes;
        std::optional<std::size_t> size;  // a truncation to so many bytes, and no write
    };
    /// The fault of this call, if it is its turn.
    std::optional<DiskFault> fault_of(bool takes_space, bool takes_lock);
    void sync_folder();
    void settle(File& file);
    void survive(File& file, const Change& change);

    std::filesystem::path folder_;
    Prng random_;
    std::map<std::string, std::shared_ptr<File>> files_;
    std::uint64_t calls_ = 0;
    std::uint64_t syncs_ = 0;
    std::uint64_t fail_at_ = 0;  // 0: never
    DiskFault fault_ = DiskFault::io;
    std::uint64_t die_at_ = 0;  // 0: never
    bool dies_after_ = false;
    bool is_dead_ = false;
    bool has_failed_ = false;
};

}  // namespace stepwell::test

#include "tests/sim/sim_disk.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "engine/journal/sqlite_journal.hpp"
#include "tests/sim/fault_disk.hpp"
#include "tests/support/temporary_folder.hpp"

namespace stepwell::test {
namespace {

class InMemory final : public SimDisk {
public:
    std::unique_ptr<journal::Journal> boot() override {
        disk_->repair();
        return std::make_unique<journal::MemoryJournal>(disk_);
    }
    std::unique_ptr<journal::JournalReader> reader() override {
        return std::make_unique<journal::MemoryJournal>(disk_,
                                                        journal::MemoryJournal::Access::reading);
    }
    void crash_at(std::uint64_t commit, Cut cut) override { disk_->crash_at(commit, cut); }
    [[nodiscard]] std::uint64_t commits() const override { return disk_->commits(); }

private:
    std::shared_ptr<journal::MemoryDisk> disk_ = std::make_shared<journal::MemoryDisk>();
};

class OnSqlite final : public SimDisk {
public:
    OnSqlite(std::uint64_t seed, bool has_passing_faults)
        : random_(seed), disk_(folder_.path(), seed), has_passing_faults_(has_passing_faults) {
        // A reader looks for the file before SQLite does.
        std::ofstream(folder_.path() / "stepwell.db").flush();
    }

    std::unique_ptr<journal::Journal> boot() override {
        if (random_.below(2) == 0) {
            disk_.cut_power();
        } else {
            disk_.end_process();
        }
        auto journal = journal::SqliteJournal::open(folder_.path(), 7);
        if (!journal) FAIL("a journal that cannot be opened again: " << journal.error().message);
        syncs_at_boot_ = disk_.syncs();
        if (has_passing_faults_) plan_fault();
        return std::move(*journal);
    }
    std::unique_ptr<journal::JournalReader> reader() override {
        auto reader = journal::SqliteReader::open(folder_.path());
        REQUIRE(reader);
        return std::move(*reader);
    }
    /// A commit is a sync of the log, as long as the log is not copied back.
    void crash_at(std::uint64_t commit, Cut cut) override {
        disk_.die_at(commit, cut == Cut::after_durable);
    }
    [[nodiscard]] std::uint64_t commits() const override { return disk_.syncs() - syncs_at_boot_; }

private:
    void plan_fault() {
        constexpr DiskFault kFaults[] = {DiskFault::io, DiskFault::full, DiskFault::busy,
                                         DiskFault::torn};
        disk_.fail_at(1 + random_.below(400), kFaults[random_.below(4)]);
    }

    TemporaryFolder folder_;
    Prng random_;
    FaultDisk disk_;
    bool has_passing_faults_;
    std::uint64_t syncs_at_boot_ = 0;
};

}  // namespace

std::unique_ptr<SimDisk> memory_disk() {
    return std::make_unique<InMemory>();
}

std::unique_ptr<SimDisk> sqlite_disk(std::uint64_t seed, bool has_passing_faults) {
    return std::make_unique<OnSqlite>(seed, has_passing_faults);
}

}  // namespace stepwell::test

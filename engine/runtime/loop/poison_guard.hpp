// Remembers, over the death of the process, whom it was deciding about.
//
// An execution whose decision ends the process would end it again after each start, as recovery
// takes it up once more. So its id stands in a small file while it is worked on: the file is
// mapped, and what is written to it outlives the process at no cost. Whoever is found there
// kDeathsMax times is poisonous, until it is forgiven. A life that ends elsewhere, in good order or
// by a kill from outside, shows that the others were not to blame: they begin anew.
//
// A start has no id yet that will be its own in the next life, so the workflow's version stands for
// it; but only until one of its starts went well in this life. Of a version that starts all day
// long kills from outside would hit too many.
//
// The file: 8 bytes of magic, what is worked on (0: nothing), then kEntries pairs (of that,
// deaths). It is an execution's id, or a version's with the highest bit set.
//
// Threads: the engine's only.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <unordered_set>
#include <vector>

#include "engine/base/ids.hpp"
#include "engine/base/result.hpp"

namespace stepwell::runtime {

class PoisonGuard {
public:
    static constexpr std::uint64_t kDeathsMax = 3;

    /// Remembers nothing.
    PoisonGuard() = default;
    /// Counts the death of the last owner of `file`, where it died at work. What is no such file is
    /// made anew. Fails with `io`.
    static Result<PoisonGuard> open(const std::filesystem::path& file);
    PoisonGuard(PoisonGuard&& other) noexcept;
    PoisonGuard& operator=(PoisonGuard&& other) noexcept;
    ~PoisonGuard();

    [[nodiscard]] std::vector<ExecutionId> poisonous() const;
    /// Those whose starts end the process.
    [[nodiscard]] std::vector<VersionId> poisonous_versions() const;
    /// It has ended.
    void forgive(ExecutionId id) { forget(value_of(id)); }
    /// Nobody starts it any more.
    void forgive(VersionId id) { forget(kVersionBit | value_of(id)); }

    /// The process works on an execution, or on the start of one, until this is gone.
    class Work {
    public:
        Work(PoisonGuard& guard, ExecutionId id);
        Work(PoisonGuard& guard, VersionId start_of);
        ~Work();
        Work(const Work&) = delete;
        Work& operator=(const Work&) = delete;

    private:
        PoisonGuard& guard_;
        std::optional<VersionId> start_of_;
    };

private:
    static constexpr std::size_t kEntries = 63;
    static constexpr std::uint64_t kVersionBit = 1ULL << 63;
    struct Entry {
        std::uint64_t id;
        std::uint64_t deaths;
    };
    struct Page {
        std::uint64_t magic;
        std::uint64_t at_work;
        std::array<Entry, kEntries> entries;
    };
    void count_death();
    void work_on(std::uint64_t what);
    void forget(std::uint64_t what);

    Page* page_ = nullptr;                        // mapped
    std::unordered_set<VersionId> well_started_;  // in this life
};

}  // namespace stepwell::runtime

// Remembers, over the death of the process, whom it was deciding about.
//
// An execution whose decision ends the process would end it again after each start, as recovery
// takes it up once more. So its id stands in a small file while it is worked on: the file is
// mapped, and what is written to it outlives the process at no cost. Whoever is found there
// kDeathsMax times is poisonous, until it is forgiven. A life that ends elsewhere, in good order or
// by a kill from outside, shows that the others were not to blame: they begin anew.
//
// The file: 8 bytes of magic, the id that is worked on (0: none), then kEntries pairs (id, deaths).
//
// Threads: the engine's only.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
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
    /// It has ended.
    void forgive(ExecutionId id);

    /// The process works on an execution until this is gone.
    class Work {
    public:
        Work(PoisonGuard& guard, ExecutionId id);
        ~Work();
        Work(const Work&) = delete;
        Work& operator=(const Work&) = delete;

    private:
        PoisonGuard& guard_;
    };

private:
    static constexpr std::size_t kEntries = 63;
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

    Page* page_ = nullptr;  // mapped
};

}  // namespace stepwell::runtime

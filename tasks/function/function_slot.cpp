#include "tasks/function/function_slot.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "engine/base/assert.hpp"

namespace stepwell::tasks {

namespace {

Result<Descriptor> open_slot(const std::filesystem::path& folder, const std::string& function,
                             std::int64_t place) {
    const auto file = folder / (function + "." + std::to_string(place));
    Descriptor slot(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!slot) {
        return fail(ErrorCode::io,
                    "expected to open " + file.string() + ", but: " + std::strerror(errno));
    }
    return slot;
}

/// Whether it was locked.
bool lock(const Descriptor& slot, int how) {
    int result = 0;
    do {
        result = ::flock(slot.get(), how);
    } while (result != 0 && errno == EINTR);
    return result == 0;
}

/// Waiters take turns in what they wait for.
std::int64_t next_turn() {
    static std::atomic<std::int64_t> turns{0};
    return turns.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

Result<std::optional<Descriptor>> take_slot(const std::filesystem::path& data_folder,
                                            const std::string& function, std::int64_t places,
                                            SlotWait wait) {
    const auto folder = data_folder / "tmp" / "functions";
    std::error_code ignored;  // what is wrong is told by open_slot()
    std::filesystem::create_directories(folder, ignored);
    for (std::int64_t place = 0; place < places; ++place) {
        Descriptor slot = SW_TRY(open_slot(folder, function, place));
        if (lock(slot, LOCK_EX | LOCK_NB)) return std::optional<Descriptor>(std::move(slot));
    }
    if (wait == SlotWait::no) return std::optional<Descriptor>();
    SW_ASSERT(places > 0);
    Descriptor slot = SW_TRY(open_slot(folder, function, next_turn() % places));
    if (!lock(slot, LOCK_EX)) return std::optional<Descriptor>();
    return std::optional<Descriptor>(std::move(slot));
}

}  // namespace stepwell::tasks

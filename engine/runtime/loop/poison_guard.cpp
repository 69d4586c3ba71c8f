#include "engine/runtime/loop/poison_guard.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

namespace stepwell::runtime {
namespace {

constexpr std::uint64_t kMagic = 0x3144524155475753;  // "SWGUARD1" in the file

}  // namespace

Result<PoisonGuard> PoisonGuard::open(const std::filesystem::path& file) {
    const auto failure = [&](int error) {
        return fail(ErrorCode::io,
                    "'" + file.string() + "': expected to map it, but " + std::strerror(error));
    };
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) return failure(errno);
    void* mapped = MAP_FAILED;
    int error = ::posix_fallocate(descriptor, 0, sizeof(Page));
    if (error == 0) {
        mapped = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
        error = errno;
    }
    ::close(descriptor);
    if (mapped == MAP_FAILED) return failure(error);
    PoisonGuard guard;
    guard.page_ = static_cast<Page*>(mapped);
    if (guard.page_->magic != kMagic) *guard.page_ = Page{kMagic, 0, {}};
    guard.count_death();
    return guard;
}

PoisonGuard::PoisonGuard(PoisonGuard&& other) noexcept
    : page_(std::exchange(other.page_, nullptr)), well_started_(std::move(other.well_started_)) {}

PoisonGuard& PoisonGuard::operator=(PoisonGuard&& other) noexcept {
    std::swap(page_, other.page_);
    std::swap(well_started_, other.well_started_);
    return *this;
}

PoisonGuard::~PoisonGuard() {
    if (page_) ::munmap(page_, sizeof(Page));
}

void PoisonGuard::count_death() {
    const std::uint64_t id = std::exchange(page_->at_work, 0);
    auto& entries = page_->entries;
    if (id == 0) {
        for (Entry& entry : entries) {
            if (entry.deaths < kDeathsMax) entry = {};
        }
        return;
    }
    auto at = std::find_if(entries.begin(), entries.end(),
                           [&](const Entry& entry) { return entry.id == id; });
    if (at == entries.end()) {
        at = std::min_element(entries.begin(), entries.end(),
                              [](const Entry& a, const Entry& b) { return a.deaths < b.deaths; });
        *at = {id, 0};
    }
    ++at->deaths;
}

std::vector<ExecutionId> PoisonGuard::poisonous() const {
    std::vector<ExecutionId> ids;
    if (!page_) return ids;
    for (const Entry& entry : page_->entries) {
        const bool is_version = (entry.id & kVersionBit) != 0;
        if (entry.deaths < kDeathsMax || is_version) continue;
        ids.push_back(static_cast<ExecutionId>(entry.id));
    }
    return ids;
}

std::vector<VersionId> PoisonGuard::poisonous_versions() const {
    std::vector<VersionId> ids;
    if (!page_) return ids;
    for (const Entry& entry : page_->entries) {
        const bool is_version = (entry.id & kVersionBit) != 0;
        if (entry.deaths < kDeathsMax || !is_version) continue;
        ids.push_back(static_cast<VersionId>(entry.id & ~kVersionBit));
    }
    return ids;
}

void PoisonGuard::forget(std::uint64_t what) {
    if (!page_) return;
    for (Entry& entry : page_->entries) {
        if (entry.id == what) entry = {};
    }
}

/// The compiler must not move it into the work, or out of it.
void PoisonGuard::work_on(std::uint64_t what) {
    if (!page_) return;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    page_->at_work = what;
    std::atomic_signal_fence(std::memory_order_seq_cst);
}

PoisonGuard::Work::Work(PoisonGuard& guard, ExecutionId id) : guard_(guard) {
    guard_.work_on(value_of(id));
}

PoisonGuard::Work::Work(PoisonGuard& guard, VersionId start_of) : guard_(guard) {
    if (!guard_.page_ || guard_.well_started_.contains(start_of)) return;
    start_of_ = start_of;
    guard_.work_on(kVersionBit | value_of(start_of));
}

PoisonGuard::Work::~Work() {
    guard_.work_on(0);
    if (start_of_) guard_.well_started_.insert(*start_of_);
}

}  // namespace stepwell::runtime

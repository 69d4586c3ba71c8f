// One process owns a data folder at a time: the lock lasts as long as the object, or the process.
#pragma once

#include <filesystem>

#include "engine/base/result.hpp"

namespace stepwell::journal {

class OwnerLock {
public:
    /// Fails with `conflict` where another process holds it, `io` where the file cannot be made.
    static Result<OwnerLock> take(const std::filesystem::path& folder);
    OwnerLock(OwnerLock&& other) noexcept;
    OwnerLock& operator=(OwnerLock&& other) noexcept;
    ~OwnerLock();

private:
    explicit OwnerLock(int descriptor) : descriptor_(descriptor) {}
    int descriptor_ = -1;
};

}  // namespace stepwell::journal

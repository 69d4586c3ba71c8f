// A function's places for calls at one time: so many as its folder says, over all task hosts.
//
// A place is a lock on a file: whoever dies gives it back.
//
// Threads: complete.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "engine/base/descriptor.hpp"
#include "engine/base/result.hpp"

namespace stepwell::tasks {

enum class SlotWait { no, until_free };

/// A place, held until the descriptor is closed; nothing: all are taken. Fails with `io` where the
/// folder of locks cannot be written. With until_free it waits, for as long as it takes.
/// REQUIRES: places > 0 for until_free.
Result<std::optional<Descriptor>> take_slot(const std::filesystem::path& data_folder,
                                            const std::string& function, std::int64_t places,
                                            SlotWait wait);

}  // namespace stepwell::tasks

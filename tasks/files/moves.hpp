// Moves, replaces and removes files by the descriptors of their folders: no symbolic link, there
// before or put there meanwhile, leads out of them. What is done has happened for good.
//
// Threads: all safe, on different files.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "tasks/support/data_error.hpp"

namespace stepwell::tasks::files {

using data::DataResult;

/// A file, by a folder that is trusted and the way below it.
struct Place {
    std::filesystem::path root;
    std::filesystem::path relative;
    [[nodiscard]] std::filesystem::path path() const { return root / relative; }
};

enum class IfThere { refuse, replace };

/// Renames, or copies and removes where the target is on another file system; makes the target's
/// folder. A repeat after a crash in between ends with exactly one file. `refuse`: E_CONFLICT where
/// another file has the name, unless its bytes are the same. Fails with E_NOT_FOUND where there is
/// no `from`.
DataResult<void> move_file(const Place& from, const Place& to, IfThere if_there);
/// Also where it is not there any more.
DataResult<void> remove_file(const Place& place);
/// Lower-case hex, read in pieces.
DataResult<std::string> sha256_of(const Place& place);

}  // namespace stepwell::tasks::files

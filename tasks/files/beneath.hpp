// Reaching what lies below a folder through the folder's descriptor, so that no symbolic link,
// there before or put there meanwhile, leads out of it.
//
// Threads: all safe.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/base/descriptor.hpp"
#include "tasks/support/data_error.hpp"

namespace stepwell::tasks::files {

using data::DataResult;

/// Opens `relative` below `folder` ("." = the folder itself); `flags` are open()'s. Fails with
/// E_DENIED where a part of `relative` is a symbolic link or leads upwards, or where rights are
/// missing; E_NOT_FOUND where it is not there; E_DISK else.
DataResult<Descriptor> open_beneath(const std::filesystem::path& folder,
                                    const std::filesystem::path& relative, int flags);
/// The folder `relative` below `folder`; it and its parents are made where they are not there, and
/// survive a loss of power.
DataResult<Descriptor> make_beneath(const std::filesystem::path& folder,
                                    const std::filesystem::path& relative);

enum class EntryKind { file, folder, link, other };
struct Entry {
    std::string name;
    EntryKind kind = EntryKind::other;
};
/// What is in an open folder, sorted by name. `shown`: how errors call the folder. Fails with
/// E_DENIED or E_DISK; never ends early.
DataResult<std::vector<Entry>> list_folder(const Descriptor& folder,
                                           const std::filesystem::path& shown);

}  // namespace stepwell::tasks::files

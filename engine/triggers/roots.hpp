// Where workflows may look at files: below configured roots, and nowhere else, whatever links say.
//
// A path is resolved once, and what it led to is opened folder by folder without following another
// link: who may write below a root cannot lead out of it, also not between the two steps.
//
// Thread safety: complete. All of it may wait as long as a disk does.
#pragma once

#include <filesystem>
#include <vector>

#include "engine/base/descriptor.hpp"
#include "engine/base/result.hpp"

namespace stepwell::triggers {

/// `path` with its links followed, as far as it is there. Fails with `invalid` where that does not
/// lie below one of `roots`, links of theirs followed, too.
Result<std::filesystem::path> resolved_below(const std::filesystem::path& path,
                                             const std::vector<std::filesystem::path>& roots);

/// Opens `path` for reading where no part of it is a link; else, and where it cannot be opened,
/// holds none. Neither a FIFO nor a device keeps us. REQUIRES: `path` is absolute and normal.
Descriptor open_without_links(const std::filesystem::path& path, int flags = 0);

}  // namespace stepwell::triggers

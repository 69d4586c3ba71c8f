// Secrets of webhooks that are kept in files: regular files of at most 64 KiB below the folders
// that workflows may read, kept for a few seconds.
//
// A call of a webhook needs no credential, and a file may lie on a mount that hangs: a file is read
// by a thread of its own, of which there is one a file at most, and nobody waits for it for long.
//
// Thread safety: complete.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace stepwell::triggers {

/// Reads the secret in `path`, without the line break that editors put at the end. Fails with
/// `invalid` where the file, links followed, is not below one of `roots`, is no regular file, or is
/// too large; with `not_found` where it cannot be opened. May wait as long as its disk does.
Result<std::string> read_secret_file(const std::filesystem::path& path,
                                     const std::vector<std::filesystem::path>& roots);

class SecretFiles {
public:
    /// What was read counts for `fresh_for`; a call waits for a disk for `patience` at most.
    explicit SecretFiles(std::vector<std::filesystem::path> roots, Duration fresh_for,
                         Duration patience);

    /// The secret as it was read last. Fails as read_secret_file(), and with `unavailable` where
    /// the disk does not answer.
    Result<std::string> get(const std::filesystem::path& path);

private:
    struct State;
    std::shared_ptr<State> state_;  // a read that hangs may outlive this
};

}  // namespace stepwell::triggers

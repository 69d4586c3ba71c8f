// Backups of a data folder: one tar file with the journal as it was at one moment, the messages
// that wait to be delivered, and a manifest with their digests.
//
//   manifest.json   {"format": "stepwell-backup", "version": 1, "created_at", "schema",
//                    "runs", "open_runs", "files": [{"name", "bytes", "sha256"}]}
//   stepwell.db     the journal
//   outbox.db       where there is one
//   secret.key      only where it was asked for
//
// Task logs, the lake and warehouses are not in it.
//
// Threads: each call works on connections of its own; commits of a running daemon go on.
#pragma once

#include <atomic>
#include <filesystem>
#include <string>

#include "engine/base/json.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace stepwell::journal {

struct BackupRequest {
    std::filesystem::path data;
    std::filesystem::path file;  // must not be there yet
    bool with_secret_key = false;
    Timestamp now;
    const std::atomic<bool>* is_stopping = nullptr;  // gives up once it is true
};

/// Writes it next to `file` first, so that what has that name is whole. Gives the manifest.
///
/// Fails with `not_found` where `data` is no data folder, `conflict` where `file` is there,
/// `unavailable` where it was told to stop, `io`, `corruption`.
Result<Json> back_up(const BackupRequest& request);

/// Removes what backups into `folder` left that were killed; those that are being made stay. Gives
/// how many there were.
std::size_t remove_drafts(const std::filesystem::path& folder);

/// Checks form and integrity of the journal in a data folder, whether a daemon works in it or not:
/// reads all of it. Gives {"schema", "runs", "open_runs"}. Fails with `not_found`, `corruption`,
/// `invalid` (a newer Stepwell wrote it), `io`.
Result<Json> check_journal(const std::filesystem::path& data);

/// Checks digests, form and integrity of a backup, in a folder that is removed again. Gives the
/// manifest. Fails with `corruption`, `invalid` (a newer Stepwell wrote it), `io`.
Result<Json> verify_backup(const std::filesystem::path& file);

/// As verify_backup(), and makes a data folder of it: whole, or not at all. Fails also with
/// `conflict` where `data` has anything in it.
Result<Json> restore_backup(const std::filesystem::path& file, const std::filesystem::path& data);

}  // namespace stepwell::journal

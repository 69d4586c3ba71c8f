#include "tasks/data/file_output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/base/digest.hpp"
#include "tasks/files/beneath.hpp"

namespace stepwell::tasks::data {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kIdCharacters = 16;

DataResult<void> sync_file(const files::Place& place) {
    const Descriptor file = SW_TRY(files::open_beneath(place.root, place.relative, O_RDONLY));
    if (::fsync(file.get()) == 0) return {};
    return data_fail("E_DISK",
                     place.path().string() + ": cannot flush it: " + std::strerror(errno));
}

/// Where the engine writes what becomes `path`: hidden from readers of the folder. A repeat of the
/// run takes the same, so that what an attempt that was killed has left goes.
fs::path draft_of(DataSession& session, const fs::path& path) {
    const std::string id = digest_hex("SHA-256", session.run_key() + " " + path.string()).value();
    return session.locations().staging_folder(path.parent_path()) /
           ("_tmp-" + id.substr(0, kIdCharacters) + "-" + path.filename().string());
}

}  // namespace

DataResult<void> give_name(DataSession& session, const fs::path& written, const fs::path& path) {
    const files::Place from = SW_TRY(session.locations().place_of(written));
    SW_TRY(sync_file(from));
    return files::move_file(from, SW_TRY(session.locations().place_of(path)),
                            files::IfThere::replace);
}

DataResult<WrittenFile> write_file(DataSession& session, Connection& connection,
                                   const std::string& query, const Json& parameters,
                                   const fs::path& path, const std::string& options) {
    const files::Place target = SW_TRY(session.locations().place_of(path));
    SW_TRY(files::make_beneath(target.root, target.relative.parent_path()));
    const fs::path draft = draft_of(session, path);
    std::error_code ignored;
    fs::remove(draft, ignored);
    auto rows = connection.execute(
        "copy (" + query + "\n) to " + quote_literal(draft.string()) + " (" + options + ")",
        parameters);
    const auto drafted = session.locations().file_at(draft);
    auto done = rows ? give_name(session, draft, path) : DataResult<void>();
    if (!rows || !done) {
        fs::remove(draft, ignored);
        return fail(rows ? std::move(done).error() : std::move(rows).error());
    }
    WrittenFile written{SW_TRY(session.locations().file_at(path)), *rows};
    const bool is_ours = drafted && drafted->inode == written.file.inode &&
                         drafted->modified_at == written.file.modified_at;
    if (!is_ours) written.file.identity.clear();
    session.count("files", "written", 1);
    session.count("bytes", "written", static_cast<std::int64_t>(written.file.bytes));
    return written;
}

}  // namespace stepwell::tasks::data

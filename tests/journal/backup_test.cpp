#include "engine/journal/backup.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>

#include <fstream>
#include <string>
#include <thread>

#include "engine/base/descriptor.hpp"
#include "engine/journal/sqlite_journal.hpp"
#include "engine/journal/tar.hpp"
#include "tests/support/commit.hpp"
#include "tests/support/temporary_folder.hpp"

namespace stepwell::test {

namespace fs = std::filesystem;
using namespace journal;

namespace {

std::string content_of(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void write(const fs::path& path, const std::string& content) {
    std::ofstream(path, std::ios::binary) << content;
}

std::unique_ptr<SqliteJournal> open_journal(const fs::path& folder) {
    auto journal = SqliteJournal::open(folder, 7);
    REQUIRE(journal);
    return std::move(*journal);
}

/// One that is open; its history is `size` bytes long.
Batch run(std::uint64_t id, std::size_t size = 10) {
    Batch batch;
    ExecutionWrite write;
    write.id = ExecutionId{id};
    write.start = ExecutionStart{WorkflowId{1}, VersionId{1}, "", from_ms(1), "api", ""};
    write.chunks.push_back({ChunkId{id}, kNoChunk, 0, std::string(size, 'x')});
    write.open = OpenRecord{};
    write.open->id = write.id;
    write.open->last_chunk = ChunkId{id};
    batch.add(std::move(write));
    return batch;
}

BackupRequest request(const fs::path& data, const fs::path& file) {
    BackupRequest request;
    request.data = data;
    request.file = file;
    request.now = from_ms(1'700'000'000'000);
    return request;
}

}  // namespace

TEST_CASE("an archive gives back what was put into it, whatever its size") {
    const TemporaryFolder folder;
    const fs::path tar = folder.path() / "a.tar";
    for (const std::size_t size : {0u, 1u, 511u, 512u, 513u, 3'000'000u}) {
        CAPTURE(size);
        fs::remove(tar);
        write(folder.path() / "in", std::string(size, 'b'));
        auto writer = TarWriter::create(tar);
        REQUIRE(writer);
        REQUIRE(writer->add("first", "one"));
        REQUIRE(writer->add_file("second", folder.path() / "in"));
        REQUIRE(writer->finish());
        CHECK(fs::file_size(tar) % 512 == 0);
        std::string names;
        REQUIRE(read_tar(tar, [&](const std::string& name, std::uint64_t bytes) {
            names += name + " " + std::to_string(bytes) + " ";
            return Result<fs::path>(name == "second" ? folder.path() / "out" : fs::path());
        }));
        CHECK(names == "first 3 second " + std::to_string(size) + " ");
        CHECK(content_of(folder.path() / "out") == content_of(folder.path() / "in"));
    }
    CHECK(TarWriter::create(tar).error().code == ErrorCode::conflict);
}

TEST_CASE("a backup is the journal as it was, and its runs go on where it is restored") {
    const TemporaryFolder folder;
    const fs::path data = folder.path() / "data";
    auto journal = open_journal(data);
    REQUIRE(commit(*journal, run(1)));
    write(data / "secret.key", "key");
    const auto manifest = back_up(request(data, folder.path() / "b.tar"));
    REQUIRE(manifest);
    CHECK(to_text((*manifest)["created_at"]) == "\"2023-11-14T22:13:20Z\"");
    CHECK(((*manifest)["runs"] == 1 && (*manifest)["open_runs"] == 1));
    CHECK((*manifest)["files"].size() == 1);
    REQUIRE(commit(*journal, run(2)));

    REQUIRE(verify_backup(folder.path() / "b.tar"));
    const char* const usual = std::getenv("TMPDIR");
    const std::string before = usual ? usual : "";
    for (const std::string bad : {"/nowhere/at/all", "/dev/null"}) {
        ::setenv("TMPDIR", bad.c_str(), 1);
        const auto refused = verify_backup(folder.path() / "b.tar");
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == ErrorCode::io);
        CHECK(refused.error().message.find("'" + bad + "' is none") != std::string::npos);
        CHECK(refused.error().message.find("set TMPDIR") != std::string::npos);
    }
    usual ? ::setenv("TMPDIR", before.c_str(), 1) : ::unsetenv("TMPDIR");
    const fs::path restored = folder.path() / "restored";
    REQUIRE(restore_backup(folder.path() / "b.tar", restored));
    CHECK_FALSE(fs::exists(restored / "secret.key"));
    auto again = open_journal(restored);
    CHECK(again->load(ExecutionId{1})->has_value());
    CHECK_FALSE(again->load(ExecutionId{2})->has_value());
    CHECK(again->secret() == journal->secret());
    REQUIRE(commit(*again, run(2)));
    CHECK(fs::directory_iterator(folder.path()) != fs::directory_iterator());
    for (const auto& entry : fs::directory_iterator(folder.path())) {
        CAPTURE(entry.path().string());
        CHECK(entry.path().extension() != ".XXXXXX");
    }
}

TEST_CASE("what killed backups left is removed, and nothing else") {
    const TemporaryFolder folder;
    const fs::path left = folder.path() / "b.tar.a1B2c3";
    const fs::path kept = folder.path() / "c.tar.a1B2c3";
    const fs::path busy = folder.path() / "d.tar.a1B2c3";
    for (const fs::path& place : {left, kept, busy}) fs::create_directories(place);
    write(left / "stepwell.db", "half");
    write(left / "stepwell.db-journal", "half");
    write(left / "backup", "half");
    write(kept / "something else", "x");
    write(busy / "backup", "half");
    write(folder.path() / "e.tar.a1B2c3", "a file");
    const Descriptor lock(::open(busy.c_str(), O_RDONLY | O_DIRECTORY));
    REQUIRE(::flock(lock.get(), LOCK_EX) == 0);
    CHECK(remove_drafts(folder.path()) == 1);
    CHECK_FALSE(fs::exists(left));
    CHECK(fs::exists(kept));
    CHECK(fs::exists(busy));
    CHECK(fs::exists(folder.path() / "e.tar.a1B2c3"));
    CHECK(remove_drafts(folder.path() / "none") == 0);
}

TEST_CASE("the key of the secrets is in a backup only where that is asked for") {
    const TemporaryFolder folder;
    const fs::path data = folder.path() / "data";
    open_journal(data);
    write(data / "secret.key", "key");
    BackupRequest with_key = request(data, folder.path() / "b.tar");
    with_key.with_secret_key = true;
    REQUIRE(back_up(with_key));
    REQUIRE(restore_backup(folder.path() / "b.tar", folder.path() / "restored"));
    CHECK(content_of(folder.path() / "restored" / "secret.key") == "key");
    const auto mode = fs::status(folder.path() / "restored" / "secret.key").permissions();
    CHECK(mode == (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("a backup that is made while others commit is one moment of the journal") {
    const TemporaryFolder folder;
    const fs::path data = folder.path() / "data";
    auto journal = open_journal(data);
    for (std::uint64_t id = 1; id <= 40; ++id) REQUIRE(commit(*journal, run(id, 300'000)));
    std::atomic<bool> is_over{false};
    std::uint64_t last = 40;
    std::thread writer([&] {
        while (!is_over) {
            if (!commit(*journal, run(last + 1, 1'000))) break;
            ++last;
        }
    });
    const auto manifest = back_up(request(data, folder.path() / "b.tar"));
    is_over = true;
    writer.join();
    REQUIRE(manifest);
    CHECK((*manifest)["runs"] == (*manifest)["open_runs"]);
    CHECK((*manifest)["runs"].get<std::uint64_t>() <= last);
    REQUIRE(restore_backup(folder.path() / "b.tar", folder.path() / "restored"));
    auto restored = open_journal(folder.path() / "restored");
    std::uint64_t open = 0;
    REQUIRE(restored->scan_open([&](const OpenSummary&) { ++open; }));
    CHECK(open == (*manifest)["open_runs"].get<std::uint64_t>());
    CHECK(value_of(restored->counters()->execution) == open + 1);
}

TEST_CASE("what is no sound backup is refused, and leaves nothing behind") {
    const TemporaryFolder folder;
    const fs::path data = folder.path() / "data";
    auto journal = open_journal(data);
    for (std::uint64_t id = 1; id <= 5; ++id) REQUIRE(commit(*journal, run(id, 50'000)));
    const fs::path good = folder.path() / "good.tar";
    REQUIRE(back_up(request(data, good)));
    const std::string bytes = content_of(good);
    const fs::path bad = folder.path() / "bad.tar";
    const auto refused = [&](const std::string& content) {
        write(bad, content);
        const auto verified = verify_backup(bad);
        const auto restored = restore_backup(bad, folder.path() / "restored");
        CHECK_FALSE(fs::exists(folder.path() / "restored"));
        return !verified && !restored && verified.error().code == ErrorCode::corruption;
    };
    CHECK(refused(""));
    CHECK(refused(std::string(2'000, 'x')));
    CHECK(refused(bytes.substr(0, bytes.size() / 2)));
    std::string flipped = bytes;
    flipped[bytes.size() - 30'000] ^= 1;
    CHECK(refused(flipped));
    fs::remove(bad);
    auto writer = TarWriter::create(bad);
    REQUIRE(writer);
    REQUIRE(writer->add("../evil", "x"));
    REQUIRE(writer->finish());
    CHECK(refused(content_of(bad)));
    CHECK_FALSE(fs::exists(folder.path() / "evil"));
}

TEST_CASE("nothing is written over") {
    const TemporaryFolder folder;
    const fs::path data = folder.path() / "data";
    open_journal(data);
    const fs::path file = folder.path() / "b.tar";
    REQUIRE(back_up(request(data, file)));
    CHECK(back_up(request(data, file)).error().code == ErrorCode::conflict);
    CHECK(restore_backup(file, data).error().code == ErrorCode::conflict);
    CHECK(back_up(request(folder.path() / "nowhere", folder.path() / "c.tar")).error().code ==
          ErrorCode::not_found);
    std::atomic<bool> is_stopping{true};
    BackupRequest stopped = request(data, folder.path() / "c.tar");
    stopped.is_stopping = &is_stopping;
    CHECK(back_up(stopped).error().code == ErrorCode::unavailable);
    CHECK_FALSE(fs::exists(folder.path() / "c.tar"));
}

}  // namespace stepwell::test

// What a glob finds and where it may look; who looks, and whom that keeps waiting.
#include "engine/triggers/file_scan.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <fstream>
#include <future>
#include <set>

#include "engine/triggers/file_workers.hpp"
#include "engine/triggers/folder_watch.hpp"
#include "engine/triggers/hashing.hpp"
#include "tests/support/temporary_folder.hpp"

namespace stepwell::test {
namespace {

using namespace triggers;
namespace fs = std::filesystem;

const std::atomic<bool> kGoOn{false};

void put_file(const fs::path& path, const std::string& text = "x") {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
}

Scan scan_of(const std::string& glob, const FilePlaces& places) {
    ScanPlan plan{{glob_of(glob, places).value()}, {"*.tmp", ".*"}, "", places.roots()};
    return scan_files(plan, kGoOn);
}

std::set<std::string> names_of(const Scan& scan) {
    std::set<std::string> names;
    for (const FoundFile& file : scan.files) names.insert(file.path.filename().string());
    return names;
}

}  // namespace

TEST_CASE("Behind the first glob no link is followed, to a file or to a folder") {
    const TemporaryFolder folder;
    const FilePlaces places{folder.path() / "data", {}, {}};
    put_file(folder.path() / "outside/secret.csv");
    put_file(places.data_folder / "in/a.csv");
    put_file(places.data_folder / "in/sub/b.csv");
    fs::create_symlink(folder.path() / "outside/secret.csv", places.data_folder / "in/link.csv");
    fs::create_directory_symlink(folder.path() / "outside", places.data_folder / "in/out");
    REQUIRE(::mkfifo((places.data_folder / "in/fifo.csv").c_str(), 0600) == 0);
    CHECK(names_of(scan_of("in/*.csv", places)) == std::set<std::string>{"a.csv"});
    CHECK(names_of(scan_of("in/*/*.csv", places)) == std::set<std::string>{"b.csv"});
    CHECK(names_of(scan_of("in/**/*.csv", places)) == std::set<std::string>{"a.csv", "b.csv"});
    CHECK(names_of(scan_of("in/**", places)) == std::set<std::string>{"a.csv", "b.csv"});
}

TEST_CASE("A folder that lies below no root is not looked into, also by way of a link") {
    const TemporaryFolder folder;
    FilePlaces places{folder.path() / "data", {}, {}};
    put_file(places.data_folder / "in/a.csv");
    put_file(folder.path() / "other/b.csv");
    fs::create_directory_symlink(folder.path() / "other", places.data_folder / "landing");
    for (const std::string glob : {"landing/*.csv", "../other/*.csv", "/**/*.csv", "/proc/**"}) {
        CAPTURE(glob);
        const Scan scan = scan_of(glob, places);
        CHECK(scan.files.empty());
        CHECK(scan.fault.find("allowed_roots") != std::string::npos);
    }
    places.allowed_roots = {folder.path() / "other"};
    const Scan scan = scan_of("landing/*.csv", places);
    CHECK(scan.fault.empty());
    CHECK(names_of(scan) == std::set<std::string>{"b.csv"});
    CHECK(scan.files.at(0).path == places.data_folder / "landing/b.csv");
}

TEST_CASE("What was exchanged for a link after the look is not read") {
    const TemporaryFolder folder;
    const FilePlaces places{fs::canonical(folder.path()), {}, {}};
    put_file(folder.path() / "in/a.csv", "before");
    put_file(folder.path() / "secret", "secret");
    HashSlice slice;
    slice.files = scan_of("in/*.csv", places).files;
    REQUIRE(slice.files.size() == 1);
    fs::remove(folder.path() / "in/a.csv");
    fs::create_symlink(folder.path() / "secret", folder.path() / "in/a.csv");
    hash_some(slice, 1'000'000, kGoOn);
    REQUIRE(slice.done.size() == 1);
    CHECK(slice.done[0].digest.empty());
    CHECK(slice.done[0].fault.find("expected to read") == 0);
}

TEST_CASE("Many stars over deep folders look at each folder once for each part") {
    const TemporaryFolder folder;
    fs::path deep = folder.path() / "in";
    std::string glob = "in";
    for (int n = 0; n < 14; ++n) {
        put_file(deep / "a.csv");
        deep /= "d";
        glob += "/**/*";
    }
    std::string folded = "in";
    for (int n = 0; n < 14; ++n) folded += "/**";
    const FilePlaces places{folder.path(), {}, {}};
    CHECK(scan_of(folded + "/*.csv", places).files.size() == 14);
    CHECK(scan_of("in/**/d/**/d/**/d/**/d/**/d/**/d/**/*.csv", places).files.size() == 8);
}

TEST_CASE("Folders are looked into down to a depth, and what is there by then is taken") {
    const TemporaryFolder folder;
    fs::path deep = folder.path() / "in";
    for (std::size_t n = 0; n < kScanDepthMax + 3; ++n) deep /= "d";
    put_file(deep / "deep.csv");
    put_file(folder.path() / "in/a.csv");
    const Scan scan = scan_of("in/**/*.csv", {folder.path(), {}, {}});
    CHECK(names_of(scan) == std::set<std::string>{"a.csv"});
    CHECK(scan.fault.find("goes deeper") != std::string::npos);
}

TEST_CASE("A look that is asked to stop ends") {
    const TemporaryFolder folder;
    put_file(folder.path() / "in/a.csv");
    const FilePlaces places{folder.path(), {}, {}};
    const std::atomic<bool> stop{true};
    const ScanPlan plan{{glob_of("in/*.csv", places).value()}, {}, "", places.roots()};
    CHECK(scan_files(plan, stop).files.empty());
    HashSlice slice;
    slice.files = scan_of("in/*.csv", places).files;
    hash_some(slice, 1'000'000, stop);
    CHECK(slice.done.empty());
    CHECK(slice.half != nullptr);
}

TEST_CASE("A file is hashed in slices, and gone on with where it was left") {
    const TemporaryFolder folder;
    const std::string text(3u << 20, 'x');
    put_file(folder.path() / "in/a.csv", text);
    HashSlice slice;
    slice.files = scan_of("in/*.csv", {folder.path(), {}, {}}).files;
    int slices = 0;
    for (; slice.done.empty(); ++slices) hash_some(slice, 1u << 20, kGoOn);
    CHECK(slices >= 3);
    CHECK(slice.done.at(0).digest == *digest_hex("SHA-256", text));
}

TEST_CASE("A disk that hangs keeps nobody waiting but its own trigger, and not the stop") {
    auto mailbox = std::make_shared<Mailbox>(nullptr);
    std::promise<void> hanging;
    auto answer = hanging.get_future().share();
    std::promise<void> begun;
    {
        FileWorkers workers(mailbox);
        workers.start();
        workers.run([&begun, answer](const auto&) -> FileWorkers::Then {
            begun.set_value();
            answer.wait();
            return [] {};
        });
        begun.get_future().wait();
        std::promise<void> done;
        workers.run([&done](const auto&) -> FileWorkers::Then {
            done.set_value();
            return [] {};
        });
        done.get_future().wait();
    }
    hanging.set_value();
}

TEST_CASE("Where the system has no watches left, that is said, and no end") {
    const TemporaryFolder folder;
    fs::create_directories(folder.path() / "a");
    fs::create_directories(folder.path() / "b");
    FolderWatch watch(1);
    watch.add({folder.path() / "a", folder.path() / "b"});
    CHECK(watch.fault() == "expected at most 1 folders to watch, but there are more");
    put_file(folder.path() / "a/x.csv");
    CHECK(watch.changed() == std::set<fs::path>{folder.path() / "a"});
    watch.keep({folder.path() / "a"});
    CHECK(watch.fault().empty());
}

}  // namespace stepwell::test

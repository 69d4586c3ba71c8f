// Secrets in files: what is read, and what could hang or fill the daemon and is not.
#include "engine/triggers/secret_files.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/support/temporary_folder.hpp"

namespace stepwell::test {
namespace {

using namespace triggers;
namespace fs = std::filesystem;

void put(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
}

}  // namespace

TEST_CASE("A secret is a regular file of at most 64 KiB below the folders that may be read") {
    const TemporaryFolder folder;
    const fs::path root = folder.path() / "data";
    put(root / "key", "s3cret\r\n");
    put(root / "most", std::string(64u << 10, 'x'));
    put(root / "large", std::string((64u << 10) + 1, 'x'));
    put(folder.path() / "outside", "other");
    fs::create_symlink(folder.path() / "outside", root / "link");
    fs::create_symlink("/dev/zero", root / "zero");
    fs::create_symlink(root / "key", root / "inner");
    REQUIRE(::mkfifo((root / "fifo").c_str(), 0600) == 0);
    const std::vector<fs::path> roots{root};

    CHECK(read_secret_file(root / "key", roots).value() == "s3cret");
    CHECK(read_secret_file(root / "inner", roots).value() == "s3cret");
    CHECK(read_secret_file(root / "most", roots).value().size() == 64u << 10);
    CHECK(read_secret_file(root / "../data/key", roots).value() == "s3cret");
    const std::vector<std::pair<fs::path, ErrorCode>> refused = {
        {root / "large", ErrorCode::invalid},       {root / "fifo", ErrorCode::invalid},
        {root / "link", ErrorCode::invalid},        {root / "zero", ErrorCode::invalid},
        {root / "../outside", ErrorCode::invalid},  {"/dev/zero", ErrorCode::invalid},
        {"/proc/self/environ", ErrorCode::invalid}, {root, ErrorCode::invalid},
        {root / "none", ErrorCode::not_found}};
    for (const auto& row : refused) {
        const auto& path = row.first;
        const auto& code = row.second;
        CAPTURE(path.string());
        const auto read = read_secret_file(path, roots);
        REQUIRE_FALSE(read);
        CHECK(read.error().code == code);
    }
    // A root that is a device or a link is one by what it leads to.
    CHECK(read_secret_file("/dev/zero", {"/dev"}).error().code == ErrorCode::invalid);
}

TEST_CASE("A secret that was read is known for a while, and read again behind it") {
    const TemporaryFolder folder;
    const fs::path key = folder.path() / "key";
    put(key, "old");
    const Duration patience = std::chrono::hours(1);
    SecretFiles kept({folder.path()}, std::chrono::hours(1), patience);
    SecretFiles read({folder.path()}, Duration(0), patience);
    CHECK(kept.get(key).value() == "old");
    CHECK(read.get(key).value() == "old");
    put(key, "new");
    CHECK(kept.get(key).value() == "old");
    CHECK(read.get(key).value() == "new");
    CHECK(read.get(folder.path() / "none").error().code == ErrorCode::not_found);
}

}  // namespace stepwell::test

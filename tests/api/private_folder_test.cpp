// The data folder belongs to who runs the daemon.
#include "api/daemon/private_folder.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.hpp"

using namespace stepwell;
namespace fs = std::filesystem;

namespace {

unsigned mode_of(const fs::path& path) {
    return static_cast<unsigned>(fs::status(path).permissions());
}

void write(const fs::path& path, fs::perms mode) {
    std::ofstream(path) << "x";
    fs::permissions(path, mode);
}

}  // namespace

TEST_CASE("a data folder that others can read is closed, and somebody is told once") {
    const test::TemporaryFolder folder;
    const fs::path data = folder.path() / "data";
    std::vector<std::string> warnings;
    const auto warn = [&](const std::string& line) { warnings.push_back(line); };
    REQUIRE(api::make_private(data, warn));
    CHECK((mode_of(data) & 077) == 0);

    warnings.clear();
    fs::permissions(data, fs::perms(0755));
    write(data / "stepwell.db", fs::perms(0644));
    fs::create_directory(data / "logs");
    fs::permissions(data / "logs", fs::perms(0755));
    write(folder.path() / "elsewhere", fs::perms(0644));
    fs::create_symlink(folder.path() / "elsewhere", data / "link");
    REQUIRE(api::make_private(data, warn));
    CHECK(mode_of(data) == 0700);
    CHECK(mode_of(data / "stepwell.db") == 0600);
    CHECK(mode_of(data / "logs") == 0700);
    CHECK(mode_of(folder.path() / "elsewhere") == 0644);
    CHECK(warnings.size() == 1);
    REQUIRE(api::make_private(data, warn));
    CHECK(warnings.size() == 1);
}

TEST_CASE("a folder that everybody shares keeps its rights, and somebody is told") {
    const test::TemporaryFolder folder;
    fs::permissions(folder.path(), fs::perms(01777));
    std::vector<std::string> warnings;
    REQUIRE(api::make_private(folder.path(),
                              [&](const std::string& line) { warnings.push_back(line); }));
    CHECK(mode_of(folder.path()) == 01777);
    CHECK(warnings.size() == 1);
}

TEST_CASE("a journal that is gone beside what it left is told of, and its log is not thrown away") {
    const test::TemporaryFolder folder;
    std::vector<std::string> told;
    const auto check = [&] {
        told.clear();
        return api::check_journal_is_whole(folder.path(),
                                           [&](const std::string& line) { told.push_back(line); });
    };
    const auto put = [&](const char* name, const std::string& text) {
        std::ofstream(folder.path() / name) << text;
    };
    CHECK((check() && told.empty()));
    std::filesystem::create_directory(folder.path() / "stepwell.db");
    const auto no_file = check();
    REQUIRE_FALSE(no_file);
    CHECK(no_file.error().code == ErrorCode::invalid);
    std::filesystem::remove(folder.path() / "stepwell.db");
    put("secret.key", "key");
    CHECK((check() && told.size() == 1));
    put("stepwell.db", "");
    CHECK((check() && told.size() == 1));
    put("stepwell.db-wal", "log");
    const auto refused = check();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::corruption);
    put("stepwell.db", "journal");
    CHECK((check() && told.empty()));
}

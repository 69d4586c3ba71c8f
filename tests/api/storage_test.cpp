#include "api/system/storage.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "tests/support/temporary_folder.hpp"

using namespace stepwell;
using namespace stepwell::api;

namespace {

void put(const std::filesystem::path& file, std::size_t bytes) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << std::string(bytes, 'x');
}

}  // namespace

TEST_CASE("a data folder is added up by what lies in it, a database with its log, and no link") {
    const test::TemporaryFolder folder;
    const auto data = folder.path() / "data";
    put(data / "stepwell.db", 100);
    put(data / "stepwell.db-wal", 20);
    put(data / "logs/0/1/0-1.log", 5);
    put(data / "logs/0/2/0-1.log", 7);
    put(data / "lake/raw/a.csv", 11);
    put(folder.path() / "elsewhere/big", 1'000);
    std::filesystem::create_directory_symlink(folder.path() / "elsewhere", data / "link");
    std::filesystem::create_symlink(folder.path() / "elsewhere/big", data / "logs/big");
    const Json items = storage_items(data);
    REQUIRE(items.size() == 4);
    CHECK(to_text(items[0]) ==
          R"({"name":"lake","kind":"lake","bytes":11,"files":1,"exact":true})");
    CHECK(to_text(items[1]) ==
          R"({"name":"link","kind":"other","bytes":0,"files":0,"exact":true})");
    CHECK(to_text(items[2]) ==
          R"({"name":"logs","kind":"logs","bytes":12,"files":2,"exact":true})");
    CHECK(to_text(items[3]) ==
          R"({"name":"stepwell.db","kind":"journal","bytes":120,"files":2,"exact":true})");
    const Json some = storage_items(data, 1);
    CHECK(some[2]["exact"] == false);
    CHECK(some[2]["files"] == 1);
    CHECK(storage_items(folder.path() / "nowhere").empty());
}

TEST_CASE("backups are listed the newest first, without drafts") {
    const test::TemporaryFolder folder;
    put(folder.path() / "backups/b.tar", 3);
    put(folder.path() / "backups/a.tar", 2);
    put(folder.path() / "backups/c.tar.x1Y2z3/backup", 9);
    const auto now = std::filesystem::file_time_type::clock::now();
    std::filesystem::last_write_time(folder.path() / "backups/b.tar", now - std::chrono::hours(1));
    const Json items = backup_items(folder.path());
    REQUIRE(items.size() == 2);
    CHECK(items[0]["name"] == "a.tar");
    CHECK(items[1]["name"] == "b.tar");
    CHECK(items[1]["bytes"] == 3);
    CHECK(backup_items(folder.path() / "nowhere").empty());
}

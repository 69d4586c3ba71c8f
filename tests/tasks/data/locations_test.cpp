// Where tasks may read and write, and what a place stands for.
#include "tasks/files/locations.hpp"

#include <doctest/doctest.h>

#include "tasks/data/data_session.hpp"
#include "tests/tasks/data/data_test.hpp"

namespace stepwell::test {
namespace {

using namespace tasks::data;

TEST_CASE("Places are in lakes, in folders of the data folder or under allowed roots") {
    const ScratchFolder folder;
    const auto root = std::filesystem::canonical(folder.path());
    tasks::HostSettings settings;
    settings.data_folder = root / "data";
    settings.configuration = {{"lakes", {{"raw", {{"path", (root / "raw").string()}}}}},
                              {"allowed_roots", {(root / "landing").string()}}};
    std::filesystem::create_directories(root / "data/lake/curated");
    std::filesystem::create_directories(root / "outside");
    std::filesystem::create_directory_symlink(root / "outside", root / "data/lake/curated/link");
    const Locations locations(settings);
    struct {
        std::string uri;
        std::string want;  // below the root, or an error code
    } const cases[] = {
        {"lake://raw/orders/x.csv", "raw/orders/x.csv"},
        {"lake://curated/orders/", "data/lake/curated/orders"},
        {"files/x.csv", "data/files/x.csv"},
        {(root / "landing/x.csv").string(), "landing/x.csv"},
        {"file://" + (root / "landing/x.csv").string(), "landing/x.csv"},
        {"lake://curated/../../../outside/x", "E_DENIED"},
        {"lake://curated/link/x", "E_DENIED"},
        {"stepwell.db", "E_DENIED"},
        {"logs/x.log", "E_DENIED"},
        {"backups/friday.tar", "E_DENIED"},
        {"/etc/passwd", "E_DENIED"},
        {"lake://../x", "E_CONFIG"},
        {"file://x", "E_CONFIG"},
        {"", "E_CONFIG"},
        {std::string("lake://raw\0/x", 13), "E_CONFIG"},
        {"s3://bucket/key", "E_UNSUPPORTED"},
    };
    for (const auto& test : cases) {
        INFO(test.uri);
        const auto path = locations.resolve(test.uri);
        if (test.want.starts_with("E_")) {
            REQUIRE(!path.has_value());
            CHECK(path.error().code == test.want);
        } else {
            REQUIRE(path.has_value());
            CHECK(path->string() == (root / test.want).string());
        }
    }
}

TEST_CASE("Globs and folders stand for the files in them, sorted, without hidden ones") {
    const ScratchFolder folder;
    TestContext context(folder);
    const Locations locations(context.settings());
    for (const std::string& name : std::vector<std::string>{
             "b/2.csv", "a/1.csv", "a/_stage/9.csv", "a/.x.csv", "a/deep/3.csv", "a/1.txt"}) {
        folder.write("data/lake/raw/" + name, "x");
    }
    const auto names = [&](const Json& uris) {
        std::string text;
        const auto files = locations.expand(uris);
        REQUIRE(files.has_value());
        for (const auto& file : *files) text += (text.empty() ? "" : " ") + file.uri.substr(11);
        return text;
    };
    CHECK(names("lake://raw/a") == "a/1.csv a/1.txt a/deep/3.csv");
    CHECK(names("lake://raw/*/*.csv") == "a/1.csv b/2.csv");
    CHECK(names("lake://raw/**/*.csv") == "a/1.csv a/deep/3.csv b/2.csv");
    CHECK(names(Json::array({"lake://raw/b/2.csv", "lake://raw/b/[0-9].csv"})) == "b/2.csv");
    CHECK(names("lake://raw/none*.csv") == "");
    const auto missing = locations.expand("lake://raw/none.csv");
    REQUIRE(!missing.has_value());
    CHECK(missing.error().code == "E_NOT_FOUND");
}

TEST_CASE("A folder that cannot be listed fails a listing and is named, where it could matter") {
    const ScratchFolder folder;
    TestContext context(folder);
    const Locations locations(context.settings());
    for (int i = 0; i < 12; ++i) {
        folder.write("data/lake/raw/p" + std::to_string(i) + "/x.csv", "x");
    }
    namespace fs = std::filesystem;
    fs::permissions(folder.path(), fs::perms::all);
    fs::permissions(folder.path() / "data/lake/raw/p7", fs::perms::none);
    {
        const NobodysRights rights;
        for (const char* uri :
             {"lake://raw/", "lake://raw", "lake://raw/*/x.csv", "lake://raw/**"}) {
            INFO(uri);
            const auto files = locations.expand(uri);
            REQUIRE(!files.has_value());
            CHECK(files.error().code == "E_DENIED");
            CHECK(files.error().message.find("raw/p7") != std::string::npos);
        }
        CHECK(locations.expand("lake://raw/p1*/x.csv")->size() == 3);
        const auto all = locations.all_below(fs::canonical(folder.path()) / "data/lake/raw");
        REQUIRE(!all.has_value());
        CHECK(all.error().code == "E_DENIED");
    }
    fs::permissions(folder.path() / "data/lake/raw/p7", fs::perms::owner_all);
}

TEST_CASE("A symbolic link stands for what it leads to, and never leads out") {
    namespace fs = std::filesystem;
    const ScratchFolder folder;
    folder.write("data/secret.key", "k");
    folder.write("data/lake/raw/a.csv", "a");
    folder.write("data/lake/other/b.csv", "b");
    TestContext context(folder, {{"allowed_roots", Json::array()}});
    const Locations locations(context.settings());
    const fs::path raw = fs::canonical(folder.path()) / "data/lake/raw";
    fs::create_symlink(raw / "a.csv", raw / "latest.csv");
    fs::create_symlink("../other/b.csv", raw / "b.csv");
    fs::create_symlink(raw / "nothing.csv", raw / "nowhere.csv");
    fs::create_directory_symlink(raw / "../other", raw / "folder");
    const auto count = [&](const char* uri) {
        const auto files = locations.expand(uri);
        return files ? std::to_string(files->size()) : files.error().code;
    };
    CHECK(count("lake://raw/") == "2");
    CHECK(count("lake://raw/*.csv") == "2");
    for (const fs::path& target : {folder.path() / "data/secret.key", fs::path("/etc/passwd")}) {
        fs::create_symlink(target, raw / "out.csv");
        for (const char* uri : {"lake://raw/", "lake://raw/*.csv", "lake://raw/**/*.csv",
                                "lake://raw/out.csv", "lake://raw/[o]ut.csv"}) {
            INFO(uri);
            CHECK(count(uri) == "E_DENIED");
        }
        fs::remove(raw / "out.csv");
    }
}

TEST_CASE("A link that comes after the look, at the file or above it, is not followed") {
    namespace fs = std::filesystem;
    const ScratchFolder folder;
    folder.write("data/lake/raw/in/a.csv", "a");
    folder.write("outside/in/a.csv", "secret");
    TestContext context(folder, {{"allowed_roots", Json::array()}});
    const Locations locations(context.settings());
    const fs::path root = fs::canonical(folder.path());
    const auto file = locations.expand("lake://raw/in/a.csv")->at(0);
    CHECK(file.open().has_value());
    fs::remove(root / "data/lake/raw/in/a.csv");
    fs::create_symlink(root / "outside/in/a.csv", root / "data/lake/raw/in/a.csv");
    CHECK(file.open().error().code == "E_DENIED");
    fs::remove_all(root / "data/lake/raw/in");
    fs::create_directory_symlink(root / "outside/in", root / "data/lake/raw/in");
    CHECK(file.open().error().code == "E_DENIED");
}

TEST_CASE("A name with signs of a pattern is the file of that name where there is one") {
    const ScratchFolder folder;
    TestContext context(folder);
    const Locations locations(context.settings());
    folder.write("data/lake/raw/report1.csv", "1");
    CHECK(locations.expand("lake://raw/report[1].csv")->at(0).uri == "lake://raw/report1.csv");
    folder.write("data/lake/raw/report[1].csv", "2");
    CHECK(locations.expand("lake://raw/report[1].csv")->at(0).uri == "lake://raw/report[1].csv");
}

TEST_CASE("Folders of the data folder are places themselves, as what is in them") {
    const ScratchFolder folder;
    TestContext context(folder, {{"allowed_roots", Json::array()}});
    const Locations locations(context.settings());
    folder.write("data/landing/a.csv", "1");
    folder.write("data/landing/sub/b.csv", "2");
    folder.write("data/logs/x.csv", "3");
    folder.write("data/top.csv", "4");
    const std::string absolute = (context.settings().data_folder / "landing/*.csv").string();
    for (const std::string& uri : {std::string("landing/*.csv"), absolute}) {
        REQUIRE(locations.expand(uri).has_value());
        CHECK(locations.expand(uri)->size() == 1);
    }
    CHECK(locations.expand("landing/")->size() == 2);
    CHECK(locations.expand("landing/**/*.csv")->size() == 2);
    for (const char* uri : {"logs/*.csv", "logs/", "*.csv", "**/*.csv", ".", "", "*/a.csv"}) {
        INFO(uri);
        CHECK(!locations.expand(uri).has_value());
    }
}

TEST_CASE("SQL reads and writes nothing of the daemon's own folders") {
    const ScratchFolder folder;
    TestContext context(folder, {{"allowed_roots", Json::array()}});
    folder.write("data/exports/x.txt", "x");
    for (const std::string own : {"backups", "logs", "metrics", "outbox"}) {
        CAPTURE(own);
        folder.write("data/" + own + "/x.txt", "secret");
        tasks::data::DataSession session(context, "test");
        auto* connection = *session.connect("wh");
        const auto place = [&](const std::string& name) {
            return "'" + (context.settings().data_folder / name / "x.txt").string() + "'";
        };
        CHECK(connection->query("select * from read_blob(" + place("exports") + ")").has_value());
        const auto read = connection->query("select * from read_blob(" + place(own) + ")");
        const auto written = connection->execute("copy (select 1) to " + place(own));
        REQUIRE(!read);
        REQUIRE(!written);
        CHECK(read.error().code == "E_DENIED");
        CHECK(written.error().code == "E_DENIED");
        CHECK(folder.read("data/" + own + "/x.txt") == "secret");
    }
}

TEST_CASE("Nobody but its writer may write into a lake table") {
    const ScratchFolder folder;
    TestContext context(folder);
    const Locations locations(context.settings());
    folder.write("data/lake/curated/orders/_stepwell/log/1.json", "{}");
    for (const char* uri :
         {"lake://curated/orders", "lake://curated/orders/x.parquet",
          "lake://curated/orders/day=1/", "lake://curated/orders/_stepwell/log"}) {
        INFO(uri);
        REQUIRE(!locations.target(uri).has_value());
        CHECK(locations.target(uri).error().code == "E_CONFLICT");
    }
    CHECK(locations.target("lake://curated/exports/").has_value());
    CHECK(locations.lake_target("lake://curated/orders").has_value());
    CHECK(!locations.lake_target("lake://curated/orders/inner").has_value());
}

}  // namespace
}  // namespace stepwell::test

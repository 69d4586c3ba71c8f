// Where tasks may read and write, and what a place stands for.
#include "tasks/files/locations.hpp"

#include <doctest/doctest.h>

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

}  // namespace
}  // namespace stepwell::test

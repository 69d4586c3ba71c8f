// Files that start runs: each version of each file one, however it came.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <set>

#include "engine/base/digest.hpp"
#include "tests/triggers/support.hpp"

namespace stepwell::test {
namespace {

namespace fs = std::filesystem;

constexpr Duration kStable{10'000};

std::string names(const std::vector<Json>& inputs) {
    std::string out;
    for (const Json& input : inputs) {
        out += out.empty() ? "" : " | ";
        std::string list;
        for (const Json& file : input.at("trigger").at("files")) {
            const std::string path = file.at("path").get<std::string>();
            list += (list.empty() ? "" : ",") + path.substr(path.rfind('/') + 1);
        }
        out += list;
    }
    return out;
}

std::string orders(const std::string& more = "") {
    return R"({"triggers":[{"files":"in/*.csv","stable_for":"10s")" + more + "}]}";
}

}  // namespace

TEST_CASE("A file starts one run once it has come to rest") {
    TriggerStage stage;
    stage.put("orders", orders(R"(,"input":{"uri":"{{ file.uri }}","n":2,
        "what":"{{ file.match }} of {{ file.name }} in {{file.folder}}"})"));
    stage.write("in/a.csv", "id\n1\n");
    stage.advance(Duration(1'000));
    CHECK(stage.run_count() == 0);
    stage.advance(Duration(9'999));
    CHECK(stage.run_count() == 0);
    stage.advance(Duration(1));
    REQUIRE(stage.run_count() == 1);
    const std::string path = (stage.folder.path() / "in/a.csv").string();
    const Json input = stage.inputs()[0];
    CHECK(input.at("uri") == path);
    CHECK(input.at("n") == 2);
    CHECK(input.at("what") == "a of a.csv in " + (stage.folder.path() / "in").string());
    CHECK(input.at("trigger").at("name") == "0");
    const Json& file = input.at("trigger").at("files").at(0);
    CHECK(file.at("uri") == path);
    CHECK(file.at("size") == 5);
    CHECK(file.at("etag") == *digest_hex("SHA-256", "id\n1\n"));
    CHECK(stage.runs()[0].origin == "file");
    stage.advance(Duration(100'000));
    CHECK(stage.run_count() == 1);
}

TEST_CASE("A file that is written in slow chunks starts one run, behind the last") {
    TriggerStage stage;
    stage.put("orders", orders());
    for (int chunk = 0; chunk < 5; ++chunk) {
        stage.append("in/a.csv", "chunk\n");
        stage.advance(Duration(6'000));
        CHECK(stage.run_count() == 0);
    }
    stage.advance(kStable);
    REQUIRE(stage.run_count() == 1);
    CHECK(stage.inputs()[0]["trigger"]["files"][0]["size"] == 30);
}

TEST_CASE("A file that is renamed into place starts one run; its name before is not looked at") {
    TriggerStage stage;
    stage.put("orders", orders());
    stage.write("in/a.csv.tmp", "x");
    stage.write("in/.b.csv", "x");
    stage.write("in/_c.csv", "x");
    stage.advance(Duration(60'000));
    CHECK(stage.run_count() == 0);
    fs::rename(stage.folder.path() / "in/a.csv.tmp", stage.folder.path() / "in/a.csv");
    stage.advance(Duration(60'000));
    stage.advance(kStable);
    CHECK(names(stage.inputs()) == "a.csv");
}

TEST_CASE("A file with a marker waits for it, in its own folder or another") {
    for (const std::string marker : {"{path}.done", "../marks/{name}", "{folder}/{name}.done"}) {
        CAPTURE(marker);
        TriggerStage stage;
        stage.put("orders", orders(R"(,"poll":"1s","done_marker":")" + marker + "\""));
        stage.write("in/a.csv", "a");
        stage.advance(Duration(1'000));
        stage.advance(Duration(60'000));
        CHECK(stage.run_count() == 0);
        stage.write(marker[0] == '.' ? "marks/a.csv" : "in/a.csv.done", "");
        stage.advance(Duration(1'000));
        CHECK(names(stage.inputs()) == "a.csv");
    }
}

TEST_CASE("The same bytes again start nothing, other bytes do: for each identity") {
    struct Case {
        std::string identity;
        std::size_t after_same;
        std::size_t after_other;
        std::size_t after_first_again;
    };
    const std::vector<Case> cases = {
        {"content", 1, 2, 2}, {"mtime_size", 2, 3, 4}, {"path", 1, 1, 1}};
    for (const Case& c : cases) {
        CAPTURE(c.identity);
        TriggerStage stage;
        stage.put("orders", orders(R"(,"identity":")" + c.identity + "\""));
        const auto drop = [&](const std::string& text, int seconds) {
            stage.write("in/a.csv", text);
            const auto time = fs::file_time_type::clock::now() + std::chrono::seconds(seconds);
            fs::last_write_time(stage.folder.path() / "in/a.csv", time);
            stage.advance(Duration(30'000));
            stage.advance(Duration(30'000));
        };
        drop("one", 0);
        CHECK(stage.run_count() == 1);
        drop("one", 10);
        CHECK(stage.run_count() == c.after_same);
        stage.reboot();
        drop("one ", 20);
        CHECK(stage.run_count() == c.after_other);
        drop("one", 30);
        CHECK(stage.run_count() == c.after_first_again);
    }
}

TEST_CASE("Other bytes under the same size and time of change are a new version") {
    TriggerStage stage;
    stage.put("orders", orders());
    stage.write("in/a.csv", "one");
    const fs::path path = stage.folder.path() / "in/a.csv";
    const auto time = fs::last_write_time(path);
    stage.advance(Duration(30'000));
    stage.advance(kStable);
    CHECK(stage.run_count() == 1);
    for (const bool is_replaced : {false, true}) {
        CAPTURE(is_replaced);
        // The clock of the inode may stand for some milliseconds.
        struct stat before {};
        struct stat after {};
        REQUIRE(::stat(path.c_str(), &before) == 0);
        do {
            if (is_replaced) fs::remove(path);
            stage.write("in/a.csv", is_replaced ? "six" : "two");
            fs::last_write_time(path, time);
            REQUIRE(::stat(path.c_str(), &after) == 0);
        } while (before.st_ctim.tv_nsec == after.st_ctim.tv_nsec);
        stage.reboot();
        stage.advance(Duration(30'000));
        stage.advance(kStable);
        CHECK(stage.run_count() == (is_replaced ? 3 : 2));
    }
}

TEST_CASE("Files that came while the daemon was down start their runs; known ones do not") {
    TriggerStage stage;
    stage.put("orders", orders());
    stage.write("in/a.csv", "a");
    stage.advance(Duration(1'000));
    stage.advance(kStable);
    CHECK(names(stage.inputs()) == "a.csv");
    stage.write("in/b.csv", "b");
    stage.reboot();
    stage.advance(kStable);
    CHECK(names(stage.inputs()) == "a.csv | b.csv");
    stage.reboot();
    stage.advance(Duration(100'000));
    CHECK(stage.run_count() == 2);
}

TEST_CASE("A file that was changed: a new run, nothing, or a fault") {
    const std::vector<std::pair<std::string, std::size_t>> cases = {
        {"new_run", 2}, {"ignore", 1}, {"error", 1}};
    for (const auto& row : cases) {
        const auto& policy = row.first;
        const auto& runs = row.second;
        CAPTURE(policy);
        TriggerStage stage;
        stage.put("orders", orders(R"(,"on_modified":")" + policy + "\""));
        stage.write("in/a.csv", "one");
        stage.advance(Duration(30'000));
        stage.advance(kStable);
        stage.write("in/a.csv", "another");
        stage.advance(Duration(30'000));
        stage.advance(kStable);
        CHECK(stage.run_count() == runs);
        stage.reboot();
        stage.advance(Duration(60'000));
        CHECK(stage.run_count() == runs);
    }
}

TEST_CASE("Several files are one run each, or one run together") {
    for (const bool is_batch : {false, true}) {
        CAPTURE(is_batch);
        TriggerStage stage;
        stage.put("orders",
                  orders(is_batch ? R"(,"batch":{"one_run_per":"batch","max_files":3})" : ""));
        for (int n = 0; n < 4; ++n) {
            const std::string name = "in/" + std::to_string(n) + ".csv";
            stage.write(name, std::to_string(n));
            const auto time = fs::file_time_type::clock::now() + std::chrono::seconds(n);
            fs::last_write_time(stage.folder.path() / name, time);
        }
        stage.advance(Duration(30'000));
        stage.advance(kStable);
        CHECK(names(stage.inputs()) ==
              (is_batch ? "0.csv,1.csv,2.csv | 3.csv" : "0.csv | 1.csv | 2.csv | 3.csv"));
        stage.reboot();
        stage.advance(Duration(60'000));
        CHECK(stage.run_count() == (is_batch ? 2 : 4));
    }
}

TEST_CASE("A batch whose names are more than an input may hold is divided") {
    TriggerStage stage;
    stage.put("orders", orders(R"(,"batch":{"max_files":500})"));
    for (int n = 0; n < 500; ++n) {
        stage.write("in/" + std::to_string(n) + std::string(200, 'x') + ".csv", "a");
    }
    stage.advance(Duration(1'000));
    stage.advance(kStable);
    stage.advance(kStable);
    const auto inputs = stage.inputs();
    REQUIRE(inputs.size() == 2);
    for (const Json& input : inputs) {
        CHECK(input["trigger"]["files"].size() == 250);
        CHECK(to_text(input).size() <= kPayloadBytesMax);
    }
}

TEST_CASE("A batch waits for files that are still being written, but not for ever") {
    TriggerStage stage;
    stage.put("orders", orders(R"(,"batch":{"one_run_per":"batch","wait":"20s"})"));
    stage.write("in/a.csv", "a");
    stage.advance(Duration(1'000));
    for (int n = 0; n < 4; ++n) {
        stage.append("in/slow.csv", "x");
        stage.advance(Duration(6'000));
    }
    CHECK(stage.run_count() == 0);
    for (int n = 0; n < 2; ++n) {
        stage.append("in/slow.csv", "x");
        stage.advance(Duration(6'000));
    }
    CHECK(names(stage.inputs()) == "a.csv");
    stage.advance(Duration(20'000));
    stage.advance(Duration(20'000));
    CHECK(names(stage.inputs()) == "a.csv | slow.csv");
}

TEST_CASE("A crash before or after the commit of a start: one run a file, and never two") {
    for (const bool is_written : {false, true}) {
        CAPTURE(is_written);
        TriggerStage stage;
        stage.put("orders", orders());
        stage.write("in/a.csv", "a");
        stage.advance(Duration(1'000));
        stage.stage.clock.advance(kStable);
        stage.triggers().tick();
        if (is_written) stage.stage.settle();
        stage.reboot();
        stage.advance(kStable);
        CHECK(names(stage.inputs()) == "a.csv");
    }
}

TEST_CASE("Globs reach into folders and lakes, and say which file it is") {
    TriggerStage stage;
    stage.put("deep", R"({"triggers":[{"name":"any","files":"in/**/[ab]*.csv","stable_for":"1s"},
        {"name":"lake","files":"lake://raw/x/*.csv","stable_for":"1s"}]})");
    stage.write("in/a1.csv", "1");
    stage.write("in/x/y/b2.csv", "2");
    stage.write("in/x/c3.csv", "3");
    stage.write("in/.hidden/a4.csv", "4");
    stage.write("zone/x/a5.csv", "5");
    stage.advance(Duration(30'000));
    stage.advance(Duration(30'000));
    std::set<std::string> uris;
    for (const Json& input : stage.inputs()) uris.insert(input["trigger"]["files"][0]["uri"]);
    const std::string root = stage.folder.path().string();
    CHECK(uris == std::set<std::string>{root + "/in/a1.csv", root + "/in/x/y/b2.csv",
                                        "lake://raw/x/a5.csv"});
}

TEST_CASE("A folder that is missing is reported once, and its files are found when it comes") {
    TriggerStage stage;
    stage.put("orders", R"({"triggers":[{"files":"none/yet/*.csv","stable_for":"10s"}]})");
    REQUIRE(stage.log.size() == 1);
    CHECK(stage.log[0] == "file trigger orders#0: expected a folder at " +
                              (stage.folder.path() / "none/yet").string() + ", but there is none");
    CHECK(stage.triggers().status().files.at(0).fault.find("expected a folder") == 0);
    stage.write("none/yet/a.csv", "a");
    stage.advance(Duration(1'000));
    stage.advance(kStable);
    CHECK(stage.run_count() == 1);
    CHECK(stage.log.size() == 1);
    CHECK(stage.triggers().status().files.at(0).fault.empty());
}

TEST_CASE("A large file is hashed over several ticks") {
    TriggerStage stage;
    stage.put("orders", orders());
    const std::string text(5u << 20, 'x');
    stage.write("in/a.csv", text);
    stage.advance(Duration(1'000));
    stage.advance(kStable);
    REQUIRE(stage.run_count() == 1);
    CHECK(stage.inputs()[0]["trigger"]["files"][0]["etag"] == *digest_hex("SHA-256", text));
}

TEST_CASE("Ten thousand files in one poll start ten thousand runs") {
    TriggerStage stage;
    stage.put("orders", orders(), kPass);
    fs::create_directories(stage.folder.path() / "in");
    for (int n = 0; n < 10'000; ++n)
        stage.write("in/" + std::to_string(n) + ".csv", std::to_string(n));
    stage.advance(Duration(30'000));
    stage.advance(kStable);
    for (int n = 0; n < 20; ++n) stage.settle();
    CHECK(stage.triggers().status().files.at(0).waiting == 0);
    const auto newest = stage.stage.reader().list({});
    REQUIRE(newest);
    CHECK(value_of(newest->items.at(0).id) == 10'000);
}

}  // namespace stepwell::test

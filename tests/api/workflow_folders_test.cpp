// Folders of workflows: what is in them is what the engine has, whether or not the system tells.
#include "api/workflows/workflow_folders.hpp"

#include <doctest/doctest.h>

#include <condition_variable>
#include <fstream>
#include <mutex>
#include <thread>

#include "engine/journal/sqlite_journal.hpp"
#include "tests/runtime/stage.hpp"
#include "tests/support/temporary_folder.hpp"

namespace stepwell::test {
namespace {

namespace fs = std::filesystem;
using Kind = api::FileReport::Kind;

const std::string kDone = R"({"StartAt":"S","States":{"S":{"Type":"Succeed"}}})";
const std::string kOther = R"({"StartAt":"T","States":{"T":{"Type":"Succeed"}}})";

class WatchedPlace {
public:
    WatchedPlace()
        : journal_(std::move(journal::SqliteJournal::open(folder.path() / "data", 1)).value()),
          readers_(folder.path() / "data"),
          engine({}, *journal_, runtime::system_clock()),
          files(std::make_unique<api::WorkflowFiles>(engine, readers_, runtime::system_clock())) {
        REQUIRE(engine.start(runner_));
        fs::create_directories(folder.path() / "flows");
        REQUIRE(files->open());
    }
    ~WatchedPlace() {
        folders_.reset();
        engine.stop();
    }

    void watch(api::FolderLooks looks) {
        auto made = api::WorkflowFolders::start(
            {folder.path() / "flows"}, engine, {}, *files,
            [this](const api::FileReport& report) {
                const std::lock_guard lock(mutex_);
                reports_.push_back(report.kind);
                changed_.notify_all();
            },
            looks);
        REQUIRE(made);
        folders_ = std::move(*made);
    }
    /// Waits until as many have been told.
    void await(std::size_t reports) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return reports_.size() >= reports; });
    }
    std::vector<Kind> reports() {
        const std::lock_guard lock(mutex_);
        return reports_;
    }
    /// As a daemon that ends, and the next one that begins.
    void stop() { folders_.reset(); }
    void forget() {
        files = std::make_unique<api::WorkflowFiles>(engine, readers_, runtime::system_clock());
        REQUIRE(files->open());
        const std::lock_guard lock(mutex_);
        reports_.clear();
    }
    std::string file_of(const std::string& workflow) {
        const auto file = files->of_workflow(workflow);
        if (!file) return "none";
        return fs::path(string_or(*file, "path", "")).filename().string() + " " +
               string_or(*file, "status", "");
    }
    std::string source(const std::string& workflow, std::uint32_t version) {
        auto reader = readers_.take();
        REQUIRE(reader);
        const auto source = api::source_of(**reader, workflow, version);
        REQUIRE(source);
        return *source ? (*source)->text : "none";
    }
    void put(const std::string& name, const std::string& text) {
        std::ofstream(folder.path() / name) << text;
    }

    TemporaryFolder folder;

private:
    RememberingRunner runner_;
    std::unique_ptr<journal::Journal> journal_;
    api::Readers readers_;

public:
    runtime::Engine engine;
    std::unique_ptr<api::WorkflowFiles> files;

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Kind> reports_;
    std::unique_ptr<api::WorkflowFolders> folders_;
};

}  // namespace

TEST_CASE("Without a watch a folder of workflows is looked at, and that is said once") {
    WatchedPlace place;
    place.watch({Duration(10), Duration(10), false});
    CHECK(place.reports() == std::vector{Kind::unwatched});
    place.put("flows/a.json", kDone);
    place.await(2);
    place.put("flows/a.json", kOther);
    place.await(3);
    fs::remove(place.folder.path() / "flows/a.json");
    place.await(4);
    CHECK(place.reports() == std::vector{Kind::unwatched, Kind::made, Kind::changed, Kind::gone});
}

TEST_CASE("A folder that is exchanged by a link, or made anew, is still looked at") {
    WatchedPlace place;
    fs::remove(place.folder.path() / "flows");
    fs::create_directories(place.folder.path() / "first");
    fs::create_directories(place.folder.path() / "second");
    place.put("first/a.json", kDone);
    place.put("second/a.json", kOther);
    const auto lead_to = [&](const std::string& target) {
        fs::create_directory_symlink(target, place.folder.path() / "new");
        fs::rename(place.folder.path() / "new", place.folder.path() / "flows");
    };
    lead_to("first");
    place.watch({Duration(10), Duration(10), true});
    lead_to("second");
    place.await(2);
    place.put("second/b.json", kDone);
    place.await(3);
    CHECK(place.reports() == std::vector{Kind::made, Kind::changed, Kind::made});
}

TEST_CASE(
    "What is wrong with a file is a fact with its place, also of one that never was a workflow") {
    WatchedPlace place;
    place.put("flows/good.json", kDone);
    place.put("flows/bad.yaml", "StartAt: Load\nStates:\n  Lod: {Type: Succeed}\n");
    place.put("flows/other.yaml", "channels: {}\n");  // not about workflows
    place.watch({});
    place.stop();
    CHECK(place.file_of("good") == "good.json good");
    CHECK(place.file_of("bad") == "none");
    const Json list = place.files->list();
    REQUIRE(list["items"].size() == 2);
    const Json& bad = list["items"][0];
    CHECK(bad["status"] == "faulty");
    CHECK(bad["faults"][0]["line"] == 1);
    CHECK(bad["faults"][0]["pointer"] == "#/StartAt");
    CHECK_FALSE(bad.contains("workflow"));
}

TEST_CASE("A file with faults leaves the last good version, and is its workflow's all the same") {
    WatchedPlace place;
    place.put("flows/a.json", kDone);
    place.watch({Duration(10), Duration(10), false});
    place.put("flows/a.json", "{");
    place.await(3);
    CHECK(place.file_of("a") == "a.json faulty");
    place.stop();
    place.forget();
    place.watch({});
    CHECK(place.file_of("a") == "a.json faulty");
    place.put("flows/a.json", "{}");  // neither StartAt nor States, but a workflow's
    place.await(2);
    CHECK(place.file_of("a") == "a.json faulty");
}

TEST_CASE("A file that goes is a fact, also where it goes while no daemon runs") {
    WatchedPlace place;
    place.put("flows/a.json", kDone);
    place.put("flows/b.json", kDone);
    place.watch({});
    fs::remove(place.folder.path() / "flows/a.json");
    place.await(3);
    CHECK(place.file_of("a") == "a.json gone");
    place.stop();
    fs::remove(place.folder.path() / "flows/b.json");
    place.forget();
    place.watch({});
    CHECK(place.file_of("a") == "a.json gone");
    CHECK(place.file_of("b") == "b.json gone");
    place.put("flows/a.json", kOther);
    place.await(1);
    place.stop();
    CHECK(place.file_of("a") == "a.json good");
    CHECK(place.files->list()["items"].size() == 2);
}

TEST_CASE("A file that calls its workflow otherwise leaves the old name to others") {
    WatchedPlace place;
    const std::string first = "{\"name\":\"first\"," + kDone.substr(1);
    place.put("flows/a.json", first);
    place.put("flows/b.json", first);
    place.watch({Duration(10), Duration(10), false});
    CHECK(place.reports() == std::vector{Kind::unwatched, Kind::fault, Kind::made});
    CHECK(place.files->list()["items"][1]["faults"][0]["code"] == "NAME_TAKEN");
    place.put("flows/a.json", "{\"name\":\"second\"," + kOther.substr(1));
    place.await(4);  // and b, which was refused, is tried again: its workflow is the same
    while (place.file_of("first") != "b.json good") std::this_thread::yield();
    CHECK(place.file_of("second") == "a.json good");
    CHECK(place.reports() == std::vector{Kind::unwatched, Kind::fault, Kind::made, Kind::made});
}

TEST_CASE("A workflow that is deleted misses no file, neither now nor after a restart") {
    WatchedPlace place;
    place.put("flows/a.json", kDone);
    place.watch({});
    place.stop();
    fs::remove(place.folder.path() / "flows/a.json");
    REQUIRE(place.engine.delete_workflow_now("a"));
    REQUIRE(place.engine.write_now({{place.files->leave("a")}, {}}));
    CHECK(place.file_of("a") == "a.json good");  // nobody has looked since
    place.forget();
    place.watch({});
    CHECK(place.file_of("a") == "none");
    CHECK(place.files->list()["items"].empty());
}

TEST_CASE("The text of a version is kept as it was written, the newest that gives that version") {
    WatchedPlace place;
    place.put("flows/a.yaml", "# one\nStartAt: S\nStates: {S: {Type: Succeed}}\n");
    place.watch({});
    place.stop();
    CHECK(place.source("a", 1) == "# one\nStartAt: S\nStates: {S: {Type: Succeed}}\n");
    place.put("flows/a.yaml", "# two\nStartAt: S\nStates: {S: {Type: Succeed}}\n");
    place.forget();
    place.watch({});
    place.stop();
    CHECK(place.source("a", 1).starts_with("# two"));
    CHECK(place.source("a", 2) == "none");
}

}  // namespace stepwell::test

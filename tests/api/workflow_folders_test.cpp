// Folders of workflows: what is in them is what the engine has, whether or not the system tells.
#include "api/workflows/workflow_folders.hpp"

#include <doctest/doctest.h>

#include <condition_variable>
#include <fstream>
#include <mutex>

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
          engine({}, *journal_, runtime::system_clock()) {
        REQUIRE(engine.start(runner_));
        fs::create_directories(folder.path() / "flows");
    }
    ~WatchedPlace() {
        folders_.reset();
        engine.stop();
    }

    void watch(api::FolderLooks looks) {
        auto made = api::WorkflowFolders::start(
            {folder.path() / "flows"}, engine, {},
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
    void put(const std::string& name, const std::string& text) {
        std::ofstream(folder.path() / name) << text;
    }

    TemporaryFolder folder;

private:
    RememberingRunner runner_;
    std::unique_ptr<journal::Journal> journal_;

public:
    runtime::Engine engine;

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

}  // namespace stepwell::test

// The triggers on a thread of their own, over an engine on its own: what is posted from outside is
// seen at once, and stopping is clean at any time.
#include <doctest/doctest.h>

#include <future>

#include "engine/journal/sqlite_journal.hpp"
#include "tests/triggers/support.hpp"

namespace stepwell::test {
namespace {

struct Node {
    explicit Node(const std::filesystem::path& folder)
        : journal(std::move(journal::SqliteJournal::open(folder, 1)).value()),
          engine({}, *journal, runtime::system_clock()) {
        REQUIRE(engine.start(runner));
        triggers::TriggerSettings settings;
        settings.places.data_folder = folder;
        triggers = std::make_unique<triggers::Triggers>(
            std::move(settings), engine, std::move(runtime::Reader::open(folder)).value(),
            runtime::system_clock());
        triggers->start();
    }
    ~Node() {
        triggers->stop();
        engine.stop();
        triggers.reset();
    }
    RememberingRunner runner;
    std::unique_ptr<journal::Journal> journal;
    runtime::Engine engine;
    std::unique_ptr<triggers::Triggers> triggers;
};

}  // namespace

TEST_CASE("A file that is moved into place starts its run on the triggers' own thread") {
    TemporaryFolder folder;
    std::filesystem::create_directories(folder.path() / "in");
    Node node(folder.path());
    std::promise<std::string> started;
    runtime::Listener listener;
    listener.events = [&, is_told = false](const core::Execution& execution, const auto&) mutable {
        if (!is_told) started.set_value(execution.facts().workflow_name);
        is_told = true;
    };
    const auto subscription = node.engine.subscribe(std::move(listener));
    runtime::WorkflowSpec spec;
    spec.name = "orders";
    spec.definition = kPass;
    spec.settings =
        R"({"options":{"triggers":[{"files":"in/*.csv","stable_for":"0s","poll":"100ms"}]}})";
    REQUIRE(node.engine.put_workflow_now(spec));
    std::ofstream(folder.path() / "in/a.tmp") << "a";
    std::filesystem::rename(folder.path() / "in/a.tmp", folder.path() / "in/a.csv");
    CHECK(started.get_future().get() == "orders");
}

TEST_CASE("A file that takes for ever to read keeps no other trigger waiting, and not the stop") {
    TemporaryFolder folder;
    std::filesystem::create_directories(folder.path() / "huge");
    std::filesystem::create_directories(folder.path() / "in");
    std::ofstream(folder.path() / "huge/a.csv") << "a";
    std::filesystem::resize_file(folder.path() / "huge/a.csv", std::uintmax_t{1} << 40);
    std::ofstream(folder.path() / "in/b.csv") << "b";
    Node node(folder.path());
    std::promise<std::string> started;
    runtime::Listener listener;
    listener.events = [&, is_told = false](const core::Execution& execution, const auto&) mutable {
        if (!is_told) started.set_value(execution.facts().workflow_name);
        is_told = true;
    };
    const auto subscription = node.engine.subscribe(std::move(listener));
    for (const std::string name : {"huge", "in"}) {
        runtime::WorkflowSpec spec;
        spec.name = name;
        spec.definition = kPass;
        spec.settings = R"({"options":{"triggers":[{"files":")" + name +
                        R"(/*.csv","stable_for":"0s","poll":"100ms"}]}})";
        REQUIRE(node.engine.put_workflow_now(spec));
    }
    CHECK(started.get_future().get() == "in");
}

TEST_CASE("Stopping in the middle of everything is clean") {
    TemporaryFolder folder;
    for (int round = 0; round < 5; ++round) {
        Node node(folder.path());
        runtime::WorkflowSpec spec;
        spec.name = "busy";
        spec.definition = kPass;
        spec.settings = R"({"options":{"schedules":[{"cron":"* * * * *","overlap":"queue"}],
            "triggers":[{"files":"in/*","stable_for":"0s"}]}})";
        REQUIRE(node.engine.put_workflow_now(spec));
        node.triggers->pause("busy#0", round % 2 == 0, [](const Result<void>&) {});
    }
    CHECK(runtime::Reader::open(folder.path()));
}

}  // namespace stepwell::test

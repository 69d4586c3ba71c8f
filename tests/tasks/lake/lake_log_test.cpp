// The log of a lake table over any store: it needs no renames and no locks.
#include "tasks/lake/lake_log.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <thread>
#include <vector>

#include "tests/support/temporary_folder.hpp"
#include "tests/tasks/lake/memory_store.hpp"

namespace stepwell::test {
namespace {

using namespace stepwell::tasks;
using files::Store;
using lake::Commit;

/// Adds one file to the table.
Commit commit_of(std::int64_t number, const std::string& path) {
    Commit commit;
    commit.number = number;
    commit.mode = "append";
    commit.run_key = path;
    commit.schema = Json::array();
    commit.added = {{path, 1, 1, number}};
    return commit;
}

/// As a writer without a lock does: whoever is second reads again.
void append(Store& log, const std::string& path, Timestamp now = {}) {
    while (true) {
        auto state = lake::read_log(log);
        REQUIRE(state);
        const Commit commit = commit_of(state->version + 1, path);
        const auto done = lake::append_commit(log, commit);
        if (!done) {
            REQUIRE(done.error().code == "E_CONFLICT");
            continue;
        }
        state->apply(commit);
        lake::write_checkpoint(log, *state, now);
        return;
    }
}

std::vector<std::string> names(const Store& store, std::string_view prefix = "") {
    std::vector<std::string> all;
    const auto listed = store.list(prefix);
    REQUIRE(listed);
    for (const auto& [name, at] : *listed) all.push_back(name);
    return all;
}

/// What every store promises.
void check_contract(Store& store) {
    CHECK(names(store).empty());
    CHECK(store.read("a/1").error().code == "E_NOT_FOUND");
    REQUIRE(store.put_if_absent("a/1", "one"));
    REQUIRE(store.put_if_absent("a/2", std::string("\0two", 4)));
    REQUIRE(store.put_if_absent("b", ""));
    CHECK(store.put_if_absent("a/1", "other").error().code == "E_CONFLICT");
    CHECK(*store.read("a/1") == "one");
    CHECK(*store.read("a/2") == std::string("\0two", 4));
    CHECK(names(store) == std::vector<std::string>{"a/1", "a/2", "b"});
    CHECK(names(store, "a/") == std::vector<std::string>{"a/1", "a/2"});
    REQUIRE(store.remove("a/1"));
    REQUIRE(store.remove("a/1"));
    CHECK(names(store) == std::vector<std::string>{"a/2", "b"});
    REQUIRE(store.put_if_absent("a/1", "again"));
    std::atomic<int> taken{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back(
            [&, i] { taken += store.put_if_absent("raced", std::to_string(i)) ? 1 : 0; });
    }
    for (auto& thread : threads) thread.join();
    CHECK(taken == 1);
}

}  // namespace

TEST_CASE("a folder and a store in memory keep the contract of stores") {
    const TemporaryFolder folder;
    const auto local = files::local_store(folder.path() / "made/when/needed");
    MemoryStore memory;
    check_contract(*local);
    check_contract(memory);
}

TEST_CASE("what a writer that died was putting is not in the store") {
    const TemporaryFolder folder;
    const auto store = files::local_store(folder.path());
    std::ofstream(folder.path() / "1.json.tmp-4711") << "half";
    CHECK(names(*store).empty());
    REQUIRE(store->put_if_absent("1.json", "whole"));
    CHECK(names(*store) == std::vector<std::string>{"1.json"});
}

TEST_CASE("writers without a lock lose no commit, and leave no gap") {
    MemoryStore log;
    constexpr int kWriters = 4;
    constexpr int kCommits = 25;
    std::vector<std::thread> writers;
    for (int writer = 0; writer < kWriters; ++writer) {
        writers.emplace_back([&, writer] {
            for (int i = 0; i < kCommits; ++i)
                append(log, std::to_string(writer) + "/" + std::to_string(i));
        });
    }
    for (auto& writer : writers) writer.join();
    const auto state = lake::read_log(log);
    REQUIRE(state);
    CHECK(state->version == kWriters * kCommits);
    CHECK(state->files.size() == kWriters * kCommits);
    CHECK(state->run_keys.size() == kWriters * kCommits);
}

TEST_CASE("the log goes on without what the last two checkpoints make needless") {
    MemoryStore log;
    const Timestamp later = log.now + lake::kLogKept + std::chrono::hours(1);
    for (int i = 1; i < 96; ++i) append(log, "f" + std::to_string(i), log.now);
    CHECK(names(log).size() == 97);  // 95 commits, the checkpoints 32 and 64
    log.now = later;
    append(log, "f96", later);
    CHECK(names(log).size() == 34);  // 65 to 96, the checkpoints 64 and 96
    CHECK(lake::read_log(log)->files.size() == 96);
    // The newest checkpoint may be lost; a commit may not.
    REQUIRE(log.remove("00000000000000000096.checkpoint.json"));
    CHECK(lake::read_log(log)->files.size() == 96);
    REQUIRE(log.remove("00000000000000000070.json"));
    const auto gap = lake::read_log(log);
    REQUIRE(!gap);
    CHECK(gap.error().code == "E_FORMAT");
    CHECK(gap.error().message.find("70") != std::string::npos);
}

}  // namespace stepwell::test

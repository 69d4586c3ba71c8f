// The commit protocol, with text files in the place of Parquet: it does not look into them.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <map>
#include <set>
#include <thread>
#include <vector>

#include "tasks/files/durable_files.hpp"
#include "tasks/lake/lake_write.hpp"
#include "tests/support/temporary_folder.hpp"

namespace stepwell::test {
namespace {

using namespace stepwell::tasks;
using namespace stepwell::tasks::lake;
using namespace stepwell::tasks::files;
namespace fs = std::filesystem;

using Rows = std::multiset<std::string>;
/// Partition -> content of the file to stage there.
using Staged = std::map<std::string, std::string>;

WriteOptions options_of(WriteMode mode, std::string run_key = "") {
    WriteOptions options;
    options.mode = mode;
    options.partition_by = {"month"};
    options.run_key = std::move(run_key);
    return options;
}

std::string file_name() {
    static std::atomic<int> next{0};
    return "part-" + std::to_string(next++) + ".parquet.new";
}

DataResult<WriteSummary> write(const fs::path& root, const Staged& staged,
                               const WriteOptions& options,
                               const std::vector<std::string>& emptied = {}) {
    LakeWrite writing = SW_TRY(LakeWrite::begin(root, options));
    if (const auto commit = writing.needless()) {
        WriteSummary summary;
        summary.commit = -*commit;
        return summary;
    }
    std::vector<StagedFile> files;
    for (const auto& [partition, content] : staged) {
        files.push_back({partition + "/" + file_name(), 1});
        fs::create_directories((writing.data_folder() / files.back().path).parent_path());
        std::ofstream(writing.data_folder() / files.back().path) << content;
    }
    return writing.commit(files, static_cast<std::int64_t>(files.size()), Json::array(), emptied);
}

std::string content_of(const fs::path& path) {
    std::ifstream file(path);
    return std::string(std::istreambuf_iterator<char>(file), {});
}

Rows log_rows(const fs::path& root) {
    const auto snapshot = read_snapshot(root);
    Rows rows;
    if (!snapshot) return {snapshot.error().message};
    for (const auto& path : snapshot->paths) rows.insert(content_of(path));
    return rows;
}

Rows glob_rows(const fs::path& root) {
    Rows rows;
    const auto files = files_below(root);
    for (const auto& name : *files) {
        if (name.ends_with(".parquet")) rows.insert(content_of(root / name));
    }
    return rows;
}

std::size_t staged_files(const fs::path& root) {
    return files_below(stage_folder(root))->size();
}

}  // namespace

TEST_CASE("each write mode leaves the rows that it promises") {
    struct Case {
        WriteMode mode;
        Staged staged;
        Rows expected;
    };
    const Case cases[] = {
        {WriteMode::append, {{"month=1", "c"}, {"month=3", "d"}}, {"a", "b", "c", "d"}},
        {WriteMode::overwrite_partitions, {{"month=1", "c"}}, {"b", "c"}},
        {WriteMode::merge, {{"month=2", "c"}}, {"a", "c"}},
        {WriteMode::overwrite, {{"month=2", "c"}}, {"c"}},
        {WriteMode::ignore, {{"month=2", "c"}}, {"a", "b"}},
    };
    for (const auto& c : cases) {
        CAPTURE(static_cast<int>(c.mode));
        const TemporaryFolder folder;
        REQUIRE(write(folder.path(), {{"month=1", "a"}, {"month=2", "b"}},
                      options_of(WriteMode::error)));
        REQUIRE(write(folder.path(), c.staged, options_of(c.mode)));
        CHECK(log_rows(folder.path()) == c.expected);
        CHECK(glob_rows(folder.path()) == c.expected);
    }
}

TEST_CASE("mode error refuses a table that has rows and changes nothing") {
    const TemporaryFolder folder;
    REQUIRE(write(folder.path(), {{"month=1", "a"}}, options_of(WriteMode::error)));
    const auto again = write(folder.path(), {{"month=1", "b"}}, options_of(WriteMode::error));
    REQUIRE(!again);
    CHECK(again.error().code == "E_CONFLICT");
    CHECK(log_rows(folder.path()) == Rows{"a"});
    CHECK(staged_files(folder.path()) == 0);
}

TEST_CASE("a partition may be emptied by a write") {
    const TemporaryFolder folder;
    REQUIRE(
        write(folder.path(), {{"month=1", "a"}, {"month=2", "b"}}, options_of(WriteMode::append)));
    REQUIRE(write(folder.path(), {{"month=1", "c"}}, options_of(WriteMode::merge), {"month=2"}));
    CHECK(glob_rows(folder.path()) == Rows{"c"});
    CHECK(!fs::exists(folder.path() / "month=2"));
    CHECK(fs::exists(trash_folder(folder.path()) / "2" / "month=2"));
}

TEST_CASE("an overwrite may change the partitioning") {
    const TemporaryFolder folder;
    REQUIRE(
        write(folder.path(), {{"month=1", "a"}, {"month=2", "b"}}, options_of(WriteMode::append)));
    CHECK(!write(folder.path(), {{"year=1", "c"}}, [] {
        auto o = options_of(WriteMode::append);
        o.partition_by = {"year"};
        return o;
    }()));
    for (const auto& [columns, partition, row] :
         {std::tuple{std::vector<std::string>{"month", "day"}, "month=1/day=2", "c"},
          std::tuple{std::vector<std::string>{"month"}, "month=1", "d"}}) {
        auto options = options_of(WriteMode::overwrite);
        options.partition_by = columns;
        REQUIRE(write(folder.path(), {{partition, row}}, options));
        CHECK(log_rows(folder.path()) == Rows{row});
        CHECK(glob_rows(folder.path()) == Rows{row});
    }
}

TEST_CASE("a repeated run key does nothing, in every mode") {
    const TemporaryFolder folder;
    REQUIRE(
        write(folder.path(), {{"month=1", "a"}}, options_of(WriteMode::append, "run-1"))->commit ==
        1);
    CHECK(
        write(folder.path(), {{"month=1", "a"}}, options_of(WriteMode::append, "run-1"))->commit ==
        -1);
    CHECK(log_rows(folder.path()) == Rows{"a"});
}

TEST_CASE("the same inputs write nothing as long as what they wrote still stands") {
    const TemporaryFolder folder;
    auto first = options_of(WriteMode::overwrite_partitions);
    first.fingerprint = "x";
    auto second = first;
    second.fingerprint = "y";
    auto third = first;
    third.fingerprint = "z";
    CHECK(write(folder.path(), {{"month=1", "a"}}, first)->commit == 1);
    CHECK(write(folder.path(), {{"month=1", "a"}}, first)->commit == -1);
    CHECK(write(folder.path(), {{"month=2", "b"}}, second)->commit == 2);
    CHECK(write(folder.path(), {{"month=1", "a"}}, first)->commit == -1);
    CHECK(write(folder.path(), {{"month=1", "c"}}, third)->commit == 3);
    CHECK(write(folder.path(), {{"month=1", "a"}}, first)->commit == 4);
}

TEST_CASE("rows lost between the query and the files, or too many partitions, refuse the commit") {
    const TemporaryFolder folder;
    {
        auto writing = LakeWrite::begin(folder.path(), options_of(WriteMode::append));
        REQUIRE(writing);
        CHECK(writing->commit({}, 1, Json::array()).error().code == "E_ROW_COUNT");
    }
    auto few = options_of(WriteMode::append);
    few.max_partitions = 1;
    CHECK(write(folder.path(), {{"month=1", "a"}, {"month=2", "b"}}, few).error().code ==
          "E_PARTITION_LIMIT");
    CHECK(glob_rows(folder.path()).empty());
    CHECK(staged_files(folder.path()) == 0);
}

TEST_CASE("a folder with files that are not the table's is refused") {
    const TemporaryFolder folder;
    std::ofstream(folder.path() / "other.parquet") << "x";
    CHECK(write(folder.path(), {{"month=1", "a"}}, options_of(WriteMode::append)).error().code ==
          "E_CONFLICT");
}

TEST_CASE(
    "after a crash at any point readers find the old rows or the new ones, and nothing stray") {
    struct Case {
        WriteMode mode;
        Staged staged;
        Rows after;
    };
    const Case cases[] = {
        {WriteMode::append, {{"month=1", "x"}, {"month=9", "y"}}, {"a", "b", "c", "x", "y"}},
        {WriteMode::overwrite_partitions,
         {{"month=1", "x"}, {"month=2", "y"}, {"month=9", "z"}},
         {"c", "x", "y", "z"}},
        {WriteMode::overwrite, {{"month=2", "x"}}, {"x"}},
    };
    const Rows before = {"a", "b", "c"};
    for (const auto& c : cases) {
        std::set<std::string> points;
        for (int crash_at = 1;; ++crash_at) {
            CAPTURE(crash_at);
            const TemporaryFolder folder;
            REQUIRE(write(folder.path(), {{"month=1", "a"}, {"month=2", "b"}, {"month=3", "c"}},
                          options_of(WriteMode::error)));
            auto options = options_of(c.mode);
            std::string last;
            options.fault_hook = [&,
                                  count = 0](std::string_view point) mutable -> DataResult<void> {
                last = point;
                if (++count == crash_at) return data::data_fail("E_INTERNAL", "crash");
                return {};
            };
            const bool is_complete = write(folder.path(), c.staged, options).has_value();
            points.insert(last);
            const bool is_committed =
                is_complete || (last != "staged" && last != "synced" && last != "named");
            CAPTURE(last);
            CHECK(log_rows(folder.path()) == (is_committed ? c.after : before));
            // The next writer leaves nothing of the dead one behind.
            { REQUIRE(LakeWrite::begin(folder.path(), options_of(c.mode))); }
            CHECK(glob_rows(folder.path()) == (is_committed ? c.after : before));
            CHECK(staged_files(folder.path()) == 0);
            if (is_complete) break;
        }
        CHECK(points.size() >= 7);
    }
}

TEST_CASE("a reader keeps its version, waits for nobody and lets nobody wait") {
    const TemporaryFolder folder;
    const fs::path& root = folder.path();
    REQUIRE(write(root, {{"month=1", "a"}, {"month=2", "b"}}, options_of(WriteMode::append)));
    const auto before = read_snapshot(root);
    REQUIRE(before);
    auto options = options_of(WriteMode::overwrite_partitions);
    options.waiting.timeout = std::chrono::milliseconds(0);
    Rows during;
    options.fault_hook = [&](std::string_view) -> DataResult<void> {
        Waiting none;
        none.timeout = std::chrono::milliseconds(0);
        if (const auto snapshot = read_snapshot(root, none)) {
            for (const auto& path : snapshot->paths) during.insert(content_of(path));
        }
        return {};
    };
    REQUIRE(write(root, {{"month=1", "c"}}, options));
    REQUIRE(write(root, {{"month=2", "d"}}, options_of(WriteMode::overwrite)));
    Rows rows;
    for (const auto& path : before->paths) rows.insert(content_of(path));
    CHECK(rows == Rows{"a", "b"});
    CHECK(log_rows(root) == Rows{"d"});
    CHECK(during.count("b") >= 6);  // at every point of the write
    CHECK(during.count("a") + during.count("c") == during.count("b"));
}

TEST_CASE("a table of an earlier build, without second names, is read and continued") {
    const TemporaryFolder folder;
    const fs::path& root = folder.path();
    REQUIRE(write(root, {{"month=1", "a"}, {"month=2", "b"}}, options_of(WriteMode::append)));
    fs::remove_all(root / "_stepwell/files");
    CHECK(log_rows(root) == Rows{"a", "b"});
    REQUIRE(write(root, {{"month=1", "c"}}, options_of(WriteMode::overwrite_partitions)));
    CHECK(log_rows(root) == Rows{"b", "c"});
    CHECK(glob_rows(root) == Rows{"b", "c"});
}

TEST_CASE("replaced files go after a week, the log's entries when no reading needs them") {
    const TemporaryFolder folder;
    const fs::path& root = folder.path();
    const auto make_old = [](const fs::path& path) {
        for (const auto& entry : fs::recursive_directory_iterator(path)) {
            fs::last_write_time(entry.path(),
                                fs::file_time_type::clock::now() - std::chrono::hours(24 * 40));
        }
    };
    for (int i = 1; i <= 70; ++i) {
        REQUIRE(write(root, {{"month=1", std::to_string(i)}}, options_of(WriteMode::overwrite)));
    }
    CHECK(files_below(root / "_stepwell/files")->size() == 70);
    CHECK(files_below(log_folder(root))->size() == 72);
    make_old(trash_folder(root));
    make_old(log_folder(root));
    for (int i = 71; i <= 96; ++i) {
        REQUIRE(write(root, {{"month=1", std::to_string(i)}}, options_of(WriteMode::overwrite)));
    }
    CHECK(log_rows(root) == Rows{"96"});
    CHECK(files_below(root / "_stepwell/files")->size() == 27);
    // From checkpoint 64 on: it, 65 to 96, and checkpoint 96.
    CHECK(files_below(log_folder(root))->size() == 34);
    CHECK(read_log(*log_of(root))->version == 96);
}

TEST_CASE("readers beside a writer see whole versions only") {
    const TemporaryFolder folder;
    REQUIRE(write(folder.path(), {{"month=1", "0"}, {"month=2", "0"}},
                  options_of(WriteMode::overwrite)));
    std::atomic<bool> is_done{false};
    std::thread writer([&] {
        for (int i = 1; i <= 40; ++i) {
            const std::string row = std::to_string(i);
            const auto done = write(folder.path(), {{"month=1", row}, {"month=2", row}},
                                    options_of(WriteMode::overwrite));
            if (!done) break;
        }
        is_done = true;
    });
    int mixtures = 0;
    while (!is_done) {
        const Rows rows = log_rows(folder.path());
        if (rows.size() != 2 || *rows.begin() != *rows.rbegin()) ++mixtures;
    }
    writer.join();
    CHECK(mixtures == 0);
    CHECK(log_rows(folder.path()) == Rows{"40", "40"});
    // Read back through a checkpoint.
    CHECK(read_log(*log_of(folder.path()))->version == 41);
}

TEST_CASE("of several writers at once no rows are lost, and readers lose none that they saw") {
    const TemporaryFolder folder;
    constexpr int kWriters = 3;
    constexpr int kWrites = 15;
    std::atomic<int> running{kWriters};
    std::atomic<int> refused{0};
    std::vector<std::thread> threads;
    for (int writer = 0; writer < kWriters; ++writer) {
        threads.emplace_back([&, writer] {
            for (int i = 0; i < kWrites; ++i) {
                const std::string row = std::to_string(writer) + "-" + std::to_string(i);
                const bool is_done = write(folder.path(), {{"month=" + std::to_string(i % 2), row}},
                                           options_of(WriteMode::append))
                                         .has_value();
                refused += is_done ? 0 : 1;
            }
            --running;
        });
    }
    std::atomic<int> lost{0};
    for (int reader = 0; reader < 2; ++reader) {
        threads.emplace_back([&] {
            Rows before;
            while (running > 0) {
                const auto snapshot = read_snapshot(folder.path());
                if (!snapshot) continue;  // there is no table yet
                Rows rows;
                for (const auto& path : snapshot->paths) rows.insert(content_of(path));
                const bool has_all =
                    std::includes(rows.begin(), rows.end(), before.begin(), before.end());
                lost += has_all && rows.count("") == 0 ? 0 : 1;
                before = std::move(rows);
            }
        });
    }
    for (auto& thread : threads) thread.join();
    CHECK(refused == 0);
    CHECK(lost == 0);
    CHECK(log_rows(folder.path()).size() == kWriters * kWrites);
    CHECK(glob_rows(folder.path()) == log_rows(folder.path()));
}

TEST_CASE("what a dead writer was putting into the log goes with the next write") {
    const TemporaryFolder folder;
    REQUIRE(write(folder.path(), {{"month=1", "a"}}, options_of(WriteMode::append)));
    std::ofstream(log_folder(folder.path()) / "00000000000000000002.json.tmp-4711") << "{";
    CHECK(log_rows(folder.path()) == Rows{"a"});
    REQUIRE(write(folder.path(), {{"month=1", "b"}}, options_of(WriteMode::append)));
    CHECK(files_below(log_folder(folder.path()))->size() == 2);
}

TEST_CASE("a table whose file is gone says which, and how to go on") {
    const TemporaryFolder folder;
    REQUIRE(write(folder.path(), {{"month=1", "a"}}, options_of(WriteMode::append)));
    fs::remove_all(folder.path() / "month=1");
    CHECK(log_rows(folder.path()) == Rows{"a"});  // its second name is there
    fs::remove_all(folder.path() / "_stepwell/files");
    const auto snapshot = read_snapshot(folder.path());
    REQUIRE(!snapshot);
    CHECK(snapshot.error().code == "E_NOT_FOUND");
    CHECK(snapshot.error().message.find("month=1/part-") != std::string::npos);
}

TEST_CASE("what a power failure took of the second names, the next reader does without") {
    const TemporaryFolder folder;
    const fs::path& root = folder.path();
    REQUIRE(write(root, {{"month=1", "a"}, {"month=2", "b"}}, options_of(WriteMode::append)));
    auto options = options_of(WriteMode::overwrite_partitions);
    options.fault_hook = [&](std::string_view point) -> DataResult<void> {
        if (point != "committed") return {};
        fs::remove_all(root / "_stepwell/files");
        return data::data_fail("E_INTERNAL", "power failure");
    };
    CHECK(!write(root, {{"month=1", "c"}}, options));
    CHECK(log_rows(root) == Rows{"b", "c"});
    CHECK(glob_rows(root) == Rows{"b", "c"});
}

}  // namespace stepwell::test

// What many executions cost that sleep, or that have ended.
#include <algorithm>

#include "engine/runtime/read/reader.hpp"
#include "tests/bench/rig.hpp"

namespace stepwell::bench {
namespace {

constexpr const char* kSleep =
    R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":86400,"End":true}}})";

void make_sleepers(const std::filesystem::path& folder, std::uint64_t count) {
    {
        Rig rig(folder);
        rig.put("sleep", kSleep);
        rig.start("sleep");
    }
    multiply_execution(folder, count);
}

void measure_sleepers(std::uint64_t count, double goal) {
    test::TemporaryFolder folder;
    make_sleepers(folder.path(), count);
    const std::size_t before = resident_bytes();
    const Stopwatch watch;
    Rig rig(folder.path());
    rig.start("sleep");
    const double seconds = watch.seconds();
    const std::string what = std::to_string(count) + " sleeping executions";
    print({"restart with " + what + ", until it answers", seconds, "s", goal, false, ""});
    if (count < 100'000) return;
    print({"memory for each of " + what,
           static_cast<double>(resident_bytes() - before) / static_cast<double>(count), "bytes",
           150, false, "with SQLite's page cache"});
}

void measure_sleepers_started_here(bool is_quick) {
    test::TemporaryFolder folder;
    Rig rig(folder.path());
    rig.put("sleep", kSleep);
    const int warm_up = is_quick ? 90'000 : 300'000;
    rig.only_start("sleep", warm_up);  // fills the caches, which have bounds
    const int count = is_quick ? 20'000 : 200'000;
    const std::size_t before = resident_bytes();
    const double seconds = rig.only_start("sleep", count);
    print({"durable starts/s of executions that sleep", count / seconds, "1/s", {}, true, ""});
    print({"memory for each execution that went to sleep",
           (static_cast<double>(resident_bytes()) - static_cast<double>(before)) / count, "bytes",
           150, false, std::to_string(count) + " more, on top of " + std::to_string(warm_up)});
}

struct Closed {
    double starts_per_second = 0;
    double list_ms = 0;
    double failed_ms = 0;
};

double median_ms(const std::function<void()>& work) {
    std::vector<double> times;
    for (int i = 0; i < 51; ++i) {
        const Stopwatch watch;
        work();
        times.push_back(watch.seconds() * 1'000);
    }
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
}

Closed measure_closed(std::uint64_t count, int starts) {
    test::TemporaryFolder folder;
    {
        Rig rig(folder.path());
        rig.put("five", chain_of(5, R"("Type":"Pass")"));
        rig.run("five", 1);
    }
    multiply_execution(folder.path(), count);
    Rig rig(folder.path());
    rig.only_start("five", starts / 4);
    Closed closed;
    closed.starts_per_second = starts / rig.only_start("five", starts);
    const auto reader = must(runtime::Reader::open(folder.path()));
    runtime::ListQuery query;
    query.workflow = "five";
    closed.list_ms = median_ms([&] { must(reader->list(query)); });
    query.status = core::Status::failed;
    closed.failed_ms = median_ms([&] { must(reader->list(query)); });
    return closed;
}

void measure_full_database(bool is_quick) {
    const std::uint64_t count = is_quick ? 100'000 : 1'000'000;
    const int starts = is_quick ? 5'000 : 200'000;
    const Closed empty = measure_closed(200, starts);
    const Closed full = measure_closed(count, starts);
    const std::string with = ", with " + std::to_string(count) + " closed ones against none";
    print({"durable starts/s of five states, empty database",
           empty.starts_per_second,
           "1/s",
           {},
           true,
           ""});
    print({"starts: times slower" + with, empty.starts_per_second / full.starts_per_second, "x",
           1.5, false, ""});
    print({"listing a workflow's newest 100: times slower" + with, full.list_ms / empty.list_ms,
           "x", 1.5, false, std::to_string(full.list_ms) + " ms"});
    print({"listing its failed ones", full.failed_ms, "ms", {}, false, "there are none"});
}

}  // namespace

void measure_restart(bool is_quick) {
    measure_sleepers(10'000, 0.3);
    measure_sleepers(is_quick ? 100'000 : 1'000'000, 4);
    measure_sleepers_started_here(is_quick);
    measure_full_database(is_quick);
}

}  // namespace stepwell::bench

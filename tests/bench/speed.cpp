// Throughput and latency of small runs.
#include <algorithm>

#include "tests/bench/rig.hpp"

namespace stepwell::bench {
namespace {

constexpr const char* kPassState = R"("Type":"Pass")";
constexpr const char* kTaskState = R"("Type":"Task","Resource":"stepwell:bench")";

void measure_runs(Rig& rig, bool is_quick) {
    const int count = is_quick ? 2'000 : 20'000;
    rig.put("chain", chain_of(100, kPassState));
    rig.run("chain", count / 100);
    print({"durable transitions/s, states that need nothing from outside",
           100.0 * count / 5 / rig.run("chain", count / 5), "1/s", 60'000, true,
           "runs of 100 Pass states"});
    rig.put("tasks-20", chain_of(20, kTaskState));
    print({"durable transitions/s, a decision each",
           20.0 * count / 5 / rig.run("tasks-20", count / 5),
           "1/s",
           {},
           true,
           "runs of 20 tasks that answer at once"});
    rig.put("five", chain_of(5, kPassState));
    print({"runs/s of five states", count / rig.run("five", count), "1/s", 10'000, true, ""});
    rig.put("tasks-5", chain_of(5, kTaskState));
    print({"runs/s of five tasks in the process",
           count / 2 / rig.run("tasks-5", count / 2),
           "1/s",
           {},
           true,
           "tasks that answer at once"});
}

void measure_latency(Rig& rig, bool is_quick) {
    rig.put("three", chain_of(3, kTaskState));
    std::vector<double> times;
    for (int i = 0; i < (is_quick ? 200 : 2'000); ++i) {
        const Stopwatch watch;
        must(rig.engine().closed_future(rig.start("three").id).get());
        times.push_back(watch.seconds() * 1'000);
    }
    std::sort(times.begin(), times.end());
    print({"latency of a run of three tasks at low load, p50", times[times.size() / 2], "ms", 2,
           false, "four commits"});
    print({"latency of a run of three tasks at low load, p99", times[times.size() * 99 / 100], "ms",
           10, false, ""});
}

}  // namespace

void measure_speed(bool is_quick) {
    test::TemporaryFolder folder;
    Rig rig(folder.path());
    measure_runs(rig, is_quick);
    measure_latency(rig, is_quick);
}

}  // namespace stepwell::bench

// Whether big executions cost more for each of their steps than small ones: ratios of one run.
// Times are measured on SQLite; bytes are what the journal is given, counted in memory.
#include <algorithm>

#include "engine/journal/memory_journal.hpp"
#include "tests/bench/rig.hpp"

namespace stepwell::bench {
namespace {

struct Cost {
    double microseconds = 0;
    double bytes = 0;
};

double bytes_of_run(const std::string& definition, const std::string& input) {
    auto disk = std::make_shared<journal::MemoryDisk>();
    journal::MemoryJournal journal(disk);
    runtime::Engine engine({}, journal, runtime::system_clock());
    InstantRunner runner;
    runner.set_sink(engine);
    must(engine.start(runner, runtime::Engine::Threading::manual));
    runtime::WorkflowSpec spec;
    spec.name = "w";
    spec.definition = definition;
    engine.put_workflow(spec, [](const auto& status) { must(status); });
    runtime::StartRequest request;
    request.workflow = "w";
    request.input = Payload::trusted(input);
    engine.start_execution(request, [](const auto& started) { must(started); });
    while (engine.step()) {
    }
    return static_cast<double>(disk->bytes_written());
}

/// Of one of `steps` steps; the best of three, as other work on the machine only adds.
Cost cost_of(const std::string& definition, const std::string& input, double steps, int repeats) {
    test::TemporaryFolder folder;
    Rig rig(folder.path());
    rig.put("w", definition);
    double best = 1e9;
    for (int i = 0; i < 3; ++i) best = std::min(best, rig.run("w", repeats, 1, input) / repeats);
    return {best / steps * 1e6, bytes_of_run(definition, input) / steps};
}

void print_growth(const std::string& what, const Cost& small, const Cost& large) {
    print(
        {"time per " + what, large.microseconds / small.microseconds, "x", 1.5, false,
         std::to_string(large.microseconds) + " us against " + std::to_string(small.microseconds)});
    print({"bytes per " + what, large.bytes / small.bytes, "x", 1.5, false,
           std::to_string(large.bytes) + " against " + std::to_string(small.bytes)});
}

std::string array_of(int count) {
    std::string text = "[0";
    for (int i = 1; i < count; ++i) text += "," + std::to_string(i);
    return text + "]";
}

void measure_map(bool is_quick, const std::string& state, const std::string& name) {
    const std::string definition =
        R"({"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":)" +
        chain_of(1, state) + "}}}";
    const int large = is_quick ? 2'000 : 10'000;
    print_growth("item of a Map of " + std::to_string(large) + " against 100, " + name,
                 cost_of(definition, array_of(100), 100, 20),
                 cost_of(definition, array_of(large), large, 1));
}

void measure_chain(bool is_quick) {
    // A loop that counts: three transitions a round.
    const std::string definition =
        R"j({"StartAt":"Add","States":{"Add":{"Type":"Pass","Parameters":)j"
        R"j({"n.$":"States.MathAdd($.n,-1)"},"Next":"Enough"},)j"
        R"j("Enough":{"Type":"Choice","Choices":)j"
        R"j([{"Variable":"$.n","NumericGreaterThan":0,"Next":"Add"}],"Default":"End"},)j"
        R"j("End":{"Type":"Succeed"}}})j";
    const int large = is_quick ? 2'000 : 10'000;
    const auto input = [](int rounds) { return R"({"n":)" + std::to_string(rounds) + "}"; };
    print_growth("transition of a chain of " + std::to_string(2 * large) + " against 100",
                 cost_of(definition, input(50), 100, 20),
                 cost_of(definition, input(large), 2 * large, 1));
}

void measure_payload(bool is_quick) {
    const std::string definition = chain_of(10, R"("Type":"Task","Resource":"stepwell:bench")");
    const double bytes = 250'000;
    const std::string large =
        "{\"x\":\"" + std::string(static_cast<std::size_t>(bytes), 'x') + "\"}";
    const Cost of_small = cost_of(definition, R"({"x":1})", 10, 50);
    const Cost of_large = cost_of(definition, large, 10, is_quick ? 2 : 10);
    // Five events of a task's transition show the payload: entered, scheduled, succeeded, exited
    // and, of the execution, the first and the last.
    print({"bytes written per payload byte and transition, payloads of 250 kB",
           (of_large.bytes - of_small.bytes) / bytes, "x", 4, false,
           "four events of each transition show it"});
    print({"time per transition with 250 kB",
           of_large.microseconds,
           "us",
           {},
           false,
           std::to_string(of_small.microseconds) + " us with 7 bytes"});
    print({"payload throughput",
           bytes / of_large.microseconds,
           "MB/s",
           {},
           true,
           "durable, one run at a time"});
}

}  // namespace

void measure_growth(bool is_quick) {
    measure_map(is_quick, R"("Type":"Pass")", "of Pass states");
    measure_map(is_quick, R"("Type":"Task","Resource":"stepwell:bench")", "of tasks");
    measure_chain(is_quick);
    measure_payload(is_quick);
}

}  // namespace stepwell::bench

// How long a start waits while two runs of the heaviest kind are under way: one that is asked for
// just after a turn of the engine has begun waits for the rest of that turn, and for the one that
// answers it. Counted in time of the processor, so that other programs on the machine do not
// matter.
#include <time.h>

#include <algorithm>
#include <fstream>
#include <iostream>

#include "tests/bench/rig.hpp"

namespace stepwell::bench {
namespace {

/// Of the fifty that a start may wait; the disk and the way there and back have the rest.
constexpr double kGoalMs = 35;
constexpr int kRunsAtOnce = 2;
constexpr int kRunsMax = 4;
constexpr int kTurnsMax = 400;
const char* const kSmall = "small";

/// Of this thread.
double processor_ms() {
    timespec spent{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
    return static_cast<double>(spent.tv_sec) * 1e3 + static_cast<double>(spent.tv_nsec) / 1e6;
}

/// Two turns, one after the other.
struct Wait {
    double processor_ms = 0;
    double wall_ms = 0;
    int turn = 0;  // the number of the second one
};

class Turns {
public:
    explicit Turns(const std::filesystem::path& folder)
        : journal_(must(journal::SqliteJournal::open(
              folder, 7, journal::SqliteJournal::Checkpointing::by_own_thread))),
          engine_({}, *journal_, runtime::system_clock()) {
        runner_.set_sink(engine_);
        engine_.on_failure(give_up);
        must(engine_.start(runner_, runtime::Engine::Threading::manual));
        put(kSmall, chain_of(1, R"("Type":"Pass")"));
    }

    void measure(const std::string& name, const std::string& definition, const std::string& input) {
        const std::string workflow = "heavy-" + std::to_string(++cases_);
        put(workflow, definition);
        longest_ = {};
        last_ = {};
        open_ = 0;
        begun_ = 0;
        const Payload payload = must(Payload::from_text(input));
        int turns = 0;
        for (bool has_work = true; turns < kTurnsMax && (has_work || open_ > 0);) {
            while (open_ < kRunsAtOnce && begun_ < kRunsMax) begin(workflow, payload);
            if (open_ > 0) ask();
            has_work = turn(turns);
            if (has_work) ++turns;
        }
        print({"a start beside " + name + ", two turns", longest_.processor_ms, "ms", kGoalMs,
               false,
               "with their commits " + std::to_string(longest_.wall_ms) + " ms, number " +
                   std::to_string(longest_.turn) + " of " + std::to_string(turns)});
        stop_all();
    }

private:
    void put(const std::string& name, const std::string& definition) {
        runtime::WorkflowSpec spec;
        spec.name = name;
        spec.definition = definition;
        engine_.put_workflow(spec, [](const auto& done) { must(done); });
        while (engine_.step()) continue;
    }

    void ask() {
        runtime::StartRequest request;
        request.workflow = kSmall;
        engine_.start_execution(request, [](const auto& started) { must(started); });
    }

    void begin(const std::string& workflow, const Payload& input) {
        runtime::StartRequest request;
        request.workflow = workflow;
        request.input = input;
        ++open_;
        ++begun_;
        engine_.start_execution(request, [this](const Result<runtime::Started>& started) {
            const ExecutionId id = must(started).id;
            ids_.push_back(id);
            engine_.when_closed(id, [this](const Result<runtime::Closed>&) { --open_; });
        });
    }

    bool turn(int number) {
        const double before = processor_ms();
        const Stopwatch watch;
        if (!engine_.step()) return false;
        const Wait now{processor_ms() - before, watch.seconds() * 1e3, number};
        const double both = last_.processor_ms + now.processor_ms;
        if (both > longest_.processor_ms) longest_ = {both, last_.wall_ms + now.wall_ms, number};
        last_ = now;
        return true;
    }

    void stop_all() {
        for (const ExecutionId id : ids_) engine_.stop_execution(id, {}, [](const auto&) {});
        ids_.clear();
        while (engine_.step()) continue;
    }

    std::unique_ptr<journal::SqliteJournal> journal_;
    InstantRunner runner_;
    runtime::Engine engine_;
    Wait last_;
    Wait longest_;
    std::vector<ExecutionId> ids_;
    int cases_ = 0;
    int open_ = 0;
    int begun_ = 0;
};

}  // namespace

void measure_turns(std::istream& cases, const std::string& only) {
    test::TemporaryFolder folder;
    Turns turns(folder.path());
    for (std::string line; std::getline(cases, line);) {
        const Json one = must(parse_json(line));
        const std::string name = one["name"];
        if (name.find(only) == name.npos) continue;
        turns.measure(name, to_text(one["definition"]), to_text(one["input"]));
    }
}

}  // namespace stepwell::bench

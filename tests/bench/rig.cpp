#include "tests/bench/rig.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "engine/base/json.hpp"
#include "engine/journal/sqlite.hpp"

namespace stepwell::bench {

void print(const Figure& figure) {
    Json line{{"name", figure.name}, {"value", figure.value}, {"unit", figure.unit}};
    if (figure.goal) line["goal"] = *figure.goal;
    line["more_is_better"] = figure.more_is_better;
    line["note"] = figure.note;
    std::puts(to_text(line).c_str());
    std::fflush(stdout);
}

void give_up(const Error& error) {
    std::fprintf(stderr, "engine_bench: %s\n", error.message.c_str());
    std::exit(1);
}

Rig::Rig(const std::filesystem::path& folder)
    : journal_(must(journal::SqliteJournal::open(
          folder, 7, journal::SqliteJournal::Checkpointing::by_own_thread))),
      engine_({}, *journal_, runtime::system_clock()) {
    runner_.set_sink(engine_);
    engine_.on_failure(give_up);
    must(engine_.start(runner_));
}

void Rig::put(const std::string& name, const std::string& definition) {
    runtime::WorkflowSpec spec;
    spec.name = name;
    spec.definition = definition;
    must(engine_.put_workflow_now(spec));
}

runtime::Started Rig::start(const std::string& workflow, const std::string& input) {
    runtime::StartRequest request;
    request.workflow = workflow;
    request.input = Payload::trusted(input);
    return must(engine_.start_execution_now(request));
}

double Rig::repeat(int count, int in_flight_max,
                   const std::function<void(std::function<void()> done)>& begin) {
    std::mutex mutex;
    std::condition_variable is_moved;
    int in_flight = 0;
    const auto done = [&] {
        const std::lock_guard lock(mutex);
        --in_flight;
        is_moved.notify_one();
    };
    const Stopwatch watch;
    for (int i = 0; i < count; ++i) {
        {
            std::unique_lock lock(mutex);
            is_moved.wait(lock, [&] { return in_flight < in_flight_max; });
            ++in_flight;
        }
        begin(done);
    }
    std::unique_lock lock(mutex);
    is_moved.wait(lock, [&] { return in_flight == 0; });
    return watch.seconds();
}

double Rig::run(const std::string& workflow, int count, int in_flight_max,
                const std::string& input) {
    runtime::StartRequest request;
    request.workflow = workflow;
    request.input = Payload::trusted(input);
    return repeat(count, in_flight_max, [&](const std::function<void()>& done) {
        engine_.start_execution(request, [this, done](const Result<runtime::Started>& started) {
            engine_.when_closed(must(started).id, [done](const Result<runtime::Closed>& closed) {
                must(closed);
                done();
            });
        });
    });
}

double Rig::only_start(const std::string& workflow, int count, int in_flight_max) {
    runtime::StartRequest request;
    request.workflow = workflow;
    return repeat(count, in_flight_max, [&](const std::function<void()>& done) {
        engine_.start_execution(request, [done](const Result<runtime::Started>& started) {
            must(started);
            done();
        });
    });
}

void multiply_execution(const std::filesystem::path& folder, std::uint64_t count) {
    auto database =
        must(journal::Database::open(folder / "stepwell.db", journal::Database::Mode::read_write));
    const std::string numbers =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
        " WHERE i < " +
        std::to_string(count - 1) + ") ";
    must(database.execute("PRAGMA synchronous = OFF; BEGIN"));
    must(database.execute(
        "INSERT INTO executions(id, workflow, version, name, status, started, stopped, first_chunk,"
        " last_chunk, error, origin, redrives, redriven, principal) " +
        numbers +
        "SELECT id + i, workflow, version, name, status, started, stopped, first_chunk + i,"
        " last_chunk + i, error, origin, redrives, redriven, principal FROM n, (SELECT * FROM "
        "executions "
        "WHERE id = 1)"));
    must(database.execute("INSERT INTO open_executions " + numbers +
                          "SELECT id + i, due + i % 86400, flags, last_chunk + i, head"
                          " FROM n, (SELECT * FROM open_executions WHERE id = 1)"));
    must(database.execute("INSERT INTO history " + numbers +
                          "SELECT id + i, previous, events_before, bytes, execution + i"
                          " FROM n, (SELECT * FROM history WHERE id = 1)"));
    must(database.execute("COMMIT"));
    must(database.scalar("PRAGMA wal_checkpoint(TRUNCATE)"));
}

std::size_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::size_t total = 0;
    std::size_t resident = 0;
    file >> total >> resident;
    constexpr std::size_t kPageBytes = 4096;
    return resident * kPageBytes;
}

std::string chain_of(int count, const std::string& state) {
    std::string states;
    for (int i = 0; i < count; ++i) {
        const bool is_last = i + 1 == count;
        states += (i == 0 ? "\"S" : ",\"S") + std::to_string(i) + "\":{" + state + ",";
        states += is_last ? "\"End\":true}" : "\"Next\":\"S" + std::to_string(i + 1) + "\"}";
    }
    return R"({"StartAt":"S0","States":{)" + states + "}}";
}

}  // namespace stepwell::bench

#include "api/system/metrics.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace stepwell::api {
namespace {

namespace fs = std::filesystem;

using core::EventType;

std::string number_text(double number) {
    std::string text = std::to_string(number);
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
    return text;
}

void describe(std::string& out, const std::string& name, const char* type, const char* help) {
    out += "# HELP " + name + " " + help + "\n# TYPE " + name + " " + type + "\n";
}

void single(std::string& out, const std::string& name, const char* type, const char* help,
            double value) {
    describe(out, name, type, help);
    out += name + " " + number_text(value) + "\n";
}

/// `name="value"`, as the format quotes it.
std::string label(const char* name, const std::string& value) {
    std::string out = std::string(name) + "=\"";
    for (const char c : value) {
        if (c == '\\' || c == '"') out += '\\';
        out += c == '\n' ? ' ' : c;
    }
    return out + "\"";
}

template <class Key>
std::uint64_t& bounded(std::map<Key, std::uint64_t>& counters, const Key& key, const Key& other) {
    const bool is_known = counters.contains(key);
    return counters[is_known || counters.size() < kWorkflowLabelsMax ? key : other];
}

/// Of an event that ends an attempt at a task; null for another.
const char* attempt_outcome(EventType type) {
    switch (type) {
        case EventType::task_succeeded:
        case EventType::lambda_function_succeeded:
        case EventType::activity_succeeded:
            return "succeeded";
        case EventType::task_failed:
        case EventType::lambda_function_failed:
        case EventType::activity_failed:
            return "failed";
        case EventType::task_timed_out:
        case EventType::lambda_function_timed_out:
        case EventType::activity_timed_out:
            return "timed_out";
        default:
            return nullptr;
    }
}

/// Of an event that ends a run; null for another.
const char* run_outcome(EventType type) {
    switch (type) {
        case EventType::execution_succeeded:
            return "succeeded";
        case EventType::execution_failed:
            return "failed";
        case EventType::execution_aborted:
            return "aborted";
        case EventType::execution_timed_out:
            return "timed_out";
        default:
            return nullptr;
    }
}

double resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::uint64_t total = 0;
    std::uint64_t resident = 0;
    file >> total >> resident;
    return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double open_descriptors() {
    std::error_code error;
    double count = 0;
    for (fs::directory_iterator at("/proc/self/fd", error), end; at != end; at.increment(error)) {
        ++count;
    }
    return count;
}

double size_of(const fs::path& path) {
    std::error_code error;
    const auto size = fs::file_size(path, error);
    return error ? 0 : static_cast<double>(size);
}

}  // namespace

Metrics::Metrics(runtime::Engine& engine, const runtime::GateViews& gate, Readers& readers,
                 fs::path data_folder)
    : engine_(engine), gate_(gate), readers_(readers), data_folder_(std::move(data_folder)) {
    runtime::Listener listener;
    listener.events = [this](const core::Execution& execution,
                             const std::vector<core::Event>& events) {
        on_events(execution, events);
    };
    subscription_ = engine_.subscribe(std::move(listener));
}

void Metrics::on_events(const core::Execution& execution, const std::vector<core::Event>& events) {
    const std::string& workflow = execution.facts().workflow_name;
    const std::lock_guard lock(mutex_);
    for (const core::Event& event : events) {
        if (event.type == EventType::execution_started) {
            ++bounded(started_, workflow, std::string("other"));
        } else if (const char* outcome = run_outcome(event.type)) {
            ++bounded(ended_, {workflow, outcome}, {std::string("other"), std::string(outcome)});
        } else if (const char* attempt = attempt_outcome(event.type)) {
            ++attempts_[attempt];
        }
    }
}

void Metrics::count(const Exchange& exchange) {
    const std::string name =
        exchange.route ? exchange.route->method + " " + exchange.route->pattern : "none";
    const auto seconds = static_cast<double>(exchange.time.count()) / 1'000;
    std::size_t bucket = 0;
    while (bucket < kBounds.size() && seconds > kBounds.at(bucket)) ++bucket;
    const std::lock_guard lock(mutex_);
    Route& route = routes_[name];
    ++route.by_status[exchange.status];
    ++route.buckets.at(bucket);
    route.milliseconds += static_cast<std::uint64_t>(exchange.time.count());
}

std::string Metrics::text() const {
    std::string out;
    write_engine(out);
    write_pools(out);
    write_process(out);
    const std::lock_guard lock(mutex_);
    write_runs(out);
    write_http(out);
    return out;
}

void Metrics::write_runs(std::string& out) const {
    describe(out, "stepwell_runs_started_total", "counter", "Runs that were started.");
    for (const auto& [workflow, count] : started_) {
        out += "stepwell_runs_started_total{" + label("workflow", workflow) + "} " +
               std::to_string(count) + "\n";
    }
    describe(out, "stepwell_runs_ended_total", "counter", "Runs that ended, by how.");
    for (const auto& [key, count] : ended_) {
        out += "stepwell_runs_ended_total{" + label("workflow", key.first) + "," +
               label("status", key.second) + "} " + std::to_string(count) + "\n";
    }
    describe(out, "stepwell_task_attempts_total", "counter", "Attempts at tasks that ended.");
    for (const auto& [outcome, count] : attempts_) {
        out += "stepwell_task_attempts_total{" + label("outcome", outcome) + "} " +
               std::to_string(count) + "\n";
    }
}

void Metrics::write_http(std::string& out) const {
    describe(out, "stepwell_http_requests_total", "counter", "Requests, by route and status.");
    for (const auto& [name, route] : routes_) {
        for (const auto& [status, count] : route.by_status) {
            out += "stepwell_http_requests_total{" + label("route", name) + "," +
                   label("status", std::to_string(status)) + "} " + std::to_string(count) + "\n";
        }
    }
    const std::string name = "stepwell_http_request_seconds";
    describe(out, name, "histogram", "From the whole request to its answer.");
    for (const auto& [route_name, route] : routes_) {
        const std::string labels = label("route", route_name);
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < kBounds.size(); ++i) {
            sum += route.buckets.at(i);
            out += name + "_bucket{" + labels + "," + label("le", number_text(kBounds.at(i))) +
                   "} " + std::to_string(sum) + "\n";
        }
        sum += route.buckets.back();
        out += name + "_bucket{" + labels + ",le=\"+Inf\"} " + std::to_string(sum) + "\n";
        out += name + "_sum{" + labels + "} " +
               number_text(static_cast<double>(route.milliseconds) / 1'000) + "\n";
        out += name + "_count{" + labels + "} " + std::to_string(sum) + "\n";
    }
}

/// Of no runs there is no oldest one: then its line is left out.
void Metrics::write_open_runs(std::string& out,
                              const runtime::Engine::Statistics& statistics) const {
    describe(out, "stepwell_runs_open", "gauge", "Runs that have not ended, by whether they can.");
    const std::size_t quarantined = std::min(statistics.quarantined, statistics.open_runs);
    const auto row = [&](const char* status, std::size_t count) {
        out +=
            "stepwell_runs_open{" + label("status", status) + "} " + std::to_string(count) + "\n";
    };
    row("running", statistics.open_runs - quarantined);
    row("quarantined", quarantined);
    auto reader = readers_.take();
    const auto oldest = reader ? (*reader)->oldest_open() : fail(reader.error());
    if (!oldest || !*oldest) return;
    single(out, "stepwell_runs_open_oldest_timestamp_seconds", "gauge",
           "When the oldest run that has not ended began.", to_epoch_seconds(**oldest));
}

void Metrics::write_engine(std::string& out) const {
    const auto statistics = engine_.statistics();
    write_open_runs(out, statistics);
    single(out, "stepwell_engine_inbox_messages", "gauge",
           "Requests and reports that wait for the engine's thread.",
           static_cast<double>(statistics.inbox_messages));
    single(out, "stepwell_accepts_starts", "gauge",
           "0 while the journal's disk is nearly full and starts are refused.",
           statistics.has_room ? 1 : 0);
    single(out, "stepwell_engine_turns_total", "counter", "Turns of the engine: commits.",
           static_cast<double>(statistics.turns));
    single(out, "stepwell_engine_decisions_total", "counter", "Decisions about runs.",
           static_cast<double>(statistics.decisions));
    single(out, "stepwell_engine_loaded_runs", "gauge", "Open runs that are in memory.",
           static_cast<double>(statistics.loaded_executions));
    single(out, "stepwell_engine_timers", "gauge", "Runs that wait for a time.",
           static_cast<double>(statistics.timers));
    single(out, "stepwell_engine_quarantined_runs", "gauge", "Runs that cannot be decided about.",
           static_cast<double>(statistics.quarantined));
    const std::string name = "stepwell_commit_seconds";
    describe(out, name, "histogram", "What it takes to make a turn durable.");
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < statistics.commits.size(); ++i) {
        sum += statistics.commits.at(i);
        const bool is_last = i == runtime::kCommitBoundsMs.size();
        const std::string bound =
            is_last ? "+Inf" : number_text(runtime::kCommitBoundsMs.at(i) / 1'000);
        out += name + "_bucket{" + label("le", bound) + "} " + std::to_string(sum) + "\n";
    }
    out += name + "_sum " + number_text(static_cast<double>(statistics.commit_micros) / 1e6) + "\n";
    out += name + "_count " + std::to_string(sum) + "\n";
}

void Metrics::write_pools(std::string& out) const {
    const auto pools = gate_.pools();
    const auto row = [&](const char* name, const std::string& pool, std::size_t value) {
        out += std::string(name) + "{" + label("pool", pool) + "} " + std::to_string(value) + "\n";
    };
    describe(out, "stepwell_pool_slots", "gauge", "Slots of a pool.");
    for (const auto& pool : pools) row("stepwell_pool_slots", pool.name, pool.slots);
    describe(out, "stepwell_pool_working", "gauge", "Tasks that hold a slot.");
    for (const auto& pool : pools) row("stepwell_pool_working", pool.name, pool.working.size());
    describe(out, "stepwell_pool_waiting", "gauge", "Tasks that wait for a slot.");
    for (const auto& pool : pools) row("stepwell_pool_waiting", pool.name, pool.waiting_count);
}

void Metrics::write_process(std::string& out) const {
    std::error_code error;
    const auto space = fs::space(data_folder_, error);
    single(out, "stepwell_disk_free_bytes", "gauge",
           "What the disk of the data folder still takes.",
           error ? 0 : static_cast<double>(space.available));
    single(out, "stepwell_database_bytes", "gauge", "Size of stepwell.db.",
           size_of(data_folder_ / "stepwell.db"));
    single(out, "stepwell_database_wal_bytes", "gauge", "Size of its write-ahead log.",
           size_of(data_folder_ / "stepwell.db-wal"));
    single(out, "process_resident_memory_bytes", "gauge", "Resident memory.", resident_bytes());
    single(out, "process_open_fds", "gauge", "Open file descriptors.", open_descriptors());
}

}  // namespace stepwell::api

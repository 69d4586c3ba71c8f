#include "tests/sim/simulation.hpp"

#include <doctest/doctest.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "engine/runtime/activity.hpp"
#include "engine/runtime/loop/head.hpp"
#include "engine/runtime/read/journal_walk.hpp"
#include "engine/runtime/read/reader.hpp"
#include "tests/sim/author.hpp"
#include "tests/sim/hostile.hpp"

namespace stepwell::test {
namespace {

constexpr int kStepsMax = 100'000;
/// Noise ends after so many rounds: then everything must come to its end.
constexpr int kNoisyRounds = 60;
/// Of the triggers at one instant: what they start may let them start more.
constexpr int kTriggerRounds = 3;
/// How far the clock is set back or ahead.
constexpr std::int64_t kClockStepMs = 90LL * 60 * 1'000;

}  // namespace

Simulation::Simulation(Scenario scenario, Faults faults, std::unique_ptr<SimDisk> disk)
    : scenario_(std::move(scenario)),
      faults_(std::move(faults)),
      noise_(faults_.noise.value_or(0)),
      disk_(std::move(disk)),
      clock_(scenario_.seed) {
    for (std::size_t i = 0; i < scenario_.inputs.size(); ++i) {
        clients_.push_back({"run-" + std::to_string(i), Payload::trusted(scenario_.inputs[i])});
    }
    boot();
}

Simulation::~Simulation() = default;

void Simulation::boot() {
    spdlog::set_level(spdlog::level::off);  // each crash is meant
    REQUIRE(++lives_ < 1'000);
    if (neighbours_) neighbours_->leave();
    subscription_.reset();
    engine_.reset();
    neighbours_.reset();
    journal_.reset();
    journal_ = disk_->boot();
    check_disk();
    begun_.clear();
    REQUIRE(journal_->scan_begun(
        "w", [this](ExecutionId id, const std::string&) { begun_.insert(id); }));
    if (next_crash_ < faults_.crashes.size()) {
        const auto& crash = faults_.crashes[next_crash_++];
        disk_->crash_at(crash.commit, crash.cut);
    }
    is_dead_ = false;
    has_workflow_ = false;
    for (Client& client : clients_) client.is_asked = false;
    // Until it is started again.
    for (auto& [token, task] : tasks_) task.is_reported = !task.is_callback;

    runtime::EngineSettings settings;
    settings.limits.transitions_per_turn_max = scenario_.transitions_per_turn_max;
    settings.loaded_executions_max = scenario_.loaded_executions_max;
    engine_ = std::make_unique<runtime::Engine>(settings, *journal_, clock_);
    engine_->on_failure([this](const Error&) { is_dead_ = true; });
    runtime::Listener listener;
    listener.events = [this](const core::Execution& execution, const auto& events) {
        hear(execution.id(), events);
    };
    subscription_ = engine_->subscribe(std::move(listener));
    REQUIRE(engine_->start(runner(), runtime::Engine::Threading::manual));
    if (neighbours_) neighbours_->open_triggers(*engine_);
}

/// A run that ends gives its place back, and one that is redriven has to take one again.
void Simulation::hear(ExecutionId id, const std::vector<core::Event>& events) {
    const bool is_taken_up = events.front().type == core::EventType::execution_redriven;
    if (is_taken_up) kinds_[id] = Coverage::kinds_after(events_of(id));
    Coverage::all().add(events, kinds_[id]);
    const bool is_over = std::any_of(events.begin(), events.end(), [](const core::Event& event) {
        return event.type >= core::EventType::execution_succeeded &&
               event.type <= core::EventType::execution_redriven;
    });
    if (is_over) begun_.erase(id);
}

/// Who the engine hands tasks to: the gate in front of this, where there is
/// one.
runtime::TaskRunner& Simulation::runner() {
    if (!scenario_.surroundings) return *this;
    runtime::TaskRunner& tasks = *this;
    neighbours_ = std::make_unique<Neighbours>(*scenario_.surroundings, *disk_, clock_, tasks);
    return neighbours_->join(*engine_);
}

void Simulation::run() {
    for (int i = 0; i < kStepsMax; ++i) {
        settle();
        ask();
        if (faults_.noise && i < kNoisyRounds) {
            make_noise();
        } else if (!is_calm_) {
            calm_down();
            continue;
        }
        // What the noise did may have ended this life.
        if (is_dead_ || report_next()) continue;
        if (pass_time() || redrive_some()) continue;
        check_end();
        return;
    }
    FAIL("the simulation does not come to an end");
}

/// Turns until nothing is left to do at this instant, through as many lives as
/// that takes.
void Simulation::settle() {
    do {
        if (is_dead_) boot();
        if (!has_workflow_) put_workflows();
        turn();
        if (!neighbours_) continue;
        for (int round = 0; round < kTriggerRounds && !is_dead_; ++round) {
            neighbours_->tick();
            turn();
        }
    } while (is_dead_);
}

void Simulation::turn() {
    while (!is_dead_ && (engine_->step() || engine_->statistics().is_stalled)) {
        // Faults of the disk pass; the time that this takes is in nobody's history.
        if (engine_->statistics().is_stalled) clock_.wait(std::chrono::milliseconds(100));
    }
}

void Simulation::put_workflows() {
    put_activity();
    if (!scenario_.child.empty()) put_workflow(Author::kChildName, scenario_.child);
    put_workflow("w", scenario_.definition);
}

void Simulation::put_activity() {
    runtime::Writes writes;
    writes.documents.push_back({std::string(runtime::kActivities), Author::kActivity, "{}"});
    engine_->write(std::move(writes), nullptr);
}

void Simulation::put_workflow(const std::string& name, const std::string& definition) {
    runtime::WorkflowSpec spec;
    spec.name = name;
    spec.definition = definition;
    if (neighbours_ && name == "w") spec.settings = neighbours_->settings(!is_calm_);
    engine_->put_workflow(spec, [this](const auto& status) {
        INFO((status ? std::string() : status.error().message));
        REQUIRE((status || status.error().code == ErrorCode::io));
        has_workflow_ = status.has_value();
    });
}

/// The noise is over: what would never end by itself is switched off.
void Simulation::calm_down() {
    is_calm_ = true;
    if (neighbours_) has_workflow_ = false;
}

/// One start at a time, or all at once; a client that got no answer asks again
/// in the next life.
void Simulation::ask() {
    for (Client& client : clients_) {
        if (scenario_.is_bursty && !client.is_answered) post_start(client);
    }
    if (scenario_.is_bursty) settle();
    for (Client& client : clients_) {
        while (!client.is_answered) {
            post_start(client);
            settle();
        }
    }
}

void Simulation::post_start(Client& client) {
    runtime::StartRequest request;
    request.workflow = "w";
    request.name = client.name;
    request.input = client.input;
    request.adopts_existing = true;
    engine_->start_execution(request, [&client](const auto& started) {
        client.is_answered = client.is_answered || started.has_value();
        if (started) client.id = started->id;
    });
}

/// False where all have ended well, or were redriven often enough.
bool Simulation::redrive_some() {
    bool any = false;
    for (Client& client : clients_) {
        if (client.redrives == scenario_.redrives) continue;
        const auto row = *journal_->execution(client.id);
        const bool is_forgotten = !row;
        SW_ASSERT(!is_forgotten || scenario_.surroundings);
        if (is_forgotten || row->status == core::Status::succeeded) continue;
        any = true;
        // With noise, another one may have redriven it while this redrove the one
        // before.
        REQUIRE((row->status != core::Status::running || faults_.noise));
        if (row->status != core::Status::running) redrive(client);
    }
    return any;
}

/// As ask(): a repetition of what was answered to nobody must not redrive
/// again.
void Simulation::redrive(Client& client) {
    ++client.redrives;
    bool is_answered = false;
    while (!is_answered) {
        runtime::RedriveRequest request;
        request.id = client.id;
        request.client_token = client.name + "-" + std::to_string(client.redrives);
        engine_->redrive_execution(request, [&](const auto& redriven) {
            // With noise, another one may have redriven it first.
            const bool is_refused = !redriven && redriven.error().code == ErrorCode::conflict;
            const bool is_forgotten = !redriven && redriven.error().code == ErrorCode::not_found;
            is_answered = redriven || (faults_.noise && (is_refused || is_forgotten));
            if (!faults_.noise && redriven) {
                CHECK(redriven->count == static_cast<std::uint32_t>(client.redrives));
            }
        });
        settle();
    }
}

/// By its name: a crash may change the order in which executions start others, and so their ids.
Prng Simulation::chance_of(const runtime::TaskRequest& request) const {
    TaskToken token = request.token;
    token.execution = ExecutionId{std::hash<std::string>()(request.execution_name)};
    Prng random(scenario_.seed * 1'000'003 + std::hash<TaskToken>()(token));
    random.next();
    return random;
}

/// Whether the journal knows that the attempt was begun. Looks at the newest
/// chunks first, as that is where it should be.
bool Simulation::is_journaled(const TaskToken& token) {
    const auto reader = disk_->reader();
    journal::JournalReader& disk = *reader;
    const auto row = *disk.execution(token.execution);
    if (!row) return false;
    for (journal::ChunkId at = row->last_chunk; at != journal::kNoChunk;) {
        const auto events = runtime::events_of(disk, at);
        REQUIRE(events);
        for (const core::Event& event : *events) {
            const auto* scheduled = std::get_if<core::ScheduledInfo>(&event.details);
            const bool is_it = scheduled && event.frame == token.frame;
            if (is_it && scheduled->attempt == token.attempt) return true;
        }
        at = (*disk.chunk_link(at))->previous;
    }
    return false;
}

void Simulation::start(runtime::TaskRequest request) {
    CHECK(is_journaled(request.token));
    if (runtime::is_for_worker(request.resource)) return offer(request);
    Prng random = chance_of(request);
    const Duration work(3 + 10 * static_cast<std::int64_t>(random.below(300)));
    // A task that an earlier life began ends when it would have ended.
    const auto [task, is_new] =
        tasks_.try_emplace(request.token, Task{clock_.now() + work, random});
    // A token names one attempt, for ever.
    CHECK((known_.insert(request.token).second || request.is_restarted));
    task->second.is_reported = false;
    if (is_new) past_.push_back(request.token);
    task->second.is_callback = request.resource.ends_with(".waitForTaskToken");
    if (task->second.is_callback) engine_->submitted(request.token, Payload());
    if (request.workflow_name == "w") begun_.insert(request.token.execution);
    check_places();
}

/// A worker waits already, and ends what he has, whatever becomes of the daemon: also where it
/// dies between writing that down and telling him. Told so, he is the only one.
void Simulation::offer(const runtime::TaskRequest& request) {
    if (request.workflow_name == "w") begun_.insert(request.token.execution);
    check_places();
    Prng random = chance_of(request);
    const Duration work(3 + 10 * static_cast<std::int64_t>(random.below(300)));
    const TaskToken token = request.token;
    const Task task{clock_.now() + work, random, false, true};
    if (tasks_.insert_or_assign(token, task).second) past_.push_back(token);
    engine_->pick_up(token, "worker", [this, token](const Result<Payload>& input) {
        if (input) CHECK(known_.insert(token).second);
    });
}

/// A run holds its place until it ends, whatever its tasks do.
void Simulation::check_places() {
    if (!neighbours_ || neighbours_->surroundings().concurrency == 0) return;
    CHECK(begun_.size() <= neighbours_->surroundings().concurrency);
}

void Simulation::cancel(const TaskToken& token) {
    tasks_.erase(token);
}

void Simulation::report(const TaskToken& token, Prng& random) {
    switch (random.below(5)) {
        case 0:
            report_end(token, core::TaskFailed{token, "Boom", "because"});
            break;
        case 1:
            report_end(token, core::TaskFailed{token, "States.TaskFailed", std::nullopt});
            break;
        default:
            report_end(token, core::TaskSucceeded{token, scenario_.is_hostile
                                                             ? hostile_payload(random)
                                                             : Payload::trusted("{\"ok\":true}")});
            break;
    }
}

/// Whoever holds a token says it through that door, a runner through its own.
void Simulation::report_end(const TaskToken& token, core::Input said) {
    const auto task = tasks_.find(token);
    if (task != tasks_.end() && task->second.is_callback) {
        engine_->answer_task(std::move(said), nullptr);
    } else if (auto* failed = std::get_if<core::TaskFailed>(&said)) {
        engine_->failed(token, *failed->error, failed->cause);
    } else {
        engine_->succeeded(token, std::get<core::TaskSucceeded>(said).output);
    }
}

/// The first of the tasks that have ended by now tells so; one at a time, so
/// that a crash cannot change their order.
bool Simulation::report_next() {
    for (auto& [token, task] : tasks_) {
        if (task.is_reported || task.ends_at > clock_.now()) continue;
        task.is_reported = true;
        Prng random = task.chance;
        report(token, random);
        return true;
    }
    return false;
}

void Simulation::make_noise() {
    for (std::uint64_t n = noise_.below(3); n > 0 && !past_.empty(); --n) {
        TaskToken token = past_[static_cast<std::size_t>(noise_.below(past_.size()))];
        if (noise_.below(4) == 0) token.attempt += 1;
        if (noise_.below(6) == 0)
            token.frame = FrameId{static_cast<std::uint32_t>(noise_.below(9))};
        switch (noise_.below(7)) {
            case 0:
                engine_->heartbeat(token);
                break;
            case 1:
                engine_->submitted(token, Payload());
                break;
            case 2:
                engine_->succeeded(TaskToken{ExecutionId{77}, {}, 1}, Payload());
                break;
            case 3:
                if (noise_.below(8) == 0) engine_->stop_execution(token.execution, {}, nullptr);
                if (noise_.below(8) == 0) {
                    const auto which = static_cast<std::size_t>(noise_.below(clients_.size()));
                    engine_->stop_execution(clients_[which].id, {}, nullptr);
                }
                break;
            case 4:
                engine_->redrive_execution({token.execution, "", nullptr}, nullptr);
                break;
            default:
                report(token, noise_);
                break;
        }
    }
    if (noise_.below(4) == 0)
        clock_.advance(Duration(static_cast<std::int64_t>(noise_.below(900))));
    if (neighbours_) disturb();
    if (noise_.below(15) == 0) boot();
}

/// What a daemon's neighbours and administrators do to it.
void Simulation::disturb() {
    if (noise_.below(10) == 0) {
        const auto step = static_cast<std::int64_t>(noise_.below(2 * kClockStepMs));
        clock_.advance(Duration(step - kClockStepMs));
    }
    if (noise_.below(8) == 0) burst();
    if (neighbours_->surroundings().runs_kept && noise_.below(12) == 0) {
        neighbours_->forget(*engine_);
    }
}

/// Much at once, without a turn between.
void Simulation::burst() {
    for (std::uint64_t n = 10 + noise_.below(40); n > 0; --n) {
        if (noise_.below(3) == 0) {
            post_start(clients_[static_cast<std::size_t>(noise_.below(clients_.size()))]);
        } else if (!past_.empty()) {
            const auto at = static_cast<std::size_t>(noise_.below(past_.size()));
            if (noise_.below(2) == 0) engine_->heartbeat(past_[at]);
            report(past_[at], noise_);
        }
    }
}

/// On to when something happens; false where nothing will.
bool Simulation::pass_time() {
    std::optional<Timestamp> next = engine_->next_due();
    for (const auto& [token, task] : tasks_) {
        if (!task.is_reported) next = std::min(next.value_or(task.ends_at), task.ends_at);
    }
    // A start that was refused is asked for again by and by, which is nobody's
    // timer.
    if (!next && neighbours_ && neighbours_->starting() > 0) next = clock_.now() + Duration(60'000);
    if (!next) return false;
    clock_.set(std::max(clock_.now(), *next));
    return true;
}

std::vector<core::Event> Simulation::events_of(ExecutionId id) {
    const auto disk = disk_->reader();
    auto events = runtime::Reader(*disk).events(id);
    REQUIRE(events);
    return *std::move(events);
}

/// Replaying the history of an open execution gives what its rows restore to.
void Simulation::check_disk() {
    REQUIRE(journal_->scan_open([&](const journal::OpenSummary& open) {
        auto stored = **journal_->load(open.id);
        auto head = runtime::decode_head(stored.open.head);
        REQUIRE(head);
        std::vector<core::Record> records = stored.records;
        records.insert(records.end(), head->records.begin(), head->records.end());
        const auto restored = core::restore(open.id, head->header, records);
        INFO((restored ? std::string() : restored.error().message));
        REQUIRE(restored);
        core::Execution replayed(open.id);
        const std::vector<core::Event> events = events_of(open.id);
        core::evolve(replayed, events);
        kinds_[open.id] = Coverage::kinds_after(events);
        CHECK(replayed == *restored);
        CHECK(open.due == restored->next_due());
        CHECK(open.has_tasks == restored->has_tasks_in_flight());
        check_waits(*restored, stored.record);
    }));
    if (!scenario_.child.empty()) check_links();
}

std::vector<journal::ExecutionRecord> Simulation::all_runs() {
    journal::ExecutionQuery query;
    query.limit = 100'000;
    const auto rows = journal_->executions(query);
    REQUIRE(rows);
    return *rows;
}

/// An attempt that was told that it has started an execution for whose end it waits does wait for
/// an open one; and who is open, and was started so, is waited for, unless it was redriven.
void Simulation::check_waits(const core::Execution& execution,
                             const journal::ExecutionRecord& row) {
    for (const core::FramePtr& frame : execution.frames()) {
        if (!frame->task || !frame->task->submitted) continue;
        const Json& answer = frame->task->submitted->json();
        if (!answer.is_object() || !answer.contains("ExecutionArn")) continue;
        const auto child = journal_->awaited_by({execution.id(), frame->id, frame->attempt});
        REQUIRE((child && *child));
        const auto awaited = *journal_->execution(**child);
        REQUIRE(awaited);
        CHECK(awaited->status == core::Status::running);
    }
    const bool was_awaited = row.parent && row.parent->depth > 0 && row.redrives == 0;
    if (was_awaited) CHECK_FALSE(journal_->waiting_for(row.id)->empty());
}

/// Each execution that another has started is known to that, and is the only one of its attempt.
void Simulation::check_links() {
    std::set<TaskToken> attempts;
    for (const auto& run : all_runs()) {
        const bool is_item = run.origin == "map";
        CHECK(run.parent.has_value() == (is_item || run.origin == "parent"));
        if (!run.parent || is_item) continue;
        const TaskToken& attempt = run.parent->token;
        CHECK(attempts.insert(attempt).second);
        if (!*journal_->execution(attempt.execution)) continue;  // retention has forgotten it
        bool is_known = false;
        std::uint32_t at = 0;
        for (const core::Event& event : events_of(attempt.execution)) {
            if (event.frame != attempt.frame) continue;
            const auto* scheduled = std::get_if<core::ScheduledInfo>(&event.details);
            if (scheduled) at = scheduled->attempt;
            const bool is_answer = event.type == core::EventType::task_submitted ||
                                   event.type == core::EventType::task_succeeded;
            is_known = is_known || (is_answer && at == attempt.attempt);
        }
        CHECK(is_known);
    }
}

void Simulation::check_end() {
    std::size_t open = 0;
    REQUIRE(journal_->scan_open([&](const journal::OpenSummary&) { ++open; }));
    CHECK(open == 0);
    if (!scenario_.child.empty()) check_links();
    for (const auto& run : all_runs()) CHECK(journal_->waits_of(run.id)->empty());
    check_runs();
}

void Simulation::check_runs() {
    std::vector<runtime::ExecutionSummary> runs;
    auto reader = runtime::Reader(*journal_);
    runtime::ListQuery query;
    query.limit = 1'000;
    do {
        const auto page = reader.list(query);
        REQUIRE(page);
        runs.insert(runs.end(), page->items.begin(), page->items.end());
        query.token = page->next;
    } while (query.token);
    for (const auto& run : runs) CHECK(run.status != core::Status::running);
    const auto is_nested = [](const auto& run) {
        return run.origin == "parent" || run.origin == "map";
    };
    const auto nested = std::count_if(runs.begin(), runs.end(), is_nested);
    if (!neighbours_) CHECK(runs.size() - static_cast<std::size_t>(nested) == clients_.size());
    if (neighbours_) CHECK(neighbours_->gate().workflow("w").holders.empty());
    if (neighbours_) CHECK(neighbours_->gate().workflow("w").waiting_count == 0);
    check_fires(runs);
}

/// However often the daemon died between: one run for a fire.
void Simulation::check_fires(const std::vector<runtime::ExecutionSummary>& runs) {
    std::set<std::string> fires;
    for (const auto& run : runs) {
        if (run.origin != "schedule") continue;
        const auto described = runtime::Reader(*journal_).describe(run.id);
        REQUIRE(described);
        CHECK(fires.insert(described->input.text()).second);
    }
}

std::string Simulation::trace() {
    std::string lines;
    for (const Client& client : clients_) {
        auto reader = runtime::Reader(*journal_);
        const auto id = reader.find("w/" + client.name);
        REQUIRE(id);
        lines += client.name + "\n" + core::trace(events_of(*id));
    }
    std::map<std::string, std::string> nested;  // their names say who they are, their ids do not
    std::multiset<std::string> items;           // of Map Runs: theirs are made of their ids
    for (const auto& run : all_runs()) {
        if (!run.parent) continue;
        const std::string told = core::trace(events_of(run.id));
        if (run.origin == "map") {
            items.insert(told.substr(told.find('\n')));
        } else {
            nested[run.name] = told;
        }
    }
    for (const auto& [name, told] : nested) lines += name + "\n" + told;
    for (const std::string& told : items) lines += "item" + told;
    return lines;
}

}  // namespace stepwell::test

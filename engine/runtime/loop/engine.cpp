#include "engine/runtime/engine.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "engine/runtime/confidentiality.hpp"
#include "engine/runtime/definition_text.hpp"
#include "engine/runtime/listeners.hpp"
#include "engine/runtime/loop/admission.hpp"
#include "engine/runtime/loop/inbox.hpp"
#include "engine/runtime/loop/loop.hpp"

namespace stepwell::runtime {
namespace {

constexpr std::size_t kMessagesPerTurnMax = 2'048;
/// The clock may be set: nobody sleeps longer than this without looking at it.
constexpr Duration kSleepMax{1'000};

Error stopping() {
    return {ErrorCode::unavailable, "expected the engine to take requests, but it is stopping"};
}

template <class T>
struct Waiting {
    std::promise<Result<T>> promise;
};

/// The `_now` forms: makes the request with an answer that fulfils a promise, and waits.
template <class T, class Ask>
Result<T> wait_for(Ask ask) {
    auto waiting = std::make_shared<Waiting<T>>();
    auto future = waiting->promise.get_future();
    ask([waiting](Result<T> result) { waiting->promise.set_value(std::move(result)); });
    return future.get();
}

}  // namespace

class Engine::Impl {
public:
    Impl(EngineSettings settings, journal::Journal& journal, Clock& clock)
        : settings_(std::move(settings)),
          clock_(clock),
          secret_(journal.secret()),
          logs_(settings_.logs_folder, journal.lease().epoch),
          inbox_(settings_.inbox_max),
          loop_(settings_, journal, clock, listeners_, logs_) {
        if (!settings_.logs_folder.empty()) loop_.add_observer(logs_);
    }

    ~Impl() { stop(); }

    Result<void> start(TaskRunner& runner, Threading threading) {
        SW_TRY(loop_.recover());
        loop_.set_runner(runner);
        threading_ = threading;
        if (threading == Threading::own_thread) thread_ = std::thread([this] { run(); });
        return {};
    }

    void stop() {
        inbox_.close();
        if (thread_.joinable()) thread_.join();
    }

    void post(Message message) {
        if (loop_.is_stalled() && std::holds_alternative<Start>(message)) {
            refuse(message, {ErrorCode::unavailable,
                             "expected the journal to take new executions, but for the moment it "
                             "cannot be written; try again later"});
            return;
        }
        const bool is_report = std::holds_alternative<Report>(message);
        const bool is_own = is_own_thread();
        const auto if_full = is_report
                                 ? (is_own ? Inbox::IfFull::take : Inbox::IfFull::wait)
                                 : (is_own ? Inbox::IfFull::refuse_late : Inbox::IfFull::refuse);
        switch (inbox_.post(message, if_full)) {
            case Inbox::Posted::accepted:
                return;
            case Inbox::Posted::closed:
                refuse(message, reason_closed());
                return;
            case Inbox::Posted::full:
                refuse(message, {ErrorCode::unavailable,
                                 "expected fewer than " + std::to_string(settings_.inbox_max) +
                                     " waiting requests, but there are more; try again later"});
                return;
        }
    }

    void report(ExecutionId id, core::Input input) {
        if (settings_.secrets) input = masked(*settings_.secrets, std::move(input));
        post(Report{id, std::move(input), nullptr, false});
    }

    void answer_task(core::Input said, Answer<void> answer) {
        if (settings_.secrets) said = masked(*settings_.secrets, std::move(said));
        const TaskToken* token = core::token_of(said);
        SW_ASSERT(token != nullptr);
        const ExecutionId id = token->execution;
        post(Report{id, std::move(said), std::move(answer), true});
    }

    /// Nothing of a workflow may hold a secret.
    Result<void> check(const std::string& name, const std::optional<std::string>& definition,
                       const std::optional<std::string>& settings) const {
        Confidentiality* secrets = settings_.secrets;
        if (!secrets) return {};
        const std::string place = "workflow '" + name + "': ";
        SW_TRY(secrets->check("the name", name));
        if (definition) SW_TRY(secrets->check(place + "the definition", *definition));
        if (settings) SW_TRY(secrets->check(place + "the settings", *settings));
        return {};
    }

    bool step() {
        SW_ASSERT(threading_ == Threading::manual);
        const auto due = loop_.next_due();
        std::vector<Message> messages;
        if (loop_.takes_messages()) take(messages, Duration::zero());
        if (messages.empty() && (!due || *due > clock_.now())) return false;
        turn(messages);
        return !is_over_;
    }

    EngineSettings settings_;
    Clock& clock_;
    const std::uint64_t secret_;  // of task tokens
    Listeners listeners_;
    TaskLogs logs_;
    Inbox inbox_;
    Loop loop_;
    std::function<void(const Error&)> on_failure_;

private:
    // A manual engine is its caller's thread; it never waits, as nobody else would make room.
    [[nodiscard]] bool is_own_thread() const {
        return threading_ == Threading::manual || std::this_thread::get_id() == thread_id_.load();
    }

    Error reason_closed() {
        const std::lock_guard lock(failure_mutex_);
        return failure_.value_or(stopping());
    }

    void run() {
        thread_id_ = std::this_thread::get_id();
        std::vector<Message> messages;
        while (wait_for_work(messages)) {
            turn(messages);
            if (is_over_) return;
        }
        loop_.fail(stopping());
        refuse_the_rest(stopping());
    }

    /// False where the engine stops, and all that can be done is done.
    bool wait_for_work(std::vector<Message>& messages) {
        if (loop_.takes_messages()) return take(messages, patience()) || loop_.put_off_count() > 0;
        const bool is_closed = inbox_.rest(patience());
        return !(is_closed && loop_.is_stalled());
    }

    /// What the loop has put off counts as taken, and comes before all reports.
    bool take(std::vector<Message>& messages, Duration patience) {
        const std::size_t put_off = loop_.put_off_count();
        const auto reports = put_off > 0 ? Inbox::Reports::leave : Inbox::Reports::take;
        return inbox_.take(messages, kMessagesPerTurnMax - std::min(put_off, kMessagesPerTurnMax),
                           patience, reports);
    }

    void refuse_the_rest(const Error& error) {
        std::vector<Message> left;
        while (inbox_.take(left, kMessagesPerTurnMax, Duration::zero())) {
            for (Message& message : left) refuse(message, error);
            left.clear();
        }
    }

    [[nodiscard]] Duration patience() {
        const auto due = loop_.next_due();
        if (!due) return kSleepMax;
        return std::clamp(*due - clock_.now(), Duration::zero(), kSleepMax);
    }

    void turn(std::vector<Message>& messages) {
        auto done = loop_.turn(messages);
        if (!done) end(done.error());
    }

    /// The journal failed. What the disk holds is for the next process to find out.
    void end(const Error& error) {
        spdlog::critical("the journal failed: {}; the engine is over", error.message);
        is_over_ = true;
        {
            const std::lock_guard lock(failure_mutex_);
            failure_ = error;
        }
        inbox_.close();
        refuse_the_rest(error);
        if (on_failure_) on_failure_(error);
    }

    Threading threading_ = Threading::own_thread;
    std::thread thread_;
    std::atomic<std::thread::id> thread_id_{};
    bool is_over_ = false;
    std::mutex failure_mutex_;
    std::optional<Error> failure_;
};

Engine::Engine(EngineSettings settings, journal::Journal& journal, Clock& clock)
    : impl_(std::make_unique<Impl>(std::move(settings), journal, clock)) {}

Engine::~Engine() = default;

Result<void> Engine::start(TaskRunner& runner, Threading threading) {
    return impl_->start(runner, threading);
}

void Engine::stop() {
    impl_->stop();
}

void Engine::add_observer(WorkObserver& observer) {
    impl_->loop_.add_observer(observer);
}

void Engine::on_failure(std::function<void(const Error&)> callback) {
    impl_->on_failure_ = std::move(callback);
}

void Engine::create_workflow(WorkflowSpec spec, Answer<WorkflowStatus> answer) {
    if (auto checked = impl_->check(spec.name, spec.definition, spec.settings); !checked) {
        return answer(fail(std::move(checked).error()));
    }
    auto definition =
        parse_definition(spec.definition, spec.type == "EXPRESS", impl_->settings_.builtin_tasks);
    if (!definition) return answer(fail(std::move(definition).error()));
    impl_->post(CreateWorkflow{std::move(spec), *definition, CreateWorkflow::Existing::refuse,
                               std::move(answer)});
}

void Engine::put_workflow(WorkflowSpec spec, Answer<WorkflowStatus> answer) {
    if (auto checked = impl_->check(spec.name, spec.definition, spec.settings); !checked) {
        return answer(fail(std::move(checked).error()));
    }
    auto definition =
        parse_definition(spec.definition, spec.type == "EXPRESS", impl_->settings_.builtin_tasks);
    if (!definition) return answer(fail(std::move(definition).error()));
    impl_->post(CreateWorkflow{std::move(spec), *definition, CreateWorkflow::Existing::replace,
                               std::move(answer)});
}

void Engine::update_workflow(std::string name, WorkflowUpdate update,
                             Answer<WorkflowStatus> answer) {
    if (auto checked = impl_->check(name, update.definition, update.settings); !checked) {
        return answer(fail(std::move(checked).error()));
    }
    std::optional<ParsedDefinition> definition;
    if (const auto& text = update.definition) {
        const auto& builtin = impl_->settings_.builtin_tasks;
        definition.emplace(ParsedDefinition{parse_definition(*text, false, builtin),
                                            parse_definition(*text, true, builtin)});
        if (!definition->standard && !definition->express) {
            return answer(fail(std::move(definition->standard).error()));
        }
    }
    impl_->post(UpdateWorkflow{std::move(name), std::move(update), std::move(definition),
                               std::move(answer)});
}

void Engine::delete_workflow(std::string name, Answer<void> answer) {
    impl_->post(DeleteWorkflow{std::move(name), std::move(answer)});
}

void Engine::start_execution(StartRequest request, Answer<Started> answer) {
    if (auto checked = check_start(impl_->settings_, request); !checked) {
        return answer(fail(std::move(checked).error()));
    }
    impl_->post(Start{std::move(request), std::move(answer)});
}

void Engine::stop_execution(ExecutionId id, core::StopExecution how, Answer<Timestamp> answer) {
    Confidentiality* secrets = impl_->settings_.secrets;
    if (secrets && how.error) how.error = secrets->mask(*std::move(how.error));
    if (secrets && how.cause) how.cause = secrets->mask(*std::move(how.cause));
    impl_->post(Stop{id, std::move(how), std::move(answer)});
}

void Engine::redrive_execution(RedriveRequest request, Answer<Redriven> answer) {
    impl_->post(Redrive{std::move(request), std::move(answer)});
}

void Engine::update_map_run(const TaskToken& run, MapRunUpdate update, Answer<void> answer) {
    impl_->post(ChangeMapRun{run, update, std::move(answer)});
}

RedrivePolicy Engine::redrive_policy() const {
    RedrivePolicy policy = impl_->settings_.redrive;
    policy.events_max = impl_->settings_.limits.events_max;
    return policy;
}

std::optional<TaskToken> Engine::task_token(std::string_view text) const {
    return core::parse_task_token_text(text, impl_->secret_);
}

std::string Engine::task_token_text(const TaskToken& token) const {
    return core::to_task_token_text(token, impl_->secret_);
}

void Engine::answer_task(core::Input said, Answer<void> answer) {
    impl_->answer_task(std::move(said), std::move(answer));
}

void Engine::pick_up(const TaskToken& token, std::string worker, Answer<Payload> answer) {
    impl_->post(PickUp{token, std::move(worker), std::move(answer)});
}

void Engine::write(Writes writes, Answer<void> answer) {
    impl_->post(Write{std::move(writes), std::move(answer)});
}

void Engine::change(Change change, Answer<void> answer) {
    impl_->post(ChangeDocuments{std::move(change), std::move(answer)});
}

void Engine::inspect(ExecutionId id, Answer<Inspection> answer) {
    impl_->post(Inspect{id, std::move(answer)});
}

void Engine::put_rows(FoldedRows rows, Answer<void> answer) {
    impl_->post(PutRows{std::move(rows), std::move(answer)});
}

void Engine::remove(Removals removals, Answer<void> answer) {
    impl_->post(Remove{std::move(removals), std::move(answer)});
}

void Engine::when_closed(ExecutionId id, Answer<Closed> answer) {
    impl_->post(WhenClosed{id, std::move(answer)});
}

Subscription Engine::subscribe(Listener listener) {
    return impl_->listeners_.subscribe(std::move(listener));
}

Result<WorkflowStatus> Engine::create_workflow_now(WorkflowSpec spec) {
    return wait_for<WorkflowStatus>(
        [&](auto answer) { create_workflow(std::move(spec), std::move(answer)); });
}

Result<WorkflowStatus> Engine::put_workflow_now(WorkflowSpec spec) {
    return wait_for<WorkflowStatus>(
        [&](auto answer) { put_workflow(std::move(spec), std::move(answer)); });
}

Result<WorkflowStatus> Engine::update_workflow_now(std::string name, WorkflowUpdate update) {
    return wait_for<WorkflowStatus>([&](auto answer) {
        update_workflow(std::move(name), std::move(update), std::move(answer));
    });
}

Result<void> Engine::delete_workflow_now(std::string name) {
    return wait_for<void>(
        [&](auto answer) { delete_workflow(std::move(name), std::move(answer)); });
}

Result<Started> Engine::start_execution_now(StartRequest request) {
    return wait_for<Started>(
        [&](auto answer) { start_execution(std::move(request), std::move(answer)); });
}

Result<Timestamp> Engine::stop_execution_now(ExecutionId id, core::StopExecution how) {
    return wait_for<Timestamp>(
        [&](auto answer) { stop_execution(id, std::move(how), std::move(answer)); });
}

Result<Redriven> Engine::redrive_execution_now(RedriveRequest request) {
    return wait_for<Redriven>(
        [&](auto answer) { redrive_execution(std::move(request), std::move(answer)); });
}

Result<void> Engine::update_map_run_now(const TaskToken& run, MapRunUpdate update) {
    return wait_for<void>([&](auto answer) { update_map_run(run, update, std::move(answer)); });
}

Result<void> Engine::answer_task_now(core::Input said) {
    return wait_for<void>([&](auto answer) { answer_task(std::move(said), std::move(answer)); });
}

Result<Inspection> Engine::inspect_now(ExecutionId id) {
    return wait_for<Inspection>([&](auto answer) { inspect(id, std::move(answer)); });
}

Result<void> Engine::put_rows_now(FoldedRows rows) {
    return wait_for<void>([&](auto answer) { put_rows(std::move(rows), std::move(answer)); });
}

Result<void> Engine::remove_now(Removals removals) {
    return wait_for<void>([&](auto answer) { remove(std::move(removals), std::move(answer)); });
}

Result<void> Engine::write_now(Writes writes) {
    return wait_for<void>([&](auto answer) { write(std::move(writes), std::move(answer)); });
}

std::future<Result<Closed>> Engine::closed_future(ExecutionId id) {
    auto waiting = std::make_shared<Waiting<Closed>>();
    auto future = waiting->promise.get_future();
    when_closed(id, [waiting](Result<Closed> r) { waiting->promise.set_value(std::move(r)); });
    return future;
}

void Engine::submitted(const TaskToken& token, Payload output) {
    impl_->report(token.execution, core::TaskSubmitted{token, std::move(output)});
}

void Engine::heartbeat(const TaskToken& token) {
    impl_->report(token.execution, core::TaskHeartbeat{token});
}

void Engine::succeeded(const TaskToken& token, Payload output) {
    impl_->logs_.end(token);
    impl_->report(token.execution, core::TaskSucceeded{token, std::move(output)});
}

void Engine::failed(const TaskToken& token, std::string error, std::optional<std::string> cause) {
    impl_->logs_.end(token);
    impl_->report(token.execution, core::TaskFailed{token, std::move(error), std::move(cause)});
}

void Engine::progress(const TaskToken& token, Json progress) {
    if (Confidentiality* secrets = impl_->settings_.secrets) {
        progress = secrets->mask(std::move(progress));
    }
    impl_->listeners_.tell(&Listener::progress, token, progress);
}

void Engine::log(const TaskToken& token, std::string line) {
    if (Confidentiality* secrets = impl_->settings_.secrets) line = secrets->mask(std::move(line));
    impl_->logs_.write(token, line);
    impl_->listeners_.tell(&Listener::log, token, line);
}

std::vector<TaskToken> Engine::open_logs(ExecutionId id) const {
    return impl_->logs_.open_logs(id);
}

bool Engine::step() {
    return impl_->step();
}

std::optional<Timestamp> Engine::next_due() const {
    return impl_->loop_.next_due();
}

Engine::Statistics Engine::statistics() const {
    Statistics statistics = impl_->loop_.statistics();
    statistics.inbox_messages = impl_->inbox_.size();
    statistics.inbox_max = impl_->settings_.inbox_max;
    return statistics;
}

}  // namespace stepwell::runtime

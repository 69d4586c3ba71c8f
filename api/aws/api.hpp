// The AWS Step Functions API, as SDKs speak it: POST / with X-Amz-Target: AWSStepFunctions.ACTION
// and a JSON body; any signature is accepted.
//
// Threads: handle() may be called from any; starts and changes are answered from the engine's
// thread once they are durable, reads at once from the caller's.
#pragma once

#include <string>
#include <string_view>

#include "api/aws/arn.hpp"
#include "api/aws/aws_error.hpp"
#include "api/aws/lone_task.hpp"
#include "api/http/http.hpp"
#include "api/read/readers.hpp"
#include "engine/runtime/activity.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/runtime/published.hpp"

namespace stepwell::api::aws {

class Members;

class Api {
public:
    /// REQUIRES: all outlive it, and every answer that it has asked for.
    Api(runtime::Engine& engine, Readers& readers, Account account,
        std::vector<std::string> builtin_tasks);

    /// Who does the tasks of states that are tested without a mock; without this nobody does.
    void run_tested_tasks_with(RunTask run) { run_task_ = std::move(run); }
    /// Where workers get tasks. REQUIRES: called before handle(); it outlives all answers.
    void use(runtime::ActivityWorkers& activities) { activities_ = &activities; }

    void handle(Request& request, Responder respond);
    /// Takes the body of the answer, as JSON text.
    using Reply = std::function<void(AwsResult<std::string>)>;
    /// The same from inside: `action` is "StartExecution", say. What waits (GetActivityTask) is
    /// refused. `reply` is called once, perhaps before this returns, as handle() answers.
    void call(std::string_view action, const Json& body, const Principal& by, Reply reply);

    /// Who may ask for the action that `X-Amz-Target` names; an unknown one: viewer.
    static Role role_of(std::string_view target);

private:
    /// `by`: who asks, for the record of what they start.
    using Action = void (Api::*)(const Json& body, const Principal& by, Reply reply);
    using Reading = AwsResult<Json> (Api::*)(const Json& body);
    /// Its answer comes when there is one.
    using Waiting = AwsResult<std::shared_ptr<Stream>> (Api::*)(const Json& body);
    struct Entry {
        std::string_view name;
        Role role = Role::viewer;
        Action act = nullptr;
        Reading read = nullptr;
        Waiting wait = nullptr;
    };
    struct Activity {
        std::string name;
        std::string arn;
        Timestamp created_at;
    };
    /// What a change of documents writes, and the body of its answer.
    struct Decided {
        std::vector<journal::DocumentWrite> writes;
        std::string answer;
    };
    using Decide = std::function<AwsResult<Decided>(runtime::ChangeView&)>;
    /// Decides on the engine's thread, and replies once it is durable.
    void change(Decide decide, Reply reply);
    /// By "AWSStepFunctions.NAME".
    static const Entry* find_action(std::string_view target);

    void create_state_machine(const Json& body, const Principal& by, Reply reply);
    void update_state_machine(const Json& body, const Principal& by, Reply reply);
    void delete_state_machine(const Json& body, const Principal& by, Reply reply);
    AwsResult<Json> describe_state_machine(const Json& body);
    AwsResult<Json> describe_state_machine_for_execution(const Json& body);
    AwsResult<Json> list_state_machines(const Json& body);
    AwsResult<Json> validate_state_machine_definition(const Json& body);

    void tag_resource(const Json& body, const Principal& by, Reply reply);
    void untag_resource(const Json& body, const Principal& by, Reply reply);
    AwsResult<Json> list_tags_for_resource(const Json& body);

    void publish_state_machine_version(const Json& body, const Principal& by, Reply reply);
    void delete_state_machine_version(const Json& body, const Principal& by, Reply reply);
    AwsResult<Json> list_state_machine_versions(const Json& body);

    void create_state_machine_alias(const Json& body, const Principal& by, Reply reply);
    void update_state_machine_alias(const Json& body, const Principal& by, Reply reply);
    void delete_state_machine_alias(const Json& body, const Principal& by, Reply reply);
    AwsResult<Json> describe_state_machine_alias(const Json& body);
    AwsResult<Json> list_state_machine_aliases(const Json& body);

    void test_state(const Json& body, const Principal& by, Reply reply);

    void start_execution(const Json& body, const Principal& by, Reply reply);
    void start_sync_execution(const Json& body, const Principal& by, Reply reply);
    struct AskedStart;
    AwsResult<AskedStart> asked_start(Members& members, const Principal& by) const;
    void stop_execution(const Json& body, const Principal& by, Reply reply);
    void redrive_execution(const Json& body, const Principal& by, Reply reply);
    AwsResult<Json> describe_execution(const Json& body);
    AwsResult<Json> list_executions(const Json& body);
    AwsResult<Json> get_execution_history(const Json& body);

    void create_activity(const Json& body, const Principal& by, Reply reply);
    void delete_activity(const Json& body, const Principal& by, Reply reply);
    AwsResult<Json> describe_activity(const Json& body);
    AwsResult<Json> list_activities(const Json& body);
    AwsResult<std::shared_ptr<Stream>> get_activity_task(const Json& body);

    void send_task_success(const Json& body, const Principal& by, Reply reply);
    void send_task_failure(const Json& body, const Principal& by, Reply reply);
    void send_task_heartbeat(const Json& body, const Principal& by, Reply reply);
    AwsResult<TaskToken> task_token(std::string_view text) const;
    void answer_task(core::Input said, Reply reply);
    AwsResult<Activity> activity(std::string_view arn);

    // map_runs.cpp
    AwsResult<Json> list_map_runs(const Json& body);
    AwsResult<Json> describe_map_run(const Json& body);
    void update_map_run(const Json& body, const Principal& by, Reply reply);
    AwsResult<core::MapRun> map_run(Readers::Lease& reader, std::string_view arn);
    AwsResult<std::uint64_t> item_count(Readers::Lease& reader, const core::MapRun& run,
                                        ExecutionId child);
    AwsResult<Json> list_executions_of_map_run(std::string_view arn,
                                               const runtime::ListQuery& query);

    struct Creation;
    struct Update;
    AwsResult<Creation> creation_of(const Json& body) const;
    AwsResult<Update> update_of(const Json& body);
    /// The state machine of this daemon that the ARN names.
    AwsResult<Arn> own_state_machine(std::string_view text) const;
    /// The same, or what is published of it: the ARN has a qualifier then.
    AwsResult<Arn> own_machine_or_version(std::string_view text) const;
    /// What may have tags. Fails with ResourceNotFound.
    AwsResult<Arn> tagged(const std::string& text) const;
    /// Fails where it names no alias; perhaps one of another account.
    AwsResult<Arn> own_alias(std::string_view text) const;
    [[nodiscard]] bool is_own(const Arn& arn) const;
    AwsResult<runtime::WorkflowDescription> workflow(const Arn& arn);
    struct Published {
        runtime::PublishedVersion version;
        runtime::WorkflowDescription revision;
    };
    AwsResult<std::optional<Published>> published(const Arn& arn);
    AwsResult<ExecutionId> execution(Readers::Lease& reader, std::string_view text);
    AwsResult<Readers::Lease> reader();

    runtime::Engine& engine_;
    Readers& readers_;
    const Account account_;
    const std::vector<std::string> builtin_tasks_;
    RunTask run_task_;
    runtime::ActivityWorkers* activities_ = nullptr;
};

/// An error of the engine that no action has words for.
AwsError internal_error(const Error& error);

/// `1700000000.123`: how the AWS API spells a time.
std::string time_text(Timestamp at);

}  // namespace stepwell::api::aws

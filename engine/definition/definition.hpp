// The parsed, checked, immutable graph of a workflow's states. What parse() lets through, the core
// may rely on: every target exists, every expression is compiled, every number is in range.
//
// Thread safety: immutable, shared by pointer; an execution keeps the one that it began with.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/base/ids.hpp"
#include "engine/base/json.hpp"
#include "engine/base/payload.hpp"
#include "engine/base/time.hpp"
#include "engine/expression/choice_rule.hpp"
#include "engine/expression/path.hpp"
#include "engine/expression/payload_template.hpp"
#include "engine/expression/query.hpp"

namespace stepwell::definition {

using expression::ChoiceRule;
using expression::IntrinsicCall;
using expression::Path;
using expression::PayloadTemplate;
using expression::Query;
using expression::QueryTemplate;

enum class QueryLanguage { jsonpath, jsonata };

/// What TimeoutSeconds, HeartbeatSeconds and a Wait's Seconds may say at most.
inline constexpr std::int64_t kSecondsMax = 99'999'999;

enum class StateKind { task, pass, choice, wait, succeed, fail, parallel, map };

/// "Task", "Pass", ...
const char* name_of(StateKind kind);

/// InputPath, OutputPath, ResultPath: absent means the whole (`$`), null means nothing.
struct Selection {
    enum class Kind { whole, nothing, path };
    Kind kind = Kind::whole;
    std::optional<Path> path;  // iff kind is path; never plain `$`
};

/// An integer that is written down, or looked up or computed when the state is entered.
struct NumberOrPath {
    std::optional<std::int64_t> number;
    std::optional<Path> path;
    std::optional<Query> query;
    [[nodiscard]] bool is_set() const { return number || path || query; }
};

/// A string that is written down, or computed: ErrorPath, CausePath.
struct StringOrPath {
    std::optional<std::string> text;
    std::optional<Path> path;
    std::optional<IntrinsicCall> call;
    std::optional<Query> query;
    [[nodiscard]] bool is_set() const { return text || path || call || query; }
};

/// States that a retrier or catcher names: exact names, or the wildcards.
using ErrorNames = std::vector<std::string>;

struct Retrier {
    ErrorNames error_equals;
    std::int64_t interval_seconds = 1;
    std::int64_t attempts_max = 3;  // retries, not counting the first run; 0: none
    double backoff_rate = 2.0;
    std::optional<std::int64_t> max_delay_seconds;
    bool full_jitter = false;
};

struct Catcher {
    ErrorNames error_equals;
    StateId next{};
    Selection result_path;
    std::optional<PayloadTemplate> assign;
    std::optional<QueryTemplate> assign_query;  // JSONata
    std::optional<QueryTemplate> output;        // JSONata: absent means the error output
};

/// What the Resource of a Task says.
struct Resource {
    enum class Kind {
        lambda,       // arn:aws:lambda:...:function:NAME: LambdaFunction* events
        integration,  // arn:aws:states:::SERVICE:ACTION[.PATTERN]: Task* events
        activity,     // arn:aws:states:...:activity:NAME: Activity* events
        builtin,      // stepwell:NAME: Task* events with resourceType "stepwell"
    };
    enum class Pattern { request_response, sync, sync2, wait_for_task_token };
    Kind kind = Kind::builtin;
    Pattern pattern = Pattern::request_response;
    std::string text;     // as written
    std::string service;  // history's resourceType: "lambda", "aws-sdk:s3", "states", "stepwell"
    std::string action;   // history's resource: "invoke", "startExecution.sync:2", "validate"

    /// states:startExecution in any of its forms: the engine carries it out, and no runner.
    [[nodiscard]] bool starts_execution() const {
        return kind == Kind::integration && service == "states" &&
               (action == "startExecution" || action.starts_with("startExecution."));
    }
    /// `.sync`, `.sync:2`: the call begins work, and whoever made it waits for the work's end.
    [[nodiscard]] bool waits_for_end() const {
        return pattern == Pattern::sync || pattern == Pattern::sync2;
    }
    /// Its work is not done by a runner: a worker asks for it, and tells its end by the token.
    [[nodiscard]] bool is_for_worker() const { return kind == Kind::activity; }
    /// Whoever holds the task's token tells its end.
    [[nodiscard]] bool ends_by_token() const {
        return pattern == Pattern::wait_for_task_token || is_for_worker();
    }
};

struct TaskState {
    Resource resource;
    NumberOrPath timeout_seconds;
    NumberOrPath heartbeat_seconds;
    std::optional<PayloadTemplate> credentials;
    std::optional<QueryTemplate> credentials_query;
};
struct PassState {
    std::optional<Payload> result;  // its `.$` keys are literal
};
struct ChoiceBranch {
    ChoiceRule rule;
    StateId next{};
    std::optional<PayloadTemplate> assign;
};
/// A rule in JSONata.
struct QueryBranch {
    QueryTemplate condition;  // an expression, or true or false
    StateId next{};
    std::optional<QueryTemplate> assign;
    std::optional<QueryTemplate> output;  // absent: the input
};
struct ChoiceState {
    std::vector<ChoiceBranch> branches;       // JSONPath
    std::vector<QueryBranch> query_branches;  // JSONata
    std::optional<StateId> otherwise;
};
struct WaitState {
    NumberOrPath seconds;
    std::optional<Instant> timestamp;
    std::optional<Path> timestamp_path;
    std::optional<Query> timestamp_query;
};
struct SucceedState {};
struct FailState {
    StringOrPath error;
    StringOrPath cause;
};
struct ParallelState {
    std::vector<ScopeId> branches;
};
/// Several items of a distributed Map are one execution.
struct ItemBatcher {
    NumberOrPath items_max;  // at least one of the two is set
    NumberOrPath bytes_max;
    std::optional<PayloadTemplate> input;  // BatchInput
    std::optional<QueryTemplate> input_query;
    [[nodiscard]] bool has_input() const { return input || input_query; }
};
/// Where the items of a distributed Map are read.
struct ItemReader {
    bool lists_objects = false;  // s3:listObjectsV2: names in a bucket; else s3:getObject
    std::optional<PayloadTemplate> parameters;
    std::optional<QueryTemplate> arguments;  // JSONata
    Json config = Json::object();            // ReaderConfig, but for MaxItems
    NumberOrPath items_max;                  // absent or 0: all there are
};
/// What becomes of what the executions of a distributed Map gave.
struct ResultWriter {
    bool exports = false;  // s3:putObject: into files; else it only gives the result its form
    std::optional<PayloadTemplate> parameters;
    std::optional<QueryTemplate> arguments;  // JSONata
    Json config = Json::object();            // WriterConfig
};
/// What a Map whose ProcessorConfig has the Mode DISTRIBUTED says beside the rest: its items become
/// executions of their own.
struct DistributedMap {
    std::string label;        // names its Map Runs and their executions; made up where absent
    std::string processor;    // the machine of the children, as ASL text
    bool is_express = false;  // ExecutionType of the children
    std::optional<ItemBatcher> batcher;
    std::optional<ItemReader> reader;  // absent: the items are in the state's input
    std::optional<ResultWriter> writer;
};

struct MapState {
    ScopeId processor{};
    std::optional<DistributedMap> distributed;  // absent: inline
    std::optional<Path> items_path;             // absent: the effective input itself
    std::optional<QueryTemplate> items;         // JSONata: absent means the input
    std::optional<PayloadTemplate> item_selector;
    std::optional<QueryTemplate> item_query;  // ItemSelector in JSONata
    NumberOrPath max_concurrency;             // absent or 0: no limit
    NumberOrPath tolerated_failure_count;
    std::optional<double> tolerated_failure_percentage;
    std::optional<Path> tolerated_failure_percentage_path;
    std::optional<Query> tolerated_failure_percentage_query;
};

struct State {
    std::string name;
    std::string comment;
    ScopeId scope{};
    QueryLanguage language = QueryLanguage::jsonpath;
    /// Where it goes when it is done; nothing: its scope ends here (End, Succeed, Fail, Choice).
    std::optional<StateId> next;

    Selection input_path;
    Selection output_path;
    Selection result_path;
    std::optional<PayloadTemplate> parameters;
    std::optional<PayloadTemplate> result_selector;
    std::optional<PayloadTemplate> assign;
    // Of JSONata, in place of the paths and templates above.
    std::optional<QueryTemplate> arguments;
    std::optional<QueryTemplate> assign_query;
    std::optional<QueryTemplate> output;
    std::vector<Retrier> retry;
    std::vector<Catcher> catchers;

    std::variant<TaskState, PassState, ChoiceState, WaitState, SucceedState, FailState,
                 ParallelState, MapState>
        body;
    [[nodiscard]] StateKind kind() const { return static_cast<StateKind>(body.index()); }
};

struct Scope {
    StateId start{};
    /// The Parallel or Map state that it belongs to; nothing for the machine.
    std::optional<StateId> owner;
};

struct Definition {
    std::string comment;
    std::optional<std::int64_t> timeout_seconds;  // of the whole execution
    std::vector<State> states;                    // all scopes' states, in document order
    std::vector<Scope> scopes;                    // [0] is the machine

    [[nodiscard]] const State& state(StateId id) const { return states[value_of(id)]; }
    [[nodiscard]] const Scope& scope(ScopeId id) const { return scopes[value_of(id)]; }
};

using DefinitionPtr = std::shared_ptr<const Definition>;

}  // namespace stepwell::definition

// One case for each rule of machines, scopes and files: what is said where.
#include <doctest/doctest.h>

#include "tests/definition/support.hpp"

namespace stepwell::test {
namespace {}  // namespace

// clang-format off
TEST_CASE("A machine: the rules") {
    const std::vector<RuleCase> cases = {
        {"StartAt and States are required",
         R"~({})~",
         R"~(1:1 at /: These fields are required: [States, StartAt])~"},
        {"StartAt alone is missing",
         R"~(States: {A: {Type: Succeed}})~",
         R"~(1:1 at /: These fields are required: [StartAt])~"},
        {"States must be an object",
         R"~({StartAt: A, States: [A]})~",
         R"~(1:22 at /States: expected 'States' to be an object of states, but it is an array)~"},
        {"States must not be empty",
         R"~({StartAt: A, States: {}})~",
         R"~(1:22 at /States: Value cannot be empty)~"},
        {"StartAt must name a state",
         R"~({StartAt: Lod, States: {Load: {Type: Succeed}}})~",
         R"~(1:11 MISSING_TRANSITION_TARGET at /StartAt: expected 'StartAt' to name a state of the same scope, but there is no 'Lod' (did you mean 'Load'?))~"},
        {"StartAt must be a string",
         R"~({StartAt: 1, States: {A: {Type: Succeed}}})~",
         R"~(1:11 at /StartAt: expected 'StartAt' to be the name of a state)~"},
        {"unknown fields are refused",
         R"~({StartAt: A, Coment: x, States: {A: {Type: Succeed}}})~",
         R"~(1:14 at /Coment: expected a field of a state machine, but 'Coment' is none (did you mean 'Comment'?))~"},
        {"Comment is a string",
         R"~({StartAt: A, Comment: 5, States: {A: {Type: Succeed}}})~",
         R"~(1:23 at /Comment: expected 'Comment' to be a string, but it is 5)~"},
        {"Version is \"1.0\"",
         R"~({StartAt: A, Version: 1.0, States: {A: {Type: Succeed}}})~",
         R"~(1:23 at /Version: expected 'Version' to be "1.0" (in quotes), but it is 1.0)~"},
        {"TimeoutSeconds is in its range",
         R"~({StartAt: A, TimeoutSeconds: 100000000, States: {A: {Type: Succeed}}})~",
         R"~(1:30 at /TimeoutSeconds: expected 'TimeoutSeconds' to be a whole number from 1 to 99999999, but it is 100000000)~"},
        {"TimeoutSeconds is whole",
         R"~({StartAt: A, TimeoutSeconds: 1.5, States: {A: {Type: Succeed}}})~",
         R"~(1:30 at /TimeoutSeconds: expected 'TimeoutSeconds' to be a whole number from 1 to 99999999, but it is 1.5)~"},
        {"QueryLanguage is one of two",
         R"~({StartAt: A, QueryLanguage: JSONpath, States: {A: {Type: Succeed}}})~",
         R"~(1:29 at /QueryLanguage: The field 'QueryLanguage' should have one of these values: [JSONPath, JSONata] (did you mean 'JSONPath'?))~"},
        {"an expression in JSONata must be one",
         R"~({StartAt: A, QueryLanguage: JSONata, States: {A: {Type: Pass, Output: {x: "{% 1 + %}"}, End: true}}})~",
         R"~(1:75 at /States/A/Output/x: expected a JSONata expression, but it cannot be read: S0207: Unexpected end of expression at character 3)~"},
        {"an expression in JSONata ends with its mark",
         R"~({StartAt: A, QueryLanguage: JSONata, States: {A: {Type: Pass, Output: "{% 1", End: true}}})~",
         R"~(1:71 at /States/A/Output: expected a JSONata expression, but it cannot be read: expected '%}' at the end of what begins with '{%')~"},
        {"$states.result is there for states that have one",
         R"~({StartAt: A, QueryLanguage: JSONata, States: {A: {Type: Pass, Output: "{% $states.result %}", End: true}}})~",
         R"~(1:71 at /States/A/Output: expected no '$states.result' here, but it is read (a Task, Parallel or Map has it in its Assign and Output))~"},
        {"fields of JSONPath are none of JSONata",
         R"~({StartAt: A, States: {A: {Type: Pass, QueryLanguage: JSONata, OutputPath: $, End: true}}})~",
         R"~(1:63 at /States/A/OutputPath: expected a field of the query language JSONata, but 'OutputPath' is one of JSONPath)~"},
        {"a JSONata machine has no JSONPath states",
         R"~({StartAt: A, QueryLanguage: JSONata, States: {A: {Type: Succeed, QueryLanguage: JSONPath}}})~",
         R"~(1:47 at /States/A: 'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine)~"},
        {"a state is an object",
         R"~({StartAt: A, States: {A: Pass}})~",
         R"~(1:26 at /States/A: expected a state, that is an object, but it is 'Pass')~"},
        {"the names of states have 1 to 80 characters",
         R"~({StartAt: "", States: {"": {Type: Succeed}}})~",
         R"~(1:24 INVALID_STATE_NAME at /States/: expected the name of a state to have 1 to 80 characters, but it has 0)~"},
        {"the names of states differ in the whole document",
         R"~({StartAt: A, States: {A: {Type: Parallel, End: true, Branches: [{StartAt: A, States: {A: {Type: Succeed}}}]}}})~",
         R"~(1:87 DUPLICATE_STATE_NAME at /States/A/Branches[0]/States/A: expected the names of states to be different in the whole document, but 'A' is also at /States/A)~"},
        {"every state is reachable",
         R"~({StartAt: A, States: {A: {Type: Succeed}, B: {Type: Succeed}}})~",
         R"~(1:43 MISSING_TRANSITION_TARGET at /States/B: expected a way from 'StartAt' to each state, but 'B' is not reachable (name it in a 'Next', 'Default' or 'Catch', or take it out))~"},
        {"a scope can end",
         R"~({StartAt: A, States: {A: {Type: Pass, Next: B}, B: {Type: Pass, Next: A}}})~",
         R"~(1:14 MISSING_END_STATE at /States: expected a state that ends, but none has '"End": true' and none is a Succeed or Fail state)~"},
        {"a scope inside can end, too",
         R"~(StartAt: S
States:
  S: {Type: Map, End: true, ItemProcessor: {StartAt: A, States: {A: {Type: Pass, Next: A}}}})~",
         R"~(3:57 MISSING_END_STATE at /States/S/ItemProcessor/States: expected a state that ends, but none has '"End": true' and none is a Succeed or Fail state)~"},
        {"nothing leads out of a scope",
         R"~(StartAt: S
States:
  S: {Type: Map, End: true, ItemProcessor: {StartAt: A, States: {A: {Type: Pass, Next: S}}}})~",
         R"~(3:88 MISSING_TRANSITION_TARGET at /States/S/ItemProcessor/States/A/Next: expected 'Next' to name a state of the same scope, but there is no 'S' (the states here are 'A'))~"},
        {"a repeated name is refused",
         R"~({StartAt: A, StartAt: A, States: {A: {Type: Succeed}}})~",
         R"~(1:14: expected each name once in an object, but 'StartAt' is there again (it stands first in line 1))~"},
    };
    check_rules(cases, "", "");
}

TEST_CASE("A Parallel or a Map: the rules") {
    const std::vector<RuleCase> cases = {
        {"Branches is required",
         R"~({Type: Parallel, End: true})~",
         R"~(3:3 at /States/S: The field 'Branches' is required but was missing)~"},
        {"Branches is not empty",
         R"~({Type: Parallel, Branches: [], End: true})~",
         R"~(3:33 at /States/S/Branches: Value cannot be empty)~"},
        {"Branches is a list",
         R"~({Type: Parallel, Branches: {}, End: true})~",
         R"~(3:33 at /States/S/Branches: expected 'Branches' to be an array of machines, but it is an empty object)~"},
        {"a branch is an object",
         R"~({Type: Parallel, Branches: [x], End: true})~",
         R"~(3:34 at /States/S/Branches[0]: expected a machine, that is an object, but it is 'x')~"},
        {"a branch is a machine",
         R"~({Type: Parallel, Branches: [{StartAt: A}], End: true})~",
         R"~(3:34 at /States/S/Branches[0]: These fields are required: [States])~"},
        {"a branch has no TimeoutSeconds",
         R"~({Type: Parallel, Branches: [{StartAt: A, TimeoutSeconds: 5, States: {A: {Type: Succeed}}}], End: true})~",
         R"~(3:47 at /States/S/Branches[0]/TimeoutSeconds: expected a field of a machine inside a state, but 'TimeoutSeconds' is none (the fields are 'Comment', 'StartAt', 'States' and 'QueryLanguage'))~"},
        {"a branch has no ProcessorConfig",
         R"~({Type: Parallel, Branches: [{StartAt: A, ProcessorConfig: {}, States: {A: {Type: Succeed}}}], End: true})~",
         R"~(3:47 at /States/S/Branches[0]/ProcessorConfig: expected a field of a machine inside a state, but 'ProcessorConfig' is none (the fields are 'Comment', 'StartAt', 'States' and 'QueryLanguage'))~"},
        {"ItemProcessor is required",
         R"~({Type: Map, End: true})~",
         R"~(3:3 at /States/S: The field 'ItemProcessor' is required but was missing)~"},
        {"ItemProcessor is an object",
         R"~({Type: Map, ItemProcessor: [], End: true})~",
         R"~(3:33 at /States/S/ItemProcessor: expected 'ItemProcessor' to be a machine, that is an object, but it is an empty array)~"},
        {"ItemProcessor and Iterator exclude each other",
         R"~({Type: Map, ItemProcessor: {StartAt: A, States: {A: {Type: Succeed}}}, Iterator: {StartAt: B, States: {B: {Type: Succeed}}}, End: true})~",
         R"~(3:77 at /States/S/Iterator: expected either 'ItemProcessor' or 'Iterator', but both are there)~"},
        {"a processor has no query language of its own",
         R"~({Type: Map, ItemProcessor: {QueryLanguage: JSONPath, StartAt: A, States: {A: {Type: Succeed}}}, End: true})~",
         R"~(3:34 at /States/S/ItemProcessor/QueryLanguage: expected a field of a machine inside a state, but 'QueryLanguage' is none (the fields are 'Comment', 'StartAt', 'States' and 'ProcessorConfig'))~"},
        {"a Map's numbers are not in the context object",
         R"~({Type: Map, MaxConcurrencyPath: $$.Execution.Input.n, ItemProcessor: {StartAt: A, States: {A: {Type: Succeed}}}, End: true})~",
         R"~(3:38 at /States/S/MaxConcurrencyPath: expected 'MaxConcurrencyPath' to be a path into the state's input or a variable, not into the context object, but it is '$$.Execution.Input.n')~"},
        {"Mode is one of two",
         R"~({Type: Map, ItemProcessor: {ProcessorConfig: {Mode: INLNE}, StartAt: A, States: {A: {Type: Succeed}}}, End: true})~",
         R"~(3:58 at /States/S/ItemProcessor/ProcessorConfig/Mode: The field 'Mode' should have one of these values: [INLINE, DISTRIBUTED] (did you mean 'INLINE'?))~"},
        {"ProcessorConfig has no other fields",
         R"~({Type: Map, ItemProcessor: {ProcessorConfig: {Mod: INLINE}, StartAt: A, States: {A: {Type: Succeed}}}, End: true})~",
         R"~(3:52 at /States/S/ItemProcessor/ProcessorConfig/Mod: expected a field of 'ProcessorConfig', but 'Mod' is none (did you mean 'Mode'?))~"},
        {"DISTRIBUTED needs an ExecutionType",
         R"~({Type: Map, ItemProcessor: {ProcessorConfig: {Mode: DISTRIBUTED}, StartAt: A, States: {A: {Type: Succeed}}}, End: true})~",
         R"~(3:34 at /States/S/ItemProcessor/ProcessorConfig: The field 'ExecutionType' is required but was missing)~"},
        {"a ResultWriter is not empty",
         R"~({Type: Map, ResultWriter: {}, ItemProcessor: {ProcessorConfig: {Mode: DISTRIBUTED, ExecutionType: STANDARD}, StartAt: A, States: {A: {Type: Succeed}}}, End: true})~",
         R"~(3:18 at /States/S/ResultWriter: expected 'Resource' and 'Parameters', or 'WriterConfig', in 'ResultWriter', but there is neither)~"},
        {"the fields of a ResultWriter",
         R"~({Type: Map, ResultWriter: {Resource: "arn:aws:states:::s3:getObject", WriterConfig: {OutputType: CSV}}, ItemProcessor: {ProcessorConfig: {Mode: DISTRIBUTED, ExecutionType: STANDARD}, StartAt: A, States: {A: {Type: Succeed}}}, End: true})~",
         R"~(3:18 at /States/S/ResultWriter: The field 'Parameters' is required but was missing
3:43 at /States/S/ResultWriter/Resource: expected 'Resource' to be 'arn:aws:states:::s3:putObject', but it is 'arn:aws:states:::s3:getObject'
3:103 at /States/S/ResultWriter/WriterConfig/OutputType: The field 'OutputType' should have one of these values: [JSON, JSONL])~"},
        {"ItemReader says what it reads, from where, and how",
         R"~({Type: Map, ItemReader: {Resource: "arn:aws:states:::s3:putObject", ReaderConfig: {}}, ItemProcessor: {ProcessorConfig: {Mode: DISTRIBUTED, ExecutionType: STANDARD}, StartAt: A, States: {A: {Type: Succeed}}}, End: true})~",
         R"~(3:18 at /States/S/ItemReader: The field 'Parameters' is required but was missing
3:41 at /States/S/ItemReader/Resource: expected 'Resource' to be 'arn:aws:states:::s3:getObject' or 'arn:aws:states:::s3:listObjectsV2', but it is 'arn:aws:states:::s3:putObject'
3:74 at /States/S/ItemReader/ReaderConfig: The field 'InputType' is required but was missing)~"},
        {"the fields of a ReaderConfig",
         R"~({Type: Map, ItemReader: {Resource: "arn:aws:states:::s3:getObject", Parameters: {}, ReaderConfig: {InputType: CSV, CSVDelimiter: DOT, ItemsPointer: a, MaxItems: -1}}, ItemProcessor: {ProcessorConfig: {Mode: DISTRIBUTED, ExecutionType: STANDARD}, StartAt: A, States: {A: {Type: Succeed}}}, End: true})~",
         R"~(3:90 at /States/S/ItemReader/ReaderConfig: The field 'CSVHeaderLocation' is required but was missing
3:135 at /States/S/ItemReader/ReaderConfig/CSVDelimiter: The field 'CSVDelimiter' should have one of these values: [COMMA, PIPE, SEMICOLON, SPACE, TAB]
3:154 at /States/S/ItemReader/ReaderConfig/ItemsPointer: expected 'ItemsPointer' to be a JSON pointer, as '/orders/items', but it is 'a'
3:167 at /States/S/ItemReader/ReaderConfig/MaxItems: expected 'MaxItems' to be a whole number from 0 to 100000000, but it is -1)~"},
        {"headers that are GIVEN are there",
         R"~({Type: Map, ItemReader: {Resource: "arn:aws:states:::s3:getObject", Parameters: {}, ReaderConfig: {InputType: CSV, CSVHeaderLocation: GIVEN, CSVHeaders: []}}, ItemProcessor: {ProcessorConfig: {Mode: DISTRIBUTED, ExecutionType: STANDARD}, StartAt: A, States: {A: {Type: Succeed}}}, End: true})~",
         R"~(3:159 at /States/S/ItemReader/ReaderConfig/CSVHeaders: expected 'CSVHeaders' to be a list of at least one string, but it is an empty array)~"},
        {"a Label is short, and fit for an ARN",
         R"~({Type: Map, Label: "a b", ItemProcessor: {ProcessorConfig: {Mode: DISTRIBUTED, ExecutionType: EXPRESS}, StartAt: A, States: {A: {Type: Succeed}}}, End: true})~",
         R"~(3:25 at /States/S/Label: expected 'Label' without blanks, control characters and / ? * < > { } [ ] : ; , \ | ^ ~ $ # % & ` ", but it is 'a b')~"},
        {"no two Maps of a state machine have the same Label",
         R"~({Type: Map, Label: x, ItemProcessor: {ProcessorConfig: {Mode: DISTRIBUTED, ExecutionType: STANDARD}, StartAt: A, States: {A: {Type: Map, Label: x, ItemProcessor: {ProcessorConfig: {Mode: DISTRIBUTED, ExecutionType: STANDARD}, StartAt: B, States: {B: {Type: Succeed}}}, End: true}}}, End: true})~",
         R"~(3:150 at /States/S/ItemProcessor/States/A/Label: expected a 'Label' that no other Map of this state machine has, but 'x' stands twice (choose another one))~"},
        {"ItemBatcher says how much is in a batch",
         R"~({Type: Map, ItemBatcher: {BatchInput: {}}, ItemProcessor: {ProcessorConfig: {Mode: DISTRIBUTED, ExecutionType: STANDARD}, StartAt: A, States: {A: {Type: Succeed}}}, End: true})~",
         R"~(3:18 at /States/S/ItemBatcher: expected 'MaxItemsPerBatch' or 'MaxInputBytesPerBatch', but there is neither (say how many items, or bytes, one execution gets))~"},
        {"ItemBatcher's limits are at least 1, and 256 KiB at most",
         R"~({Type: Map, ItemBatcher: {MaxItemsPerBatch: 0, MaxInputBytesPerBatch: 262145, MaxItems: 1}, ItemProcessor: {ProcessorConfig: {Mode: DISTRIBUTED, ExecutionType: STANDARD}, StartAt: A, States: {A: {Type: Succeed}}}, End: true})~",
         R"~(3:50 at /States/S/ItemBatcher/MaxItemsPerBatch: expected 'MaxItemsPerBatch' to be a whole number, 1 or more, but it is 0
3:76 at /States/S/ItemBatcher/MaxInputBytesPerBatch: expected 'MaxInputBytesPerBatch' to be a whole number from 1 to 262144, but it is 262145
3:84 at /States/S/ItemBatcher/MaxItems: expected a field of 'ItemBatcher', but 'MaxItems' is none (the fields are 'MaxItemsPerBatch', 'MaxItemsPerBatchPath', 'MaxInputBytesPerBatch', 'MaxInputBytesPerBatchPath' and 'BatchInput'))~"},
        {"an inline Map has no reader, batcher, writer or label",
         R"~({Type: Map, ItemReader: {}, ItemBatcher: {}, ResultWriter: {}, Label: x, ItemProcessor: {StartAt: A, States: {A: {Type: Succeed}}}, End: true})~",
         R"~(3:18 at /States/S/ItemReader: expected 'ItemReader' only with the ProcessorConfig Mode 'DISTRIBUTED', but this Map is inline
3:34 at /States/S/ItemBatcher: expected 'ItemBatcher' only with the ProcessorConfig Mode 'DISTRIBUTED', but this Map is inline
3:51 at /States/S/ResultWriter: expected 'ResultWriter' only with the ProcessorConfig Mode 'DISTRIBUTED', but this Map is inline
3:69 at /States/S/Label: expected 'Label' only with the ProcessorConfig Mode 'DISTRIBUTED', but this Map is inline)~"},
        {"ItemSelector and Parameters exclude each other",
         R"~({Type: Map, ItemSelector: {}, Parameters: {}, ItemProcessor: {StartAt: A, States: {A: {Type: Succeed}}}, End: true})~",
         R"~(3:36 at /States/S/Parameters: expected either 'ItemSelector' or 'Parameters', but both are there)~"},
        {"ItemsPath names one place",
         R"~({Type: Map, ItemsPath: "$[*]", ItemProcessor: {StartAt: A, States: {A: {Type: Succeed}}}, End: true})~",
         R"~(3:29 at /States/S/ItemsPath: expected 'ItemsPath' to be a path to one place, made of .name, ['name'] and [n] only, but it is '$[*]')~"},
        {"MaxConcurrency is not negative",
         R"~({Type: Map, MaxConcurrency: -1, ItemProcessor: {StartAt: A, States: {A: {Type: Succeed}}}, End: true})~",
         R"~(3:34 at /States/S/MaxConcurrency: expected 'MaxConcurrency' to be a whole number, 0 or more, but it is -1)~"},
        {"MaxConcurrency and its path exclude each other",
         R"~({Type: Map, MaxConcurrency: 1, MaxConcurrencyPath: $.m, ItemProcessor: {StartAt: A, States: {A: {Type: Succeed}}}, End: true})~",
         R"~(3:37 at /States/S/MaxConcurrencyPath: expected either 'MaxConcurrency' or 'MaxConcurrencyPath', but both are there)~"},
        {"tolerance is in its range",
         R"~({Type: Map, ToleratedFailureCount: -1, ToleratedFailurePercentage: 101, ItemProcessor: {StartAt: A, States: {A: {Type: Succeed}}}, End: true})~",
         R"~(3:41 at /States/S/ToleratedFailureCount: expected 'ToleratedFailureCount' to be a whole number, 0 or more, but it is -1
3:73 at /States/S/ToleratedFailurePercentage: expected 'ToleratedFailurePercentage' to be a number from 0.0 to 100.0, but it is 101)~"},
        {"tolerance is accepted inline",
         R"~({Type: Map, ToleratedFailureCount: 1, ToleratedFailurePercentage: 12.5, ItemProcessor: {StartAt: A, States: {A: {Type: Succeed}}}, End: true})~",
         R"~()~"},
        {"faults inside are told with their place",
         R"~({Type: Parallel, Branches: [{StartAt: A, States: {A: {Type: Succeed}}}, {StartAt: B, States: {B: {Type: Wait, Seconds: x, End: true}}}], End: true})~",
         R"~(3:125 at /States/S/Branches[1]/States/B/Seconds: expected 'Seconds' to be a whole number from 0 to 99999999, but it is 'x')~"},
    };
    check_rules(cases, kState, "");
}

TEST_CASE("A workflow's own members: the rules") {
    const std::vector<RuleCase> cases = {
        {"name is a name",
         R"~({name: "a b", StartAt: A, States: {A: {Type: Succeed}}})~",
         R"~(1:8 STATE_MACHINE_NAME_INVALID at /name: expected a name of letters, digits, '-' and '_', but it is 'a b' (blanks and < > { } [ ] ? * " # % \ ^ | ~ ` $ & , ; : / are not allowed))~"},
        {"name is not empty",
         R"~({name: "", StartAt: A, States: {A: {Type: Succeed}}})~",
         R"~(1:8 STATE_MACHINE_NAME_EMPTY at /name: expected a name, but it is empty)~"},
        {"name has at most 80 characters",
         R"~({name: nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn, StartAt: A, States: {A: {Type: Succeed}}})~",
         R"~(1:8 STATE_MACHINE_NAME_TOO_LONG at /name: expected a name of at most 80 characters, but it has 81)~"},
        {"name is a string",
         R"~({name: 5, StartAt: A, States: {A: {Type: Succeed}}})~",
         R"~(1:8 at /name: expected 'name' to be a string, but it is 5)~"},
        {"unknown members are refused with the likely one",
         R"~({schedule: [], StartAt: A, States: {A: {Type: Succeed}}})~",
         R"~(1:2 at /schedule: expected a field of a state machine, but 'schedule' is none (did you mean 'schedules'?))~"},
        {"lists hold objects",
         R"~({schedules: [daily], triggers: {}, StartAt: A, States: {A: {Type: Succeed}}})~",
         R"~(1:13 at /schedules: expected 'schedules' to be a list of objects, but it is an array
1:32 at /triggers: expected 'triggers' to be a list of objects, but it is an empty object)~"},
        {"each member has its form",
         R"~({description: 1, notify: ops, limits: [], tags: [1], owner: [], docs: 1, concurrency: x, pool: 1, deadlines: 1, retention: 1, parameters: [], version: {}, StartAt: A, States: {A: {Type: Succeed}}})~",
         R"~(1:15 at /description: expected 'description' to be a string, but it is 1
1:26 at /notify: expected 'notify' to be an object from events to lists of channels, but it is 'ops'
1:31 at /limits: expected no 'limits', for a workflow has none of its own ('TimeoutSeconds', 'concurrency', 'pool' and 'retention' limit its runs; the limits of all runs stand in the configuration)
1:49 at /tags: expected 'tags' to be an object or a list of strings, but it is an array
1:61 at /owner: expected 'owner' to be a string, but it is an empty array
1:71 at /docs: expected 'docs' to be a string, but it is 1
1:87 at /concurrency: expected 'concurrency' to be a number or an object, but it is 'x'
1:96 at /pool: expected 'pool' to be a string or an object from states to pools, but it is 1
1:110 at /deadlines: expected 'deadlines' to be an object or a list of objects, but it is 1
1:124 at /retention: expected 'retention' to be a string or an object, but it is 1
1:139 at /parameters: expected 'parameters' to be an object, but it is an empty array
1:152 at /version: expected 'version' to be a string or a number, but it is an empty object)~"},
        {"how runs are operated: each fault at its place",
         R"~({concurrency: 0, priority: 2000, pool: {A: 1}, retention: {succeeded: 7x, days: 1}, notify: {fail: ops, late: [""]}, StartAt: A, States: {A: {Type: Succeed}}})~",
         R"~(1:15 at /concurrency: expected 'concurrency' to be an integer from 1 to 1000000, but it is 0
1:28 at /priority: expected 'priority' to be an integer from -1000 to 1000, but it is 2000
1:44 at /pool/A: expected 'A' to be a name, but it is 1
1:71 at /retention/succeeded: expected 'succeeded' to be a time such as 30d, 12h or forever, but it is '7x'
1:81 at /retention/days: expected one of 'succeeded', 'failed' and 'runs', but it is 'days'
1:100 at /notify/fail: expected one of 'failed', 'recovered' and 'late', but it is 'fail'
1:111 at /notify/late: expected 'late' to be a name, but it is '')~"},
        {"all members in their right form",
         R"~({name: n, description: d, schedules: [{cron: "@daily"}], triggers: [], notify: {}, tags: {a: b}, owner: o, docs: u, concurrency: 1, pool: p, deadlines: [{start_by: "8:00"}], retention: 7d, parameters: {}, version: 3, StartAt: A, States: {A: {Type: Succeed}}})~",
         R"~()~"},
    };
    check_rules(cases, "", "");
}

TEST_CASE("Assign: the rules") {
    const std::vector<RuleCase> cases = {
        {"Assign is an object",
         R"~({Type: Pass, Assign: 5, End: true})~",
         R"~(3:27 at /States/S/Assign: expected 'Assign' to be an object, but it is 5)~"},
        {"a variable begins with a letter",
         R"~({Type: Pass, Assign: {1a: 1}, End: true})~",
         R"~(3:28 at /States/S/Assign/1a: expected the name of a variable (a letter, then letters, digits and '_'), but it is '1a')~"},
        {"a variable has letters, digits and _",
         R"~({Type: Pass, Assign: {a.b: 1, a-b.$: $}, End: true})~",
         R"~(3:28 at /States/S/Assign/a.b: expected the name of a variable (a letter, then letters, digits and '_'), but it is 'a.b'
3:36 at /States/S/Assign/a-b.$: expected the name of a variable (a letter, then letters, digits and '_'), but it is 'a-b')~"},
        {"letters are not only ASCII",
         R"~({Type: Pass, Assign: {größe: 1, 値.$: $, "a😀": 1}, End: true})~",
         R"~(3:46 at /States/S/Assign/a😀: expected the name of a variable (a letter, then letters, digits and '_'), but it is 'a😀')~"},
        {"'states' is reserved",
         R"~({Type: Pass, Assign: {states: 1}, End: true})~",
         R"~(3:28 at /States/S/Assign/states: expected another name than 'states', which is reserved)~"},
        {"a variable has at most 80 characters",
         R"~({Type: Pass, Assign: {vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv: 1}, End: true})~",
         R"~(3:28 at /States/S/Assign/vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv: expected a name of at most 80 characters, but it has 81)~"},
        {"values are templates",
         R"~({Type: Pass, Assign: {a.$: x}, End: true})~",
         R"~(3:33 at /States/S/Assign: The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic function call (...)~"},
        {"an inner scope cannot assign outer variables",
         R"~({Type: Map, Assign: {a: 1}, End: true, ItemProcessor: {StartAt: A, States: {A: {Type: Pass, Assign: {a.$: $}, End: true}}}})~",
         R"~(3:107 at /States/S/ItemProcessor/States/A/Assign/a.$: expected a name that no enclosing scope assigns, but 'a' is assigned further out (choose another name, or assign it in the Parallel or Map state itself))~"},
        {"catchers and rules assign, too",
         R"~({Type: Parallel, Catch: [{ErrorEquals: [E], Next: S, Assign: {a: 1}}], End: true, Branches: [{StartAt: A, States: {A: {Type: Choice, Choices: [{Variable: $.x, IsNull: true, Next: B, Assign: {a: 2}}], Default: B}, B: {Type: Succeed}}}]})~",
         R"~(3:197 at /States/S/Branches[0]/States/A/Choices[0]/Assign/a: expected a name that no enclosing scope assigns, but 'a' is assigned further out (choose another name, or assign it in the Parallel or Map state itself))~"},
        {"siblings may assign the same names",
         R"~({Type: Parallel, End: true, Branches: [{StartAt: A, States: {A: {Type: Pass, Assign: {a: 1}, End: true}}}, {StartAt: B, States: {B: {Type: Pass, Assign: {a: 1}, End: true}}}]})~",
         R"~()~"},
        {"Succeed has no Assign",
         R"~({Type: Succeed, Assign: {a: 1}})~",
         R"~(3:22 at /States/S/Assign: expected a field of a Succeed state, but 'Assign' is none ('Assign' belongs to states of the types 'Task', 'Wait', 'Pass', 'Choice', 'Parallel' and 'Map'))~"},
    };
    check_rules(cases, kState, "");
}

// clang-format on

}  // namespace stepwell::test

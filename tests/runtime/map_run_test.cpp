// Map Runs in the engine: their executions, what they count, and what no crash loses.
#include "engine/core/map_run.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "engine/runtime/map_run_documents.hpp"
#include "tests/runtime/stage.hpp"

namespace stepwell::test {

using namespace std::chrono_literals;
using namespace runtime;

namespace {

namespace fs = std::filesystem;

const std::string kPassItem = R"("StartAt":"P","States":{"P":{"Type":"Pass","End":true}})";
const std::string kWaitItem =
    R"("StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}})";
const std::string kTaskItem =
    R"("StartAt":"T","States":{"T":{"Type":"Task","Resource":"stepwell:shell","End":true}})";

std::string distributed(const std::string& machine, const std::string& more = "") {
    return R"({"StartAt":"M","States":{"M":{"Type":"Map","Label":"each","End":true)" + more +
           R"(,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED",)"
           R"("ExecutionType":"STANDARD"},)" +
           machine + "}}}}";
}

/// "[0,1,2,...]".
std::string item_list(int count) {
    Json array = Json::array();
    for (int i = 0; i < count; ++i) array.push_back(i);
    return to_text(array);
}

const std::string kCsvReader =
    R"(,"ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"CSV",)"
    R"("CSVHeaderLocation":"FIRST_ROW"},"Parameters":{"Bucket":"shop","Key.$":"$.file"}})";

/// A folder for what tasks write, which goes with it.
class TaskFolder {
public:
    TaskFolder() {
        std::string pattern = (fs::temp_directory_path() / "stepwell-map-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    ~TaskFolder() { fs::remove_all(path_); }
    TaskFolder(const TaskFolder&) = delete;
    TaskFolder& operator=(const TaskFolder&) = delete;
    [[nodiscard]] EngineSettings settings() const {
        EngineSettings settings;
        settings.map_runs_folder = path_ / "map_runs";
        return settings;
    }
    /// What the task is asked to write.
    void write(const TaskRequest& task, const std::vector<std::string>& lines) const {
        const fs::path file = path_ / string_or(task.parameters.json(), "ItemsFile", "?");
        fs::create_directories(file.parent_path());
        std::ofstream out(file);
        for (const std::string& line : lines) out << line << "\n";
    }
    /// Of the file that a task is told to read.
    [[nodiscard]] std::vector<Json> lines(const TaskRequest& task, const char* name) const {
        std::ifstream in(path_ / string_or(task.parameters.json(), name, "?"));
        std::vector<Json> lines;
        for (std::string line; std::getline(in, line);) lines.push_back(*parse_json(line));
        return lines;
    }
    [[nodiscard]] std::size_t folders() const {
        std::size_t count = 0;
        if (!fs::exists(path_ / "map_runs")) return 0;
        for (const auto& entry : fs::directory_iterator(path_ / "map_runs")) {
            count += entry.is_directory() ? 1 : 0;
        }
        return count;
    }

private:
    fs::path path_;
};

class MapStage : public Stage {
public:
    using Stage::Stage;
    /// The task that reads items gives these.
    void read(const TaskFolder& folder, const std::vector<std::string>& lines) {
        REQUIRE(!runner.started.empty());
        const TaskRequest task = runner.started.back();
        CHECK(task.resource == kReadItems);
        folder.write(task, lines);
        engine().succeeded(task.token, Payload(Json{{"Items", lines.size()}}));
        settle();
    }
    ExecutionId begin(const std::string& definition, const std::string& input) {
        REQUIRE(create("shop", definition));
        const auto started = start("shop", input);
        REQUIRE(started);
        return started->id;
    }
    std::vector<core::MapRun> runs() {
        std::vector<core::MapRun> all;
        const auto documents = journal().documents(kMapRuns, "", 1'000);
        REQUIRE(documents);
        for (const auto& one : *documents) {
            all.push_back(*core::map_run_from(*parse_json(one.value)));
        }
        return all;
    }
    std::vector<journal::ExecutionRecord> children(ExecutionId id) {
        journal::ExecutionQuery query;
        query.parent = id;
        query.is_oldest_first = true;
        query.limit = 100'000;
        return *journal().executions(query);
    }
    std::size_t open_documents() { return journal().documents(kOpenMapRuns, "", 1'000)->size(); }
    std::size_t parts() { return journal().documents(kMapRunParts, "", 1'000)->size(); }
};

}  // namespace

TEST_CASE("each item is an execution of its own, and the outputs come in the items' order") {
    MapStage stage;
    const auto id = stage.begin(distributed(kPassItem, R"(,"ItemSelector":{"v.$":)"
                                                       R"("$$.Map.Item.Value","i.$":)"
                                                       R"("$$.Map.Item.Index"})"),
                                R"(["a","b"])");
    CHECK(stage.outcome(id) == R"(SUCCEEDED [{"v":"a","i":0},{"v":"b","i":1}])");
    CHECK(stage.types(id) ==
          "ExecutionStarted MapStateEntered MapStateStarted MapRunStarted MapRunSucceeded "
          "MapStateSucceeded MapStateExited ExecutionSucceeded");
    const auto children = stage.children(id);
    REQUIRE(children.size() == 2);
    const auto child = stage.reader().describe(children[0].id);
    REQUIRE(child);
    CHECK(child->summary.arn ==
          "arn:aws:states:us-east-1:123456789012:execution:shop/each:" + child->summary.name);
    CHECK(child->summary.workflow_arn ==
          "arn:aws:states:us-east-1:123456789012:stateMachine:shop/each");
    CHECK(child->summary.origin == kMapOrigin);
    CHECK(*stage.reader().find(child->summary.arn) == children[0].id);
    REQUIRE(stage.runs().size() == 1);
    CHECK(stage.runs()[0].items == core::MapRunCounts{0, 2, 0, 0, 0, 0});
    CHECK(stage.open_documents() == 0);
    CHECK(stage.parts() == 0);
    // The machine of the items is no workflow that anybody sees.
    CHECK(stage.reader().workflows()->size() == 1);
}

TEST_CASE("items are gathered into executions, as many as ItemBatcher lets") {
    struct Case {
        std::string name;
        std::string batcher;
        std::string input;
        std::string want;
    };
    const std::string items = R"(,"ItemsPath":"$.items")";
    const std::vector<Case> cases = {
        {"by their number", R"({"MaxItemsPerBatch":2})", R"({"items":[1,2,3,4,5]})",
         R"([{"Items":[1,2]},{"Items":[3,4]},{"Items":[5]}])"},
        {"by a number that the input says", R"({"MaxItemsPerBatchPath":"$.n"})",
         R"({"n":3,"items":[1,2,3]})", R"([{"Items":[1,2,3]}])"},
        {"by their bytes", R"({"MaxInputBytesPerBatch":17})", R"({"items":[1,2,3,4,"abcdefghi"]})",
         R"([{"Items":[1,2,3]},{"Items":[4]},{"Items":["abcdefghi"]}])"},
        {"by whichever comes first", R"({"MaxItemsPerBatch":2,"MaxInputBytesPerBatch":17})",
         R"({"items":[1,2,"abcd"]})", R"([{"Items":[1,2]},{"Items":["abcd"]}])"},
        {"with an input that all have", R"({"MaxItemsPerBatch":2,"BatchInput":{"f.$":"$.fact"}})",
         R"({"fact":"x","items":[1,2,3]})",
         R"([{"BatchInput":{"f":"x"},"Items":[1,2]},{"BatchInput":{"f":"x"},"Items":[3]}])"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.name);
        MapStage stage;
        const auto id =
            stage.begin(distributed(kPassItem, items + R"(,"ItemBatcher":)" + c.batcher), c.input);
        CHECK(stage.outcome(id) == "SUCCEEDED " + c.want);
    }
}

TEST_CASE("ItemSelector makes the items that are gathered; what is counted are items") {
    MapStage stage;
    const auto id = stage.begin(
        distributed(kTaskItem,
                    R"(,"ItemBatcher":{"MaxItemsPerBatch":40},"ToleratedFailureCount":39,)"
                    R"("ItemSelector":{"i.$":"$$.Map.Item.Index"})"),
        item_list(100));
    REQUIRE(stage.runner.started.size() == 3);
    CHECK(stage.runner.started[2].parameters.text().starts_with(R"({"Items":[{"i":80},{"i":81},)"));
    stage.engine().succeeded(stage.runner.started[2].token, Payload::trusted("1"));
    stage.settle();
    CHECK(stage.runs()[0].items == core::MapRunCounts{80, 20, 0, 0, 0, 0});
    CHECK(stage.runs()[0].executions == core::MapRunCounts{2, 1, 0, 0, 0, 0});
    stage.engine().failed(stage.runner.started[0].token, "Boom", std::nullopt);
    stage.settle();
    CHECK(stage.outcome(id) == "FAILED States.ExceedToleratedFailureThreshold");
    CHECK(stage.runs()[0].items == core::MapRunCounts{0, 20, 40, 0, 40, 0});

    stage.boot();
    RedriveRequest request;
    request.id = id;
    REQUIRE(stage.answer_of<Redriven>(
        [&](auto answer) { stage.engine().redrive_execution(request, answer); }));
    REQUIRE(stage.runner.started.size() == 2);
    CHECK(stage.runs()[0].items == core::MapRunCounts{80, 20, 0, 0, 0, 0});
    for (const auto& task : std::vector(stage.runner.started)) {
        stage.engine().succeeded(task.token, Payload::trusted("2"));
    }
    stage.settle();
    CHECK(stage.outcome(id) == "SUCCEEDED [2,2,1]");
    CHECK(stage.runs()[0].items == core::MapRunCounts{0, 100, 0, 0, 0, 0});
}

TEST_CASE("a task reads the items, and they are taken from there one by one") {
    const TaskFolder folder;
    MapStage stage(folder.settings());
    const auto id = stage.begin(
        distributed(kPassItem, kCsvReader + R"(,"ItemsPath":"$.no.such","ItemSelector":{)"
                                            R"("s.$":"$$.Map.Item.Source",)"
                                            R"("v.$":"$$.Map.Item.Value","f.$":"$.file"})"),
        R"({"file":"a.csv"})");
    REQUIRE(stage.runner.started.size() == 1);
    const TaskRequest task = stage.runner.started[0];
    CHECK(task.parameters.json()["Bucket"] == "shop");
    CHECK(task.parameters.json()["Key"] == "a.csv");
    CHECK(task.parameters.json()["Resource"] == "s3:getObject");
    CHECK(task.state_name == "M");
    CHECK_FALSE(stage.runs()[0].total);
    stage.read(folder, {R"({"a":1})", R"({"a":2})"});
    CHECK(stage.outcome(id) == R"(SUCCEEDED [{"s":"S3://shop/a.csv","v":{"a":1},"f":"a.csv"},)"
                               R"({"s":"S3://shop/a.csv","v":{"a":2},"f":"a.csv"}])");
    CHECK(stage.types(id) ==
          "ExecutionStarted MapStateEntered MapStateStarted MapRunStarted MapRunSucceeded "
          "MapStateSucceeded MapStateExited ExecutionSucceeded");
    CHECK(folder.folders() == 0);
}

TEST_CASE("who cannot read the items fails the Map Run, and a redrive reads again") {
    const TaskFolder folder;
    MapStage stage(folder.settings());
    const auto id = stage.begin(distributed(kPassItem, kCsvReader), R"({"file":"a.csv"})");
    stage.engine().failed(stage.runner.started[0].token, "Stepwell.HostCrashed", "signal 9");
    stage.settle();
    CHECK(stage.outcome(id) == "FAILED States.ItemReaderFailed");
    CHECK(stage.runs()[0].cause == "Stepwell.HostCrashed: signal 9");
    RedriveRequest request;
    request.id = id;
    REQUIRE(stage.answer_of<Redriven>(
        [&](auto answer) { stage.engine().redrive_execution(request, answer); }));
    REQUIRE(stage.runner.started.size() == 2);
    stage.read(folder, {"1", "2"});
    CHECK(stage.outcome(id) == "SUCCEEDED [1,2]");
}

TEST_CASE("who stops the parent stops the task that reads, and none of its items begins") {
    const TaskFolder folder;
    MapStage stage(folder.settings());
    const auto id = stage.begin(distributed(kPassItem, kCsvReader), R"({"file":"a.csv"})");
    stage.engine().stop_execution(id, {}, nullptr);
    stage.settle();
    CHECK(stage.runner.cancelled.size() == 1);
    CHECK(stage.runs()[0].status == core::MapRunStatus::aborted);
    CHECK(stage.children(id).empty());
}

TEST_CASE("items that were read survive a restart anywhere, in batches and one by one") {
    for (const std::string more : {"", R"(,"ItemBatcher":{"MaxItemsPerBatch":2})"}) {
        for (int turns = 1; turns < 40; ++turns) {
            CAPTURE(turns);
            CAPTURE(more);
            const TaskFolder folder;
            MapStage stage(folder.settings());
            REQUIRE(stage.create(
                "shop", distributed(kWaitItem, R"(,"MaxConcurrency":2)" + kCsvReader + more)));
            StartRequest request;
            request.workflow = "shop";
            request.input = Payload::trusted(R"({"file":"a.csv"})");
            stage.engine().start_execution(request, nullptr);
            std::size_t answered = 0;
            const auto answer = [&] {
                for (; answered < stage.runner.started.size(); ++answered) {
                    const TaskRequest& task = stage.runner.started[answered];
                    folder.write(task, {"1", "22", "333", "4444", "55555"});
                    stage.engine().succeeded(task.token, Payload(Json{{"Items", 5}}));
                }
            };
            for (int i = 0; i < turns; ++i) {
                if (!stage.engine().step()) stage.clock.advance(60s);
                if (i > turns / 2) answer();
            }
            stage.boot();
            answered = 0;
            for (int i = 0; i < 10; ++i) {
                stage.settle();
                answer();
                stage.advance(60s);
            }
            const auto id = stage.reader().find("1");
            REQUIRE(id);
            CHECK(stage.outcome(*id) ==
                  (more.empty() ? "SUCCEEDED [1,22,333,4444,55555]"
                                : R"(SUCCEEDED [{"Items":[1,22]},{"Items":[333,4444]},)"
                                  R"({"Items":[55555]}])"));
            CHECK(stage.children(*id).size() == (more.empty() ? 5 : 3));
            CHECK(folder.folders() == 0);
        }
    }
}

TEST_CASE(
    "results that become files are put together for a task, and the state says where they are") {
    const TaskFolder folder;
    MapStage stage(folder.settings());
    const auto id = stage.begin(
        distributed(kTaskItem,
                    R"(,"ToleratedFailureCount":0,"MaxConcurrency":2,"ItemsPath":"$.items",)"
                    R"("ResultWriter":{"Resource":"arn:aws:states:::s3:putObject",)"
                    R"("Parameters":{"Bucket":"out","Prefix.$":"$.prefix"}})"),
        R"({"prefix":"a/b/","items":[1,2,3]})");
    REQUIRE(stage.runner.started.size() == 2);
    stage.engine().failed(stage.runner.started[0].token, "Boom", "it broke");
    stage.engine().succeeded(stage.runner.started[1].token, Payload::trusted(R"({"x":1})"));
    stage.settle();
    REQUIRE(stage.runner.started.size() == 3);
    const TaskRequest task = stage.runner.started[2];
    CHECK(task.resource == kWriteResults);
    const Json& parameters = task.parameters.json();
    CHECK(parameters["Bucket"] == "out");
    const std::string arn = stage.runs()[0].plan.arn;
    CHECK(parameters["Folder"] == "a/b/" + map_run_name(arn));
    CHECK(parameters["Transformation"] == "NONE");
    const auto records = folder.lines(task, "ResultsFile");
    REQUIRE(records.size() == 3);
    CHECK(records[0]["Status"] == "FAILED");
    CHECK(records[0]["Error"] == "Boom");
    CHECK(records[0]["Input"] == "1");
    CHECK(records[1]["Status"] == "SUCCEEDED");
    CHECK(records[1]["Output"] == R"({"x":1})");
    CHECK(records[2] ==
          Json{{"Input", "3"}, {"InputDetails", {{"Included", true}}}, {"Status", "PENDING"}});
    stage.engine().succeeded(task.token, Payload());
    stage.settle();
    CHECK(stage.outcome(id) == "FAILED States.ExceedToleratedFailureThreshold");
    CHECK(stage.runs()[0].executions.results_written == 2);

    stage.boot();
    RedriveRequest request;
    request.id = id;
    REQUIRE(stage.answer_of<Redriven>(
        [&](auto answer) { stage.engine().redrive_execution(request, answer); }));
    for (const auto& again : std::vector(stage.runner.started)) {
        stage.engine().succeeded(again.token, Payload::trusted("2"));
    }
    stage.settle();
    const TaskRequest last = stage.runner.started.back();
    REQUIRE(last.resource == kWriteResults);
    CHECK(folder.lines(last, "ResultsFile").size() == 3);
    stage.engine().succeeded(last.token, Payload());
    stage.settle();
    CHECK(stage.outcome(id) ==
          "SUCCEEDED " + to_text(Json{{"MapRunArn", arn},
                                      {"ResultWriterDetails",
                                       {{"Bucket", "out"},
                                        {"Key", "a/b/" + map_run_name(arn) + "/manifest.json"}}}}));
    CHECK(folder.folders() == 0);
}

TEST_CASE("who cannot write the results fails the Map Run; a restart writes them again") {
    const TaskFolder folder;
    MapStage stage(folder.settings());
    const auto id = stage.begin(
        distributed(kPassItem, R"(,"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject",)"
                               R"("Parameters":{"Bucket":"out"}})"),
        "[1]");
    REQUIRE(stage.runner.started.size() == 1);
    CHECK(folder.lines(stage.runner.started[0], "ResultsFile").size() == 1);
    stage.boot();
    stage.settle();
    REQUIRE(stage.runner.started.size() == 1);
    CHECK(stage.runner.started[0].is_restarted);
    CHECK(folder.lines(stage.runner.started[0], "ResultsFile").size() == 1);
    stage.engine().failed(stage.runner.started[0].token, "States.ResultWriterFailed", "no room");
    stage.settle();
    CHECK(stage.outcome(id) == "FAILED States.ResultWriterFailed");
    CHECK(stage.runs()[0].cause == "no room");
}

TEST_CASE("WriterConfig alone gives the result another form") {
    const auto outcome = [](const std::string& config, const std::string& input) {
        MapStage stage;
        return stage.outcome(stage.begin(
            distributed(kPassItem, R"(,"ResultWriter":{"WriterConfig":)" + config + "}"), input));
    };
    CHECK(outcome(R"({"Transformation":"FLATTEN"})", R"([[1,2],[],3])") == "SUCCEEDED [1,2,3]");
    CHECK(outcome(R"({"Transformation":"COMPACT"})", R"([[1,2],3])") == "SUCCEEDED [[1,2],3]");
    CHECK(outcome(R"({"OutputType":"JSONL"})", R"([1,2])") == R"(SUCCEEDED "1\n2")");
    CHECK(outcome(R"({"Transformation":"NONE"})", "[7]").find(R"("Input":"7")") !=
          std::string::npos);
}

TEST_CASE("a limit of ItemBatcher that makes no sense fails the state") {
    const auto outcome = [](const std::string& batcher, const std::string& input) {
        MapStage stage;
        const auto id = stage.begin(
            distributed(kPassItem, R"(,"ItemsPath":"$.items","ItemBatcher":)" + batcher), input);
        return stage.outcome(id);
    };
    CHECK(outcome(R"({"MaxItemsPerBatchPath":"$.n"})", R"({"n":0,"items":[1]})") ==
          "FAILED States.Runtime");
    CHECK(outcome(R"({"MaxItemsPerBatchPath":"$.n"})", R"({"n":"x","items":[1]})") ==
          "FAILED States.Runtime");
    CHECK(outcome(R"({"MaxInputBytesPerBatchPath":"$.n"})", R"({"n":262145,"items":[1]})") ==
          "FAILED States.Runtime");
}

TEST_CASE("batches in JSONata") {
    MapStage stage;
    const auto id = stage.begin(
        R"({"QueryLanguage":"JSONata","StartAt":"M","States":{"M":{"Type":"Map","End":true,
            "Items":"{% $states.input.items %}","ItemSelector":"{% $states.context.Map.Item.Value * 2 %}",
            "ItemBatcher":{"MaxItemsPerBatch":"{% $states.input.n %}","BatchInput":{"k":"{% $states.input.n %}"}},
            "ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},)" +
            kPassItem + "}}}}",
        R"({"n":2,"items":[1,2,3]})");
    CHECK(stage.outcome(id) ==
          R"(SUCCEEDED [{"BatchInput":{"k":2},"Items":[2,4]},{"BatchInput":{"k":2},"Items":[6]}])");
}

TEST_CASE("no items, no executions") {
    MapStage stage;
    const auto id = stage.begin(distributed(kPassItem), "[]");
    CHECK(stage.outcome(id) == "SUCCEEDED []");
    CHECK(stage.children(id).empty());
}

TEST_CASE("no more executions run than MaxConcurrency says") {
    MapStage stage;
    const auto id = stage.begin(distributed(kWaitItem, R"(,"MaxConcurrency":3)"), item_list(7));
    std::vector<std::size_t> begun;
    for (int i = 0; i < 3; ++i) {
        begun.push_back(stage.children(id).size());
        stage.advance(60s);
    }
    CHECK(begun == std::vector<std::size_t>{3, 6, 7});
    CHECK(stage.outcome(id) == "SUCCEEDED [0,1,2,3,4,5,6]");
}

TEST_CASE("the parent's history does not grow with the items") {
    MapStage stage;
    const auto id =
        stage.begin(distributed(kPassItem, R"(,"ItemsPath":"$.items","ResultPath":null)"),
                    R"({"items":)" + item_list(10'000) + "}");
    CHECK(stage.outcome(id).starts_with("SUCCEEDED"));
    CHECK(stage.reader().history(id, {})->items.size() == 8);
    CHECK(stage.children(id).size() == 10'000);
    CHECK(stage.runs()[0].items.succeeded == 10'000);
}

TEST_CASE("an item that fails fails the Map Run, and the others are stopped") {
    MapStage stage;
    const auto id = stage.begin(distributed(kTaskItem), item_list(3));
    REQUIRE(stage.runner.started.size() == 3);
    stage.engine().failed(stage.runner.started[1].token, "Boom", "it broke");
    stage.settle();
    CHECK(stage.outcome(id) == "FAILED States.ExceedToleratedFailureThreshold");
    CHECK(stage.types(id).ends_with("MapRunStarted MapRunFailed MapStateFailed ExecutionFailed"));
    CHECK(stage.runs()[0].executions == core::MapRunCounts{0, 0, 1, 0, 2, 0});
    CHECK(stage.runner.cancelled.size() == 2);
}

TEST_CASE("failures that are tolerated leave the outputs of the others") {
    MapStage stage;
    const auto id =
        stage.begin(distributed(kTaskItem, R"(,"ToleratedFailureCount":1)"), item_list(3));
    const auto started = stage.runner.started;
    stage.engine().failed(started[1].token, "Boom", std::nullopt);
    stage.engine().succeeded(started[0].token, Payload::trusted("10"));
    stage.engine().succeeded(started[2].token, Payload::trusted("12"));
    stage.settle();
    CHECK(stage.outcome(id) == "SUCCEEDED [10,12]");
}

TEST_CASE("who stops the parent stops its items, and the Map Run is aborted") {
    MapStage stage;
    const auto id = stage.begin(distributed(kWaitItem), item_list(700));
    stage.engine().stop_execution(id, {}, nullptr);
    stage.settle();
    CHECK(stage.outcome(id) == "ABORTED");
    const auto children = stage.children(id);
    CHECK(std::all_of(children.begin(), children.end(),
                      [](const auto& child) { return child.status == core::Status::aborted; }));
    CHECK(stage.runs()[0].status == core::MapRunStatus::aborted);
    CHECK(stage.open_documents() == 0);
}

TEST_CASE(
    "an output that is larger than a state may hand on fails the state, unless it is dropped") {
    const std::string item = R"("StartAt":"P","States":{"P":{"Type":"Pass","Result":")" +
                             std::string(100'000, 'x') + R"(","End":true}})";
    MapStage stage;
    CHECK(stage.outcome(stage.begin(distributed(item), item_list(3))) ==
          "FAILED States.DataLimitExceeded");
    CHECK(stage.parts() == 0);
    MapStage dropping;
    CHECK(dropping.outcome(dropping.begin(distributed(item, R"(,"ResultPath":null)"),
                                          item_list(3))) == "SUCCEEDED [0,1,2]");
}

TEST_CASE("a restart anywhere begins no item twice and forgets none") {
    for (int turns = 1; turns < 40; ++turns) {
        CAPTURE(turns);
        MapStage stage;
        REQUIRE(stage.create("shop", distributed(kWaitItem, R"(,"MaxConcurrency":4)")));
        StartRequest request;
        request.workflow = "shop";
        request.input = Payload::trusted(item_list(9));
        stage.engine().start_execution(request, nullptr);
        for (int i = 0; i < turns; ++i) {
            if (!stage.engine().step()) stage.clock.advance(60s);
        }
        stage.boot();
        for (int i = 0; i < 10; ++i) stage.advance(60s);
        const auto id = stage.reader().find("1");
        REQUIRE(id);
        CHECK(stage.outcome(*id) == "SUCCEEDED [0,1,2,3,4,5,6,7,8]");
        CHECK(stage.children(*id).size() == 9);
    }
}

TEST_CASE("a redrive runs what did not succeed, and nothing else") {
    MapStage stage;
    const auto id = stage.begin(distributed(kTaskItem, R"(,"MaxConcurrency":3)"), item_list(5));
    const auto first = stage.runner.started;
    REQUIRE(first.size() == 3);
    stage.engine().succeeded(first[0].token, Payload::trusted("10"));
    stage.settle();
    stage.engine().failed(first[1].token, "Boom", std::nullopt);
    stage.settle();
    REQUIRE(stage.outcome(id).starts_with("FAILED"));
    const std::string arn = stage.runs()[0].plan.arn;
    stage.boot();  // nothing of it is in memory
    RedriveRequest request;
    request.id = id;
    REQUIRE(stage.answer_of<Redriven>(
        [&](auto answer) { stage.engine().redrive_execution(request, answer); }));
    // Two were in flight or failed, and one had been stopped; the last had not begun.
    std::size_t answered = 0;
    for (int round = 0; round < 5; ++round) {
        while (answered < stage.runner.started.size()) {
            stage.engine().succeeded(stage.runner.started[answered++].token,
                                     Payload::trusted("20"));
        }
        stage.settle();
    }
    CHECK(stage.outcome(id) == "SUCCEEDED [10,20,20,20,20]");
    CHECK(answered == 4);
    CHECK(stage.children(id).size() == 5);
    REQUIRE(stage.runs().size() == 1);
    CHECK(stage.runs()[0].plan.arn == arn);
    CHECK(stage.runs()[0].redrives == 1);
    CHECK(stage.runs()[0].items == core::MapRunCounts{0, 5, 0, 0, 0, 0});
    CHECK(stage.types(id).find("ExecutionRedriven MapRunRedriven MapRunSucceeded") !=
          std::string::npos);
}

TEST_CASE("a Map Run that goes on takes another concurrency and another tolerance") {
    MapStage stage;
    const auto id = stage.begin(distributed(kTaskItem, R"(,"MaxConcurrency":1)"), item_list(3));
    REQUIRE(stage.runner.started.size() == 1);
    const TaskToken token = stage.runs()[0].token;
    const auto update = [&](const MapRunUpdate& how) {
        return stage.answer_of<void>(
            [&](auto answer) { stage.engine().update_map_run(token, how, answer); });
    };
    MapRunUpdate how;
    how.concurrency_max = 3;
    how.tolerated_count = 2;
    REQUIRE(update(how));
    REQUIRE(stage.runner.started.size() == 3);
    for (const auto& task : std::vector(stage.runner.started)) {
        stage.engine().failed(task.token, "Boom", std::nullopt);
    }
    stage.settle();
    CHECK(stage.outcome(id).starts_with("FAILED"));
    CHECK(stage.runs()[0].items.failed == 3);
    CHECK_FALSE(update(how));
}

TEST_CASE("what is kept of a Map Run goes with its execution") {
    MapStage stage;
    const auto id = stage.begin(distributed(kTaskItem), item_list(2));
    stage.engine().succeeded(stage.runner.started[0].token, Payload::trusted("1"));
    stage.settle();
    stage.engine().failed(stage.runner.started[1].token, "Boom", std::nullopt);
    stage.settle();
    REQUIRE(stage.outcome(id).starts_with("FAILED"));
    CHECK(stage.parts() == 1);
    const auto row = *stage.journal().execution(id);
    Removals removals;
    removals.runs.push_back({id, row->last_chunk});
    REQUIRE(stage.answer_of<void>([&](auto answer) { stage.engine().remove(removals, answer); }));
    CHECK(stage.runs().empty());
    CHECK(stage.parts() == 0);
    CHECK(stage.journal().documents(kMapRunNames, "", 10)->empty());
}

TEST_CASE("Maps within Maps are Map Runs within Map Runs") {
    MapStage stage;
    const std::string inner =
        R"("StartAt":"I","States":{"I":{"Type":"Map","Label":"inner","End":true,)"
        R"("ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},)"
        R"("StartAt":"Q","States":{"Q":{"Type":"Pass","End":true}}}}})";
    const auto id = stage.begin(distributed(inner), "[[1,2],[3]]");
    CHECK(stage.outcome(id) == "SUCCEEDED [[1,2],[3]]");
    CHECK(stage.runs().size() == 3);
}

TEST_CASE("a new version of the workflow gives its Map Runs the new machine") {
    MapStage stage;
    REQUIRE(stage.put("shop", distributed(kPassItem), "{}"));
    CHECK(stage.outcome(stage.start("shop", "[1]")->id) == "SUCCEEDED [1]");
    REQUIRE(stage.put("shop",
                      distributed(R"("StartAt":"P","States":{"P":{"Type":"Pass",)"
                                  R"("Result":"new","End":true}})"),
                      "{}"));
    CHECK(stage.outcome(stage.start("shop", "[1]")->id) == R"(SUCCEEDED ["new"])");
    stage.boot();
    CHECK(stage.outcome(stage.start("shop", "[1]")->id) == R"(SUCCEEDED ["new"])");
}

}  // namespace stepwell::test

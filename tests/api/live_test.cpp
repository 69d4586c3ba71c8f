#include <doctest/doctest.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "api/live/event_feed.hpp"
#include "api/live/event_hub.hpp"
#include "engine/journal/sqlite_journal.hpp"
#include "engine/runtime/clock.hpp"
#include "tests/support/idle_runner.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace stepwell;
using namespace stepwell::api;

namespace {

/// An engine on a disk, and the feed of what it does.
struct Site {
    test::TemporaryFolder folder;
    std::unique_ptr<journal::SqliteJournal> journal;
    test::IdleRunner runner;
    std::unique_ptr<runtime::Engine> engine;
    Readers readers{folder.path()};
    std::unique_ptr<EventFeed> feed;

    explicit Site(FeedSettings settings = {}) {
        boot(settings);
        runtime::WorkflowSpec spec;
        spec.name = "pass";
        spec.definition = R"({"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}})";
        REQUIRE(engine->create_workflow_now(spec));
        spec.name = "wait";
        spec.definition =
            R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":9000,"End":true}}})";
        REQUIRE(engine->create_workflow_now(spec));
    }
    ~Site() { end(); }

    void boot(FeedSettings settings = {}) {
        settings.pause = Duration(1);
        journal = std::move(journal::SqliteJournal::open(folder.path(), 7)).value();
        engine = std::make_unique<runtime::Engine>(runtime::EngineSettings{}, *journal,
                                                   runtime::system_clock());
        REQUIRE(engine->start(runner));
        feed = std::make_unique<EventFeed>(*engine, readers, settings);
    }
    void end() {
        if (feed) feed->stop();
        feed.reset();
        engine.reset();
        journal.reset();
    }

    ExecutionId run(const std::string& workflow) {
        runtime::StartRequest request;
        request.workflow = workflow;
        return engine->start_execution_now(request)->id;
    }
    void redrive(ExecutionId run) {
        runtime::RedriveRequest request;
        request.id = run;
        REQUIRE(engine->redrive_execution_now(request));
    }
    std::shared_ptr<Stream> open(const EventFilter& filter,
                                 std::optional<FeedPosition> after = std::nullopt) {
        auto stream = feed->open(filter, after);
        REQUIRE(stream);
        return *stream;
    }
};

/// Reads a stream as the server does, on this thread.
class Listener {
public:
    explicit Listener(std::shared_ptr<Stream> stream) : stream_(std::move(stream)) {
        stream_->on_ready([this] {
            const std::lock_guard lock(mutex_);
            is_ready_ = true;
            changed_.notify_one();
        });
    }
    ~Listener() { stream_->on_ready({}); }

    /// What comes until `count` frames are there, or the stream ends.
    std::vector<std::string> frames(std::size_t count) {
        while (count_of(text_) < count) {
            const auto next = stream_->next(text_);
            if (!has_begun_) begin();
            if (next == Stream::Next::end) break;
            if (next == Stream::Next::wait && count_of(text_) < count) wait();
        }
        return split();
    }
    std::string idle() { return stream_->idle(); }

    /// The id with which the stream began, before any event.
    [[nodiscard]] std::string first_id() const { return first_id_; }

private:
    /// Takes off what comes before the first event.
    void begin() {
        has_begun_ = true;
        const std::string comment = ": nothing new\nid: ";
        const auto end = text_.find("\n\n");
        REQUIRE(text_.substr(0, comment.size()) == comment);
        first_id_ = text_.substr(comment.size(), end - comment.size());
        text_.erase(0, end + 2);
    }
    static std::size_t count_of(const std::string& text) {
        std::size_t count = 0;
        for (auto at = text.find("\n\n"); at != text.npos; at = text.find("\n\n", at + 2)) ++count;
        return count;
    }
    void wait() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return is_ready_; });
        is_ready_ = false;
    }
    std::vector<std::string> split() {
        std::vector<std::string> out;
        for (auto at = text_.find("\n\n"); at != text_.npos; at = text_.find("\n\n")) {
            out.push_back(text_.substr(0, at));
            text_.erase(0, at + 2);
        }
        return out;
    }
    const std::shared_ptr<Stream> stream_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool is_ready_ = false;
    bool has_begun_ = false;
    std::string first_id_;
    std::string text_;
};

std::string line_of(const std::string& frame, const std::string& field) {
    const auto at = frame.find(field + ": ");
    if (at == std::string::npos) return "";
    const auto from = at + field.size() + 2;
    return frame.substr(from, frame.find('\n', from) - from);
}

/// "TaskStateEntered of 3", or the name of a frame that is no event of a run.
std::string gist(const std::string& frame) {
    const std::string name = line_of(frame, "event");
    if (!name.empty()) return name;
    const Json data = *parse_json(line_of(frame, "data"));
    return data["type"].get<std::string>() + " of " + std::to_string(data["run"].get<int>());
}

std::vector<std::string> gists(const std::vector<std::string>& frames) {
    std::vector<std::string> out;
    for (const std::string& frame : frames) out.push_back(gist(frame));
    return out;
}

constexpr std::size_t kPassEvents = 4;  // started, entered, exited, succeeded

}  // namespace

TEST_CASE("from the moment of a snapshot on the events tell what is not in it, and nothing else") {
    Site site;
    site.run("pass");
    const auto names_of = [](runtime::Reader& reader) {
        const auto page = reader.list({});
        REQUIRE(page);
        Json ids = Json::array();
        for (const auto& run : page->items) ids.push_back(value_of(run.id));
        return ids;
    };
    const auto snapshot = snapshot_of(site.readers, [&](runtime::Reader& reader) -> Result<Json> {
        Json before = names_of(reader);
        const ExecutionId meanwhile = site.run("pass");
        CHECK(value_of(meanwhile) == 2);
        return Json{{"before", std::move(before)}, {"after", names_of(reader)}};
    });
    REQUIRE(snapshot);
    CHECK(to_text((*snapshot)["before"]) == "[1]");
    CHECK(to_text((*snapshot)["after"]) == "[1]");
    const auto place = parse_position((*snapshot)["as_of"].get<std::string>());
    REQUIRE(place);
    Listener listener(site.open({}, place));
    const auto told = gists(listener.frames(kPassEvents));
    CHECK(told.front() == "ExecutionStarted of 2");
    CHECK(told.back() == "ExecutionSucceeded of 2");
}

TEST_CASE("a place in the feed is written and read the same") {
    for (const std::string text : {"0", "812", "812.3", "18446744073709551615.1"}) {
        CAPTURE(text);
        const auto position = parse_position(text);
        REQUIRE(position);
        CHECK(position->text() == text);
    }
    for (const std::string text : {"", ".", "a", "1.", ".1", "1.2.3", "-1", "1.4294967295", "1 "}) {
        CAPTURE(text);
        CHECK_FALSE(parse_position(text));
    }
}

TEST_CASE("who listens hears what happens from then on, once and in order") {
    Site site;
    site.run("pass");
    Listener listener(site.open({}));
    const auto second = value_of(site.run("pass"));
    const auto third = value_of(site.run("pass"));
    const auto frames = listener.frames(2 * kPassEvents);
    REQUIRE(frames.size() == 2 * kPassEvents);
    CHECK(gist(frames[0]) == "ExecutionStarted of " + std::to_string(second));
    CHECK(gist(frames[3]) == "ExecutionSucceeded of " + std::to_string(second));
    CHECK(gist(frames[7]) == "ExecutionSucceeded of " + std::to_string(third));
    CHECK(frames[0].find("input") == std::string::npos);
}

TEST_CASE("who comes back hears what it missed, from every place, also after a restart") {
    Site site;
    for (int i = 0; i < 3; ++i) site.run("pass");
    Listener first(site.open({}, FeedPosition{0}));
    const auto all = first.frames(3 * kPassEvents);
    REQUIRE(all.size() == 3 * kPassEvents);

    SUBCASE("at once") {}
    SUBCASE("after a restart") {
        site.end();
        site.boot();
    }
    for (std::size_t seen = 1; seen < all.size(); ++seen) {
        CAPTURE(seen);
        Listener again(site.open({}, parse_position(line_of(all[seen - 1], "id"))));
        CHECK(again.frames(all.size() - seen) ==
              std::vector(all.begin() + static_cast<std::ptrdiff_t>(seen), all.end()));
    }
}

TEST_CASE("a listener that falls behind the ring reads the journal, without a gap or a double") {
    FeedSettings settings;
    settings.ring_bytes_max = 1'000;  // some five events
    Site site(settings);
    Listener listener(site.open({}));
    std::vector<std::string> want;
    for (int i = 0; i < 60; ++i) {
        want.push_back("ExecutionSucceeded of " + std::to_string(value_of(site.run("pass"))));
    }
    std::vector<std::string> got;
    for (const std::string& frame : listener.frames(60 * kPassEvents)) {
        if (gist(frame).starts_with("ExecutionSucceeded")) got.push_back(gist(frame));
    }
    CHECK(got == want);
}

TEST_CASE("a filter lets through only what it names, and a quiet listener keeps up") {
    Site site;
    const auto waiting = site.run("wait");
    EventFilter filter;
    filter.workflow = "wait";
    filter.types = {"ExecutionAborted"};
    Listener listener(site.open(filter));
    Listener all(site.open({}));
    site.run("pass");
    const auto last = all.frames(kPassEvents).back();
    REQUIRE(site.engine->stop_execution_now(waiting, {}));
    const auto frames = listener.frames(1);
    CHECK(gists(frames) == std::vector{"ExecutionAborted of " + std::to_string(value_of(waiting))});
    // What it says when there is nothing to say is where it stands.
    const auto place = parse_position(line_of(listener.idle(), "id"));
    CHECK(*place >= *parse_position(line_of(frames[0], "id")));
    CHECK(*place > *parse_position(line_of(last, "id")));
}

TEST_CASE("what changes beside the runs is told to who listens to all, or to that workflow") {
    Site site;
    EventFilter of_pass;
    of_pass.workflow = "pass";
    EventFilter of_type;
    of_type.types = {"ExecutionSucceeded"};
    Listener all(site.open({}));
    Listener pass(site.open(of_pass));
    Listener typed(site.open(of_type));
    site.feed->tell("schedules", "wait#daily");
    site.feed->tell("workflows", "pass");
    const auto told = all.frames(2);
    REQUIRE(told.size() == 2);
    CHECK(told[0] == "event: changed\ndata: {\"kind\":\"schedules\",\"subject\":\"wait#daily\"}");
    CHECK(pass.frames(1) == std::vector<std::string>{told[1]});
    site.run("pass");
    CHECK(gists(typed.frames(1)).front().starts_with("ExecutionSucceeded"));
}

TEST_CASE("of one run all is told from its beginning, and its end ends the stream") {
    Site site;
    const auto run = site.run("wait");
    EventFilter filter;
    filter.run = run;
    Listener listener(site.open(filter, FeedPosition{0, 0}));
    CHECK(listener.frames(2).size() == 2);
    site.run("pass");
    REQUIRE(site.engine->stop_execution_now(run, {}));
    auto rest = listener.frames(100);
    CHECK(gists(rest) ==
          std::vector<std::string>{"ExecutionAborted of " + std::to_string(value_of(run)), "end"});

    // Whoever comes back after the end is told that it is over.
    Listener late(site.open(filter, parse_position(line_of(rest[0], "id"))));
    CHECK(gists(late.frames(100)) == std::vector<std::string>{"end"});
    Listener whole(site.open(filter, FeedPosition{0, 0}));
    CHECK(whole.frames(100).size() == 4);
    // Also where the ring stands at the very place where it ended.
    Listener all(site.open({}));
    site.run("pass");
    all.frames(kPassEvents);
    Listener from_now(site.open(filter));
    CHECK(gists(from_now.frames(100)) == std::vector<std::string>{"end"});
    filter.types = {"WaitStateEntered"};
    Listener one_type(site.open(filter, FeedPosition{0, 0}));
    CHECK(gists(one_type.frames(100)) ==
          std::vector<std::string>{"WaitStateEntered of " + std::to_string(value_of(run)), "end"});
}

TEST_CASE("a stream says where it stands before anything happens") {
    Site site;
    site.run("pass");
    Listener first(site.open({}));
    site.run("pass");
    const auto want = first.frames(kPassEvents);
    // Whoever is cut off before the first event goes on from there, without a gap.
    const auto place = parse_position(first.first_id());
    REQUIRE(place);
    Listener again(site.open({}, place));
    CHECK(again.frames(kPassEvents) == want);
}

TEST_CASE("the stream of a redriven run goes on, whether it follows or comes later") {
    Site site;
    const auto run = site.run("wait");
    EventFilter filter;
    filter.run = run;
    const std::string id = std::to_string(value_of(run));
    REQUIRE(site.engine->stop_execution_now(run, {}));
    Listener early(site.open(filter, FeedPosition{0, 0}));
    site.redrive(run);
    for (const bool is_early : {true, false}) {
        CAPTURE(is_early);
        Listener late(site.open(filter, FeedPosition{0, 0}));
        Listener& listener = is_early ? early : late;
        const auto got = gists(listener.frames(4));
        CHECK(std::find(got.begin(), got.end(), "end") == got.end());
        CHECK(got.back() == "ExecutionRedriven of " + id);
    }
    Listener ring(site.open({}));
    Listener from_ring(site.open(filter));
    site.run("pass");
    ring.frames(kPassEvents);
    REQUIRE(site.engine->stop_execution_now(run, {}));
    const auto rest = gists(from_ring.frames(100));
    CHECK(rest.back() == "end");
    CHECK(rest.size() == 2);
}

TEST_CASE("an end that a redrive follows within the same look is none") {
    test::TemporaryFolder folder;
    Readers readers(folder.path());
    EventFilter filter;
    filter.run = ExecutionId{1};
    const auto shared = std::make_shared<EventHub>(1u << 20);
    shared->begin(0);
    EventStream stream(shared, readers, filter, FeedPosition{0}, 100);
    const auto event = [](std::uint32_t index, const char* type, bool is_end) {
        FeedEvent made;
        made.at = {1, index};
        made.run = ExecutionId{1};
        made.type = type;
        made.is_end = is_end;
        return made;
    };
    std::string out;
    bool is_end = false;
    shared->add({event(1, "ExecutionFailed", true), event(2, "ExecutionRedriven", false)}, 1);
    CHECK(shared->take(stream, out, 1'000, is_end) == EventHub::Taken::all);
    CHECK_FALSE(is_end);
    stream.place = {1};
    auto failed = event(1, "ExecutionFailed", true);
    failed.at.piece = 2;
    shared->add({failed}, 2);
    CHECK(shared->take(stream, out, 1'000, is_end) == EventHub::Taken::all);
    CHECK(is_end);
}

TEST_CASE("a run of many pieces is told to its end") {
    Site site;
    runtime::WorkflowSpec spec;
    spec.name = "task";
    spec.definition = R"json({"StartAt":"P","States":{
        "P":{"Type":"Pass","Parameters":{"i.$":"States.ArrayRange(1, 260, 1)"},"Next":"M"},
        "M":{"Type":"Map","ItemsPath":"$.i","End":true,"ItemProcessor":{"StartAt":"T","States":{
            "T":{"Type":"Task","Resource":"stepwell:x","End":true}}}}}})json";
    REQUIRE(site.engine->create_workflow_now(spec));
    const auto run = site.run("task");
    for (std::uint32_t i = 1; i <= 250; ++i) {
        site.engine->succeeded({run, FrameId{i}, 1}, Payload());
    }
    REQUIRE(site.engine->stop_execution_now(run, {}));
    EventFilter filter;
    filter.run = run;
    filter.types = {"ExecutionStarted", "PassStateEntered", "ExecutionAborted"};
    CHECK((*site.readers.take())->feed_of(run, 0)->size() > 200);
    Listener listener(site.open(filter, FeedPosition{0, 0}));
    const auto got = gists(listener.frames(100));
    REQUIRE(got.size() > 2);
    CHECK(got.front() == "ExecutionStarted of " + std::to_string(value_of(run)));
    CHECK(got[got.size() - 2] == "ExecutionAborted of " + std::to_string(value_of(run)));
    CHECK(got.back() == "end");
}

TEST_CASE("where what lies between is gone or too much, a reset says so, and it goes on") {
    FeedSettings settings;
    settings.replay_max = 5;
    Site site(settings);
    for (int i = 0; i < 10; ++i) site.run("pass");
    for (const FeedPosition place : {FeedPosition{1}, FeedPosition{1'000'000}}) {
        CAPTURE(place.text());
        Listener listener(site.open({}, place));
        const auto reset = listener.frames(1);
        CHECK(gist(reset.at(0)) == "reset");
        const auto run = std::to_string(value_of(site.run("pass")));
        CHECK(gist(listener.frames(1).at(0)) == "ExecutionStarted of " + run);
    }
}

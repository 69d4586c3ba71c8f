// Following logs over connections that are cut: each line once, whatever is written meanwhile.
#include <doctest/doctest.h>

#include <fstream>
#include <map>

#include "engine/base/prng.hpp"
#include "engine/runtime/work/task_log_tail.hpp"
#include "tests/support/temporary_folder.hpp"

namespace stepwell::test {

using namespace stepwell::runtime;

namespace {

constexpr ExecutionId kRun{8};

TaskToken attempt_of(std::uint32_t frame, std::uint32_t attempt = 1) {
    return {kRun, FrameId{frame}, attempt};
}

/// What writes the logs of one run, and those who follow them.
class LogHouse {
public:
    LogHouse() { boot(); }

    /// A new daemon on the same folder.
    void boot() { logs_ = std::make_unique<TaskLogs>(folder.path(), ++life_); }
    void begin(const TaskToken& token, const std::string& started_at = "2024-01-01T00:00:00Z") {
        logs_->begin(token, {"Load", value_of(token.frame), token.attempt, 0, started_at});
    }
    void write(const TaskToken& token, const std::string& line) { logs_->write(token, line); }
    /// Reported, and not durable yet.
    void end(const TaskToken& token) { logs_->end(token); }
    void finish(const TaskToken& token) {
        logs_->end(token);
        logs_->finished(token);
    }
    [[nodiscard]] OpenLogs open(bool are_over = false) const {
        OpenLogs open;
        open.are_over = are_over;
        for (const TaskToken& token : logs_->open_logs(kRun)) {
            open.attempts.emplace(value_of(token.frame), token.attempt);
        }
        return open;
    }

    TemporaryFolder folder;

private:
    std::unique_ptr<TaskLogs> logs_;
    std::uint64_t life_ = 0;
};

/// Follows, is cut off, and comes back with the place of the last line that came.
class LogFollower {
public:
    explicit LogFollower(LogHouse& house) : house_(house) { connect(); }

    void connect() {
        tail_ = std::make_unique<TaskLogTail>(house_.folder.path(), kRun);
        if (!place_.empty()) REQUIRE(tail_->go_on_behind(place_));
    }
    /// Reads a part; of its lines `count` come before the connection is cut.
    bool read(std::size_t bytes_max, std::size_t count = SIZE_MAX, bool are_over = false) {
        const auto parts = tail_->read(bytes_max, house_.open(are_over));
        for (const auto& part : parts) {
            for (std::size_t i = 0; i < part.lines.size(); ++i) {
                if (count-- == 0) return false;
                take(part, i);
            }
        }
        return !parts.empty();
    }
    /// All that there is.
    void catch_up(bool are_over = false) {
        while (read(1'000, SIZE_MAX, are_over)) {
        }
    }
    void cut() { connect(); }
    [[nodiscard]] const std::string& place() const { return place_; }
    [[nodiscard]] std::string end() const { return tail_->place(); }

    /// By "FRAME-ATTEMPT": what came, in its order.
    std::map<std::string, std::vector<std::string>> got;

private:
    void take(const TaskLogTail::Part& part, std::size_t index) {
        const std::string name =
            std::to_string(part.header.frame) + "-" + std::to_string(part.header.attempt);
        got[name].push_back(part.lines[index]);
        CHECK(part.first_line + index == got[name].size());
        place_ = part.place_behind(index);
    }

    LogHouse& house_;
    std::unique_ptr<TaskLogTail> tail_;
    std::string place_;
};

}  // namespace

TEST_CASE("who follows logs finds those that come later, and each line once") {
    LogHouse house;
    LogFollower follower(house);
    CHECK_FALSE(follower.read(1'000));
    for (std::uint32_t attempt = 1; attempt <= 3; ++attempt) {
        const TaskToken token = attempt_of(0, attempt);
        house.begin(token);
        for (int i = 0; i < 2; ++i) {
            house.write(token, "line " + std::to_string(i));
            CHECK(follower.read(1'000));
        }
        house.finish(token);
    }
    CHECK_FALSE(follower.read(1'000));
    CHECK(follower.got.size() == 3);
    for (const auto& [name, lines] : follower.got) CHECK(lines.size() == 2);
}

TEST_CASE("who comes back behind a line gets those that lie behind it, of all logs") {
    LogHouse house;
    const TaskToken quiet = attempt_of(1);
    const TaskToken done = attempt_of(2);
    const TaskToken late = attempt_of(3);
    house.begin(quiet);
    house.begin(done);
    house.begin(late);
    house.write(quiet, "q1");
    house.write(done, "d1");
    house.write(done, "d2");
    house.finish(done);
    LogFollower follower(house);
    follower.catch_up();
    follower.catch_up();
    house.write(late, "l1");
    house.write(quiet, "q2");
    follower.cut();
    follower.catch_up();
    CHECK(follower.got["1-1"] == std::vector<std::string>{"q1", "q2"});
    CHECK(follower.got["2-1"] == std::vector<std::string>{"d1", "d2"});
    CHECK(follower.got["3-1"] == std::vector<std::string>{"l1"});
    // What is over and read is in no place by its name.
    house.write(late, "l2");
    follower.catch_up();
    CHECK(follower.got["3-1"].size() == 2);
    CHECK(follower.place().find("2-1") == std::string::npos);
}

TEST_CASE("an attempt that a new daemon begins again goes on for who followed the old one") {
    LogHouse house;
    const TaskToken token = attempt_of(1);
    house.begin(token);
    house.write(token, "one");
    house.end(token);  // reported, and the daemon ends before that is durable
    LogFollower follower(house);
    follower.catch_up();
    house.boot();
    house.begin(token, "2024-01-01T00:00:09Z");
    house.write(token, "one");
    follower.cut();
    follower.catch_up();
    CHECK(follower.got["1-1"].size() == 3);
    CHECK(follower.got["1-1"][1].starts_with("(begun again at"));
}

TEST_CASE("logs that an older Stepwell made are gone through, over any number of cuts") {
    LogHouse house;
    for (std::uint32_t frame = 0; frame < 5; ++frame) {
        const auto folder = house.folder.path() / "0/8";
        std::filesystem::create_directories(folder);
        std::ofstream file(folder / (std::to_string(frame) + "-1.log"));
        file << R"({"state":"Load","frame":)" << frame
             << R"(,"attempt":1,"retry":0,"started":"2024-01-01T00:00:0)" << frame << "Z\"}\n"
             << "a\nb\n";
    }
    house.boot();
    house.begin(attempt_of(9));
    house.write(attempt_of(9), "new");
    LogFollower follower(house);
    for (int i = 0; i < 30; ++i) {
        follower.read(1'000, 1, i > 20);
        follower.cut();
    }
    CHECK(follower.got.size() == 6);
    for (std::uint32_t frame = 0; frame < 5; ++frame) {
        CHECK(follower.got[std::to_string(frame) + "-1"] == std::vector<std::string>{"a", "b"});
    }
    CHECK(follower.got["9-1"] == std::vector<std::string>{"new"});
}

TEST_CASE("over cuts, restarts, ends and new attempts each line comes once") {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        CAPTURE(seed);
        Prng random(seed);
        LogHouse house;
        LogFollower follower(house);
        std::map<std::string, std::size_t> written;
        std::vector<TaskToken> open;
        std::uint32_t next = 0;
        for (int step = 0; step < 200; ++step) {
            const auto any = [&](std::uint64_t count) {
                return static_cast<std::size_t>(random.next() % count);
            };
            const std::size_t what = any(12);
            if (what == 0 && open.size() < 8) {
                open.push_back(attempt_of(next++));
                house.begin(open.back());
            } else if (what == 1 && !open.empty()) {
                const std::size_t at = any(open.size());
                house.finish(open[at]);
                open.erase(open.begin() + static_cast<std::ptrdiff_t>(at));
            } else if (what == 2 && any(4) == 0) {
                house.boot();
                for (const TaskToken& token : open) {
                    house.begin(token);
                    const std::string name = std::to_string(value_of(token.frame)) + "-1";
                    if (written[name] > 0) ++written[name];  // "(begun again ...)"
                    house.write(token, "again");
                    ++written[name];
                }
            } else if (what < 7 && !open.empty()) {
                const TaskToken& token = open[any(open.size())];
                house.write(token, std::string(any(40), 'x'));
                ++written[std::to_string(value_of(token.frame)) + "-1"];
            } else if (what < 10) {
                follower.read(1 + any(200));
            } else {
                follower.read(1 + any(200), any(4));
                follower.cut();
            }
        }
        for (const TaskToken& token : open) house.finish(token);
        follower.catch_up(true);
        std::map<std::string, std::size_t> got;
        for (const auto& [name, lines] : follower.got) got[name] = lines.size();
        std::erase_if(written, [](const auto& one) { return one.second == 0; });
        CHECK(got == written);
        LogFollower again(house);
        again.catch_up(true);
        CHECK(again.got == follower.got);
    }
}

TEST_CASE("what is no place of a log is refused, and so is one that could not say enough") {
    LogHouse house;
    for (const std::string bad :
         {"", "1", "12-1:40", "1.2;", "1.2;3", "1.2;3-1", "1.2;3-1:x", "1.2;3-1:4;", "1.2 ", "*"}) {
        CAPTURE(bad);
        TaskLogTail tail(house.folder.path(), kRun);
        CHECK_FALSE(tail.go_on_behind(bad));
    }
    for (std::uint32_t frame = 0; frame < 500; ++frame) {
        house.begin(attempt_of(frame));
        house.write(attempt_of(frame), "x");
    }
    LogFollower follower(house);
    while (follower.read(100'000)) {
    }
    CHECK(follower.place() == "*");
    for (std::uint32_t frame = 0; frame < 500; ++frame) house.finish(attempt_of(frame));
    follower.read(1'000);
    CHECK(follower.end() == "1.500");
}

}  // namespace stepwell::test

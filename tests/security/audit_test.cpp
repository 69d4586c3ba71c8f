// The audit log: that it is whole, that every tampering is found, and that it is written in order.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "api/audit/audit_keeper.hpp"
#include "api/audit/audit_seal.hpp"
#include "tests/security/support.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/fake_request.hpp"

using namespace stepwell;
using namespace stepwell::api;
using stepwell::test::kNow;

namespace {

const std::string kSeal = "a key for seals";

struct NoSecrets final : runtime::Confidentiality {
    Payload mask(Payload document) override { return document; }
    Json mask(Json document) override { return document; }
    std::string mask(std::string text) override { return text; }
    Result<void> check(const std::string&, std::string_view) override { return {}; }
    Result<void> check_start(const std::string&, const std::string&, std::string_view) override {
        return {};
    }
};

struct Log {
    std::map<std::string, std::string> entries;
    std::optional<std::string> head;
    std::optional<std::string> database;

    void take(const journal::DocumentWrite& write) {
        if (write.collection == kAuditHeadCollection) {
            (write.key == kAuditHeadKey ? head : database) = write.value;
        } else if (write.value) {
            CHECK((write.condition != journal::DocumentWrite::If::absent ||
                   !entries.contains(write.key)));
            entries[write.key] = *write.value;
        } else {
            entries.erase(write.key);
        }
    }
    [[nodiscard]] Result<std::vector<journal::DocumentRecord>> read(const std::string& after,
                                                                    std::size_t limit = 3) const {
        std::vector<journal::DocumentRecord> page;
        for (auto at = entries.upper_bound(after); at != entries.end() && page.size() < limit;
             ++at) {
            page.push_back({kAuditCollection, at->first, at->second});
        }
        return page;
    }
    [[nodiscard]] AuditSource source() const {
        return [this](const std::string& after) { return read(after); };
    }
    [[nodiscard]] AuditVerdict verify(std::optional<std::string> seal = kSeal) const {
        auto verdict = verify_audit(source(), {head, database}, seal);
        REQUIRE(verdict);
        return *verdict;
    }
    /// As a daemon does that starts with this database.
    AuditOpening open(const std::string& seal = kSeal, const std::string& new_id = "db1") {
        auto opening = open_audit(seal, {head, database}, new_id, kNow, source());
        REQUIRE(opening);
        for (const auto& write : opening->writes) take(write);
        return *std::move(opening);
    }
};

/// What the engine would do with what an Audit writes, one batch at a time.
struct Disk {
    Log& log;
    std::vector<std::pair<runtime::Writes, runtime::Answer<void>>> pending = {};
    bool answers_at_once = true;
    bool is_full = false;

    Audit::Writer writer() {
        return [this](runtime::Writes writes, runtime::Answer<void> answer) {
            pending.emplace_back(std::move(writes), std::move(answer));
            if (answers_at_once) this->answer(!is_full);
        };
    }
    void answer(bool is_good) {
        auto [writes, reply] = std::move(pending.front());
        pending.erase(pending.begin());
        if (!is_good) return reply(fail(ErrorCode::unavailable, "the disk is full"));
        for (const auto& write : writes.documents) log.take(write);
        reply({});
    }
};

AuditEntry action(const std::string& text) {
    AuditEntry entry;
    entry.action = text;
    return entry;
}

Log log_of(int count, const std::string& seal = kSeal) {
    Log log;
    AuditChain chain(seal, {});
    for (int i = 0; i < count; ++i) {
        AuditEntry entry;
        entry.at = kNow;
        entry.who = "ann";
        entry.action = "action " + std::to_string(i);
        log.take(chain.add(entry));
    }
    log.take(chain.head_document());
    return log;
}

}  // namespace

TEST_CASE("a log as it was written is whole") {
    for (const int count : {1, 3, 10}) {
        CAPTURE(count);
        const AuditVerdict verdict = log_of(count).verify();
        CHECK(verdict.is_whole());
        CHECK(verdict.entries == static_cast<std::uint64_t>(count));
    }
}

TEST_CASE("a log that is gone as a whole is found, before and after a new one was begun") {
    CHECK(Log{}.verify().why.find("there is none") != std::string::npos);
    Log log;
    Log other;
    for (Log* one : {&log, &other}) {
        const auto opening = one->open();
        CHECK(opening.warning.empty());
        CHECK(one->verify().is_whole());
        CHECK(one->entries.begin()->second.find("db1") != std::string::npos);
        CHECK(one->open().writes.empty());  // the next start goes on
    }
    log.entries.clear();
    log.head.reset();
    CHECK(log.verify().why.find("it is gone") != std::string::npos);
    CHECK(log.open().warning.find("it is gone") != std::string::npos);
    const AuditVerdict anew = log.verify();
    CHECK_FALSE(anew.is_whole());
    CHECK(anew.why.find("it is gone") != std::string::npos);
    // That of another database, however whole.
    log.head = other.open(kSeal).chain.head_document().value;
    log.entries = other.entries;
    log.database = R"({"id":"db2"})";
    CHECK(log.verify().why.find("in another one") != std::string::npos);
}

TEST_CASE("a log whose head is gone goes on behind its entries, and is doubted") {
    Log log;
    AuditChain chain = log.open().chain;
    log.take(chain.add(action("one")));
    log.head.reset();
    CHECK(log.open().warning.find("the head") != std::string::npos);
    CHECK(log.entries.size() == 3);
    CHECK(log.verify().why.find("up to 2") != std::string::npos);
}

TEST_CASE("a log of an older form goes on, and is whole where its seal fits") {
    for (const bool is_ours : {true, false}) {
        CAPTURE(is_ours);
        Log log = log_of(3, is_ours ? kSeal : "another key");
        Json head = *parse_json(*log.head);
        head = {{"sequence", 3}, {"hash", head["hash"]}};
        head["seal"] = audit_seal(is_ours ? kSeal : "another key", head);
        log.head = to_text(head);
        const auto opening = log.open();
        CHECK(opening.warning.empty() == is_ours);
        CHECK(log.verify().is_whole() == is_ours);
        CHECK(log.entries.size() == 4);
        std::uint64_t bytes = 0;
        for (const auto& [key, value] : log.entries) bytes += key.size() + value.size();
        CHECK(opening.chain.head().bytes == bytes);
    }
}

TEST_CASE("after a restore without its key the log is not broken: the key is named") {
    Log log;
    AuditChain chain = log.open("the old key").chain;
    log.take(chain.add(action("one")));
    log.take(chain.head_document());
    for (const auto& seal : {std::optional<std::string>(), std::optional<std::string>(kSeal)}) {
        const AuditVerdict verdict = log.verify(seal);
        CHECK_FALSE(verdict.is_whole());
        CHECK_FALSE(verdict.broken);
        CHECK(verdict.why.find("secret.key") != std::string::npos);
    }
    CHECK(log.open().warning.find("secret.key") != std::string::npos);
    const AuditVerdict after = log.verify();
    CHECK_FALSE(after.broken);
    CHECK(after.entries == 3);
    CHECK(after.why.find("up to 2") != std::string::npos);
}

TEST_CASE("old entries go by age and by bytes, and what is left is whole") {
    struct Case {
        std::string name;
        AuditRule rule;
        std::uint64_t first;  // the oldest one that is left
    };
    const std::uint64_t size = log_of(2).entries.begin()->second.size() + 20;
    const std::vector<Case> cases = {
        {"nothing is old", {std::chrono::days(1), std::nullopt}, 1},
        {"all are old: the last stays", {std::chrono::hours(-1), std::nullopt}, 20},
        {"too many bytes", {std::nullopt, 10 * size + size / 2}, 11},
        {"no limit", {std::nullopt, std::nullopt}, 1},
    };
    for (const Case& c : cases) {
        CAPTURE(c.name);
        Log log = log_of(20);
        log.database = R"({"id":"db1"})";
        Disk disk{log};
        NoSecrets secrets;
        test::FakeClock clock;
        clock.set(kNow);
        Audit audit(disk.writer(), log.open().chain, secrets, clock);
        AuditKeeper keeper(c.rule, audit, clock, [&](const std::string& after, std::size_t limit) {
            return log.read(after, limit);
        });
        REQUIRE(keeper.pass());
        CHECK(log.entries.begin()->first >= audit_key(c.first));
        CHECK(log.verify().is_whole());
        // The entries that tell of it come on top.
        CHECK(audit.head().bytes <= c.rule.bytes.value_or(1'000'000) + 3 * size);
        // Taken out by somebody else, the first one is missed all the same.
        log.entries.erase(log.entries.begin());
        CHECK(log.verify().broken == audit.head().first);
    }
}

TEST_CASE("whatever is changed, the first entry that is not as it was is found") {
    struct Case {
        std::string name;
        std::function<void(Log&)> tamper;
        std::uint64_t broken;
    };
    const auto replace = [](std::string& text, const std::string& from, const std::string& to) {
        text.replace(text.find(from), from.size(), to);
    };
    // clang-format off
    const std::vector<Case> cases = {
        {"a changed word", [&](Log& log) { replace(log.entries[audit_key(4)], "ann", "bob"); }, 4},
        {"one taken out", [](Log& log) { log.entries.erase(audit_key(4)); }, 4},
        {"the first taken out", [](Log& log) { log.entries.erase(audit_key(1)); }, 1},
        {"the end cut off", [](Log& log) { log.entries.erase(audit_key(10)); }, 10},
        {"all taken out", [](Log& log) { log.entries.clear(); }, 1},
        {"two swapped", [](Log& log) { std::swap(log.entries[audit_key(4)], log.entries[audit_key(5)]); }, 4},
        {"one put in", [](Log& log) { log.entries[audit_key(11)] = log.entries[audit_key(10)]; }, 11},
        {"one that is no JSON", [](Log& log) { log.entries[audit_key(7)] = "nonsense"; }, 7},
        {"the head taken out", [](Log& log) { log.head.reset(); }, 10},
        {"old ones taken out", [](Log& log) { log.entries.erase(audit_key(1)); log.entries.erase(audit_key(2)); }, 1},
        {"the head set back", [](Log& log) { log.head = log_of(9).head; log.entries.erase(audit_key(10)); }, 0},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.name);
        Log log = log_of(10);
        c.tamper(log);
        const AuditVerdict verdict = log.verify();
        // A head of its own making that fits is what only the seal could tell; that one is genuine.
        CHECK(verdict.broken.value_or(0) == c.broken);
        CHECK(verdict.is_whole() == (c.broken == 0));
    }
}

TEST_CASE("a chain made anew by somebody without the key is found") {
    CHECK_FALSE(log_of(10, "another key").verify().is_whole());
    CHECK(log_of(10, "another key").verify("another key").is_whole());
}

TEST_CASE("entries that come while others are written go on in order, and after a failure too") {
    Log log;
    Disk disk{log};
    disk.answers_at_once = false;
    NoSecrets secrets;
    test::FakeClock clock;
    Audit audit(disk.writer(), AuditChain(kSeal, {}), secrets, clock);
    int done = 0;
    int failed = 0;
    const auto add = [&](const std::string& text) {
        audit.add(action(text), [&](const Result<void>& result) { ++(result ? done : failed); });
    };
    add("one");
    add("two");
    add("three");
    CHECK(disk.pending.size() == 1);
    disk.answer(true);
    CHECK(done == 1);
    CHECK(disk.pending.size() == 1);  // two and three, together
    disk.answer(false);
    CHECK(failed == 2);  // answered, and tried again with the next
    CHECK(disk.pending.empty());
    add("four");
    disk.answer(true);
    CHECK(done == 2);
    const AuditVerdict verdict = log.verify();
    CHECK(verdict.is_whole());
    CHECK(verdict.entries == 4);
    CHECK(log.entries[audit_key(4)].find("four") != std::string::npos);
}

TEST_CASE("how many entries were lost is not forgotten until an entry has said it") {
    Log log;
    Disk disk{log};
    disk.answers_at_once = false;
    NoSecrets secrets;
    test::FakeClock clock;
    Audit audit(disk.writer(), AuditChain(kSeal, {}), secrets, clock);
    for (std::size_t i = 0; i < kAuditWaitingMax + 7; ++i) audit.add(action("x"), nullptr);
    disk.answer(false);
    audit.add(action("again"), nullptr);
    disk.answer(false);  // which would have told it
    disk.answers_at_once = true;
    audit.add(action("last"), nullptr);
    CHECK(log.entries[audit_key(1)].find("audit lost entries") != std::string::npos);
    CHECK(log.entries[audit_key(1)].find(R"(\"count\":8)") != std::string::npos);
    CHECK(log.verify().is_whole());
}

namespace {

/// A log, and an Audit that has written nothing yet.
struct Door {
    Log log = {};
    Disk disk{log};
    NoSecrets secrets;
    test::FakeClock clock;
    Audit audit{disk.writer(), AuditChain(kSeal, {}), secrets, clock};
    std::vector<unsigned> answers = {};

    void ask(test::FakeRequest& request, unsigned status, bool is_announced = false) {
        audit.watch(request, is_announced, [this](Response response) {
            answers.push_back(response.status);
        })({status, "{}", {}, {}});
    }
    [[nodiscard]] std::size_t count(const std::string& text) const {
        return static_cast<std::size_t>(std::count_if(
            log.entries.begin(), log.entries.end(),
            [&](const auto& entry) { return entry.second.find(text) != std::string::npos; }));
    }
};

test::FakeRequest of_nobody(const std::string& path, const std::string& body = "") {
    test::FakeRequest request("POST", path, body);
    request.set_principal({});
    return request;
}

}  // namespace

TEST_CASE("thousands of calls of nobody make a few entries and a count") {
    Door door;
    for (int i = 0; i < 6'000; ++i) {
        auto request = of_nobody("/hooks/x" + std::to_string(i));
        door.ask(request, i % 3 == 0 ? 401 : 404);
    }
    CHECK(door.answers.size() == 6'000);
    CHECK(door.log.entries.size() == 2 * kAuditOfAKindMax);
    door.audit.note_counts();
    CHECK(door.log.entries.size() == 2 * kAuditOfAKindMax);  // the minute is not over
    door.clock.advance(std::chrono::minutes(1));
    door.audit.note_counts();
    CHECK(door.log.entries.size() == 2 * kAuditOfAKindMax + 2);
    CHECK(door.count(R"(\"count\":1990)") == 1);
    CHECK(door.count(R"(\"count\":3990)") == 1);
    CHECK(door.log.verify().is_whole());
}

TEST_CASE("a start that succeeds has no entry, for its run says who started it") {
    Door door;
    test::FakeRequest rest("POST", "/api/v1/runs", R"({"workflow":"etl"})");
    test::FakeRequest aws("POST", "/", "{}", {{"X-Amz-Target", "AWSStepFunctions.StartExecution"}});
    auto hook = of_nobody("/hooks/orders");
    for (auto* request : {&rest, &aws, &hook}) door.ask(*request, 200);
    CHECK(door.log.entries.empty());
    door.ask(rest, 404);
    CHECK(door.count("POST /api/v1/runs") == 1);
    test::FakeRequest stop("POST", "/api/v1/runs/7/stop", "{}");
    door.ask(stop, 200);
    CHECK(door.count("/api/v1/runs/7/stop") == 1);
    CHECK(door.answers.size() == 5);
}

TEST_CASE("what only looks is told by a table, so that an action nobody has thought of is noted") {
    Door door;
    const auto ask = [&](const std::string& name) {
        test::FakeRequest request("POST", "/", "{}",
                                  {{"X-Amz-Target", "AWSStepFunctions." + name}});
        door.ask(request, 200);
    };
    // Who took an activity's task stands in the history of its run.
    for (const std::string name :
         {"DescribeExecution", "ListStateMachines", "TestState", "GetActivityTask"})
        ask(name);
    CHECK(door.log.entries.empty());
    for (const std::string name : {"DeleteActivity", "ActionOfTomorrow"}) {
        ask(name);
        CHECK(door.count("aws:" + name) == 1);
    }
}

TEST_CASE("an entry says who signed in, and which user or token it is about") {
    Door door;
    auto sign_in = of_nobody("/api/v1/session", R"({"name":"ann","password":"not told"})");
    door.ask(sign_in, 200);
    CHECK(door.count(R"(\"who\":\"ann\")") == 1);
    test::FakeRequest made("POST", "/api/v1/tokens", R"({"name":"grafana","role":"viewer"})");
    door.ask(made, 200);
    CHECK(door.count(R"(\"subject\":\"grafana\")") == 1);
    test::FakeRequest gone("DELETE", "/api/v1/users/bob", "");
    door.ask(gone, 200);
    CHECK(door.count(R"(\"subject\":\"bob\")") == 1);
    CHECK(door.count("not told") == 0);
}

TEST_CASE("what cannot be noted is not done, or not said to be done") {
    Door door;
    door.disk.is_full = true;
    test::FakeRequest request("DELETE", "/api/v1/users/bob", "");
    bool may = true;
    door.audit.announce(request, [&](const Result<void>& noted) { may = noted.has_value(); });
    CHECK_FALSE(may);
    test::FakeRequest put("PUT", "/api/v1/workflows/etl", "{}");
    door.ask(put, 200);
    CHECK(door.answers.back() == 503);
    door.ask(put, 200, true);
    CHECK(door.answers.back() == 200);  // its announcement is on disk
    door.disk.is_full = false;
    door.audit.announce(request, [&](const Result<void>& noted) { may = noted.has_value(); });
    CHECK(may);
    // What was refused was not kept; what was done is made up for.
    CHECK(door.count("DELETE") == 1);
    CHECK(door.count("PUT") == 2);
}

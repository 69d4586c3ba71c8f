// The audit log: that it is whole, that every tampering is found, and that it is written in order.
#include "api/audit/audit.hpp"

#include <doctest/doctest.h>

#include <map>

#include "tests/security/support.hpp"
#include "tests/support/fake_clock.hpp"

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
};

struct Log {
    std::map<std::string, std::string> entries;
    std::optional<std::string> head;

    void take(const journal::DocumentWrite& write) {
        if (write.collection == kAuditHeadCollection) {
            head = write.value;
        } else {
            entries[write.key] = *write.value;
        }
    }
    [[nodiscard]] AuditVerdict verify(const std::string& seal = kSeal) const {
        const auto read = [this](const std::string& after) {
            std::vector<journal::DocumentRecord> page;
            for (auto at = entries.upper_bound(after); at != entries.end() && page.size() < 3;
                 ++at) {
                page.push_back({kAuditCollection, at->first, at->second});
            }
            return Result<std::vector<journal::DocumentRecord>>(std::move(page));
        };
        auto verdict = verify_audit(read, head, seal);
        REQUIRE(verdict);
        return *verdict;
    }
};

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

TEST_CASE("a log as it was written is whole, also an empty one") {
    for (const int count : {0, 1, 3, 10}) {
        CAPTURE(count);
        const AuditVerdict verdict = log_of(count).verify();
        CHECK(verdict.is_whole());
        CHECK(verdict.entries == static_cast<std::uint64_t>(count));
    }
    CHECK(Log{}.verify().is_whole());
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
    std::vector<std::pair<runtime::Writes, runtime::Answer<void>>> pending;
    NoSecrets secrets;
    test::FakeClock clock;
    Audit audit(
        [&](runtime::Writes writes, runtime::Answer<void> answer) {
            pending.emplace_back(std::move(writes), std::move(answer));
        },
        AuditChain(kSeal, {}), secrets, clock);
    int done = 0;
    const auto add = [&](const std::string& action) {
        AuditEntry entry;
        entry.action = action;
        audit.add(std::move(entry), [&] { ++done; });
    };
    const auto answer = [&](bool is_good) {
        auto [writes, reply] = std::move(pending.front());
        pending.erase(pending.begin());
        if (!is_good) return reply(fail(ErrorCode::unavailable, "the disk is full"));
        for (const auto& write : writes.documents) log.take(write);
        reply({});
    };
    add("one");
    add("two");
    add("three");
    CHECK(pending.size() == 1);
    answer(true);
    CHECK(done == 1);
    CHECK(pending.size() == 1);  // two and three, together
    answer(false);
    CHECK(done == 3);  // answered, and tried again with the next
    CHECK(pending.empty());
    add("four");
    answer(true);
    CHECK(done == 4);
    const AuditVerdict verdict = log.verify();
    CHECK(verdict.is_whole());
    CHECK(verdict.entries == 4);
    CHECK(log.entries[audit_key(4)].find("four") != std::string::npos);
}

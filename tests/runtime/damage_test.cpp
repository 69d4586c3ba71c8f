// Bits that have flipped in what is stored of runs: each is found and named, and none is data.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/journal/sqlite.hpp"
#include "engine/journal/sqlite_journal.hpp"
#include "tests/runtime/stage.hpp"
#include "tests/support/temporary_folder.hpp"

namespace stepwell::test {
namespace {

using namespace std::chrono_literals;
using namespace runtime;
using journal::Database;

/// A folder with a run that waits and one that has ended, both with an input that is too large for
/// a head; and what is in it may be damaged between two lives.
class Folder {
public:
    Folder() {
        live([&](Engine& engine, journal::SqliteJournal&) {
            for (const auto& [name, definition] : {std::pair{"sleep", kWait}, {"pass", kPass}}) {
                WorkflowSpec spec;
                spec.name = name;
                spec.definition = definition;
                answer_of(
                    engine, [&](auto answer) { engine.create_workflow(spec, answer); },
                    WorkflowStatus());
                StartRequest request;
                request.workflow = name;
                request.input = Payload::trusted("\"" + std::string(3'000, 'i') + "\"");
                const auto started = answer_of(
                    engine, [&](auto answer) { engine.start_execution(request, answer); },
                    Started());
                (spec.name == "sleep" ? waiting : ended) = started.id;
            }
        });
    }

    /// One life of the daemon.
    template <class Do>
    void live(Do act) {
        auto journal = journal::SqliteJournal::open(folder_.path(), 1);
        REQUIRE(journal);
        RememberingRunner runner;
        Engine engine({}, **journal, clock);
        REQUIRE(engine.start(runner, Engine::Threading::manual));
        settle(engine);
        act(engine, **journal);
        engine.stop();
    }
    static void settle(Engine& engine) {
        while (engine.step()) {
        }
    }

    [[nodiscard]] const std::filesystem::path& path() const { return folder_.path(); }

    /// The one value that the query finds.
    std::string blob(const std::string& query) {
        auto database = opened();
        auto row = database.prepare(query.c_str());
        REQUIRE(row);
        REQUIRE(*row->step());
        return row->bytes(0);
    }
    void write(const std::string& update, std::string_view bytes) {
        auto database = opened();
        auto row = database.prepare(update.c_str());
        REQUIRE(row);
        row->bind_blob(1, bytes);
        REQUIRE(row->run());
    }

    FakeClock clock;
    ExecutionId waiting{};
    ExecutionId ended{};

private:
    template <class Ask, class T>
    static T answer_of(Engine& engine, Ask ask, T) {
        std::optional<Result<T>> answer;
        ask([&](Result<T> result) { answer = std::move(result); });
        settle(engine);
        REQUIRE(answer);
        REQUIRE(*answer);
        return **answer;
    }
    Database opened() {
        auto database = Database::open(folder_.path() / "stepwell.db", Database::Mode::read_write);
        REQUIRE(database);
        return *std::move(database);
    }

    TemporaryFolder folder_;
};

/// The blob with one bit flipped: in each byte at its ends, where its layout is, and here and
/// there.
std::vector<std::string> damaged(const std::string& blob) {
    std::vector<std::string> all;
    for (std::size_t place = 0; place < blob.size();) {
        all.push_back(blob);
        all.back()[place] = static_cast<char>(blob[place] ^ (1 << (place % 8)));
        place += place < 16 || place + 8 > blob.size()
                     ? 1
                     : std::min<std::size_t>(1'501, blob.size() - place - 7);
    }
    return all;
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a bit that has flipped in a history is damage of that run and chunk, and never data") {
    Folder folder;
    const std::string number = std::to_string(value_of(folder.ended));
    const std::string chunk =
        folder.blob("SELECT CAST(min(id) AS TEXT) FROM history WHERE execution = " + number);
    const std::string bytes = folder.blob("SELECT bytes FROM history WHERE id = " + chunk);
    for (const std::string& wrong : damaged(bytes)) {
        folder.write("UPDATE history SET bytes = ?1 WHERE id = " + chunk, wrong);
        auto journal = journal::SqliteReader::open(folder.path());
        REQUIRE(journal);
        Reader reader(**journal);
        const auto history = reader.history(folder.ended, {});
        REQUIRE_FALSE(history);
        CHECK(history.error().code == ErrorCode::corruption);
        const std::string place = "execution " + number + ", history chunk " + chunk + ": ";
        CHECK(has(history.error().message, place));
        CHECK_FALSE(reader.describe(folder.ended));
        CHECK_FALSE(reader.rebuild(folder.ended));
        // The others are told of as before, and so is that this one is there.
        CHECK(reader.list({})->items.size() == 2);
        CHECK(reader.history(folder.waiting, {})->items.size() == 2);
        std::size_t pieces = 0;
        const auto feed = reader.feed(0, 100);
        REQUIRE(feed);
        for (const FeedChunk& piece : *feed) {
            CHECK(piece.damage.has_value() == piece.events.empty());
            if (piece.damage) ++pieces;
        }
        CHECK(pieces == 1);
    }
}

TEST_CASE("a run whose place has a flipped bit is put aside, and goes on when it is mended") {
    Folder folder;
    folder.clock.advance(61s);
    const std::string number = std::to_string(value_of(folder.waiting));
    const std::string facts = " WHERE key = 1 AND execution = " + number;
    struct Case {
        std::string select;
        std::string update;
    };
    const Case cases[] = {
        {"SELECT head FROM open_executions WHERE id = " + number,
         "UPDATE open_executions SET head = ?1 WHERE id = " + number},
        {"SELECT bytes FROM records" + facts, "UPDATE records SET bytes = ?1" + facts}};
    for (const Case& c : cases) {
        CAPTURE(c.select);
        const std::string bytes = folder.blob(c.select);
        for (const std::string& wrong : damaged(bytes)) {
            folder.write(c.update, wrong);
            folder.live([&](Engine& engine, journal::SqliteJournal& journal) {
                CHECK(engine.statistics().quarantined == 1);
                const auto status = Reader(journal).describe(folder.waiting)->summary.status;
                CHECK(status == core::Status::running);
            });
        }
        folder.write(c.update, bytes);
    }
    folder.live([&](Engine& engine, journal::SqliteJournal& journal) {
        CHECK(engine.statistics().quarantined == 0);
        const auto status = Reader(journal).describe(folder.waiting)->summary.status;
        CHECK(status == core::Status::succeeded);
    });
}

}  // namespace stepwell::test

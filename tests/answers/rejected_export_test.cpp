#include "api/runs/rejected_export.hpp"

#include <doctest/doctest.h>

#include <optional>

using namespace stepwell;
using namespace stepwell::api;
using namespace stepwell::api::answers;

namespace {

/// Five rows in pages of two at most, which come when the test lets them.
struct File {
    std::vector<RejectedQuery> asked;
    std::vector<RejectedDone> open;
    std::string of_run = "r1";
    std::optional<std::size_t> breaks_at;  // the row from which on nothing can be read

    ReadRejected reader() {
        return [this](const RejectedQuery& query, RejectedDone done) {
            asked.push_back(query);
            open.push_back(std::move(done));
        };
    }
    void answer() {
        const auto done = std::exchange(open, {}).at(0);
        const std::size_t from = asked.back().offset;
        if (breaks_at && from >= *breaks_at) return done(fail(ErrorCode::not_found, "it is gone"));
        Json rows = Json::array();
        for (std::size_t i = from; i < std::min<std::size_t>(from + 2, 5); ++i) {
            rows.push_back({{"file", "in.csv"},
                            {"line", i + 2},
                            {"reasons", {"a.type", "b.range"}},
                            {"raw", nullptr},
                            {"cells", {{"a", "=1"}, {"b", i == 1 ? Json() : Json(i)}}}});
        }
        done(Json{{"columns", {"b", "a"}}, {"total", 5}, {"of_run", of_run}, {"rows", rows}});
    }
};

AskedRejected question() {
    AskedRejected asked;
    asked.run_name = "r1";
    asked.sources = {{"V", "V", "lake://bad.csv", 5, {}, false}};
    asked.query.uri = "lake://bad.csv";
    asked.samples = Samples::shown;
    return asked;
}

/// What comes of it, a page for each time that it waits; nothing where it is refused.
struct Taken {
    std::optional<Error> refused;
    std::string text;
    Stream::Next end = Stream::Next::more;
    std::size_t rings = 0;
};
Taken take(File& file, AskedRejected asked, ExportForm form) {
    Taken taken;
    std::shared_ptr<Stream> stream;
    export_rejected(std::move(asked), file.reader(), form, [&](auto made) {
        if (made) stream = *std::move(made);
        if (!made) taken.refused = std::move(made).error();
    });
    file.answer();
    if (!stream) return taken;
    stream->on_ready([&] { ++taken.rings; });
    while (true) {
        taken.end = stream->next(taken.text);
        if (taken.end == Stream::Next::wait)
            file.answer();
        else if (taken.end != Stream::Next::more)
            return taken;
    }
}

}  // namespace

TEST_CASE("rejected rows leave as a table, in pages that are asked for one behind the other") {
    File file;
    const Taken taken = take(file, question(), ExportForm::csv);
    CHECK(taken.text ==
          "\xef\xbb\xbf_sw_file,_sw_line,_sw_reasons,_sw_raw,b,a\r\n"
          "in.csv,2,a.type; b.range,,0,\"'=1\"\r\n"
          "in.csv,3,a.type; b.range,,,\"'=1\"\r\n"
          "in.csv,4,a.type; b.range,,2,\"'=1\"\r\n"
          "in.csv,5,a.type; b.range,,3,\"'=1\"\r\n"
          "in.csv,6,a.type; b.range,,4,\"'=1\"\r\n");
    CHECK(taken.end == Stream::Next::end);
    CHECK(taken.rings == 2);
    REQUIRE(file.asked.size() == 3);
    CHECK(file.asked[1].offset == 2);
    CHECK(file.asked[2].offset == 4);
    CHECK(file.asked[2].uri == "lake://bad.csv");
}

TEST_CASE("rejected rows leave as lines of JSON, without values for who may not see them") {
    File file;
    AskedRejected asked = question();
    asked.samples = Samples::hidden;
    const Taken taken = take(file, std::move(asked), ExportForm::json_lines);
    CHECK(taken.text.starts_with(
        R"({"file":"in.csv","line":2,"reasons":["a.type","b.range"],"raw":null,"cells":{"a":"•••","b":"•••"}})"
        "\n"));
    CHECK(std::count(taken.text.begin(), taken.text.end(), '\n') == 5);
    CHECK(taken.text.find("=1") == std::string::npos);
}

TEST_CASE("masked columns leave with no file of rejected rows") {
    File file;
    AskedRejected asked = question();
    asked.sources[0].masked = {"A"};
    CHECK(take(file, std::move(asked), ExportForm::csv).text.find("=1") == std::string::npos);
}

TEST_CASE("rows that an earlier run put aside are those of a run for which its verdict stood") {
    AskedRejected asked = question();
    asked.is_earlier = [](const std::string& name) { return name == "r0"; };
    const auto is_refused = [&](const std::string& of_run) {
        return !shown_rejected(asked, {{"of_run", of_run}, {"rows", Json::array()}});
    };
    CHECK(is_refused("r0"));
    asked.sources[0].is_kept = true;
    CHECK_FALSE(is_refused("r0"));
    CHECK(is_refused("r2"));
}

TEST_CASE("a file of rejected rows that cannot be read is refused, and later broken off") {
    File gone;
    gone.breaks_at = 0;
    const Taken refused = take(gone, question(), ExportForm::csv);
    REQUIRE(refused.refused);
    CHECK(refused.refused->code == ErrorCode::not_found);
    File other;
    other.of_run = "r2";
    const Taken written_since = take(other, question(), ExportForm::csv);
    REQUIRE(written_since.refused);
    CHECK(written_since.refused->code == ErrorCode::conflict);
    File cut;
    cut.breaks_at = 4;
    CHECK(take(cut, question(), ExportForm::csv).end == Stream::Next::broken);
}

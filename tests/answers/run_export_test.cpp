#include "api/runs/run_export.hpp"

#include <doctest/doctest.h>

#include "tests/answers/yard.hpp"

using namespace stepwell;
using namespace stepwell::api;
using namespace stepwell::api::answers;
using stepwell::test::FakeRequest;

namespace {

struct ExportYard : test::Yard {
    ExportYard() {
        router.add_schema("Run", R"({"type": "object"})");
        router.add_schema("Quantiles", R"({"type": "object"})");
        add_run_list_routes(router, sources);
    }
    std::string file(const std::string& target) {
        const Response response = answer_to({"GET", "/api/v1/runs/export." + target});
        REQUIRE(response.status == 200);
        REQUIRE(response.stream);
        std::string text;
        Stream::Next next = Stream::Next::more;
        for (; next == Stream::Next::more; ++parts) next = response.stream->next(text);
        CHECK(next == Stream::Next::end);
        return text;
    }
    std::size_t parts = 0;  // of all files so far
};

std::vector<std::string> lines_of(const std::string& text, const std::string& end) {
    std::vector<std::string> lines;
    std::size_t at = 0;
    for (std::size_t to = 0; (to = text.find(end, at)) != std::string::npos; at = to + end.size()) {
        lines.push_back(text.substr(at, to - at));
    }
    CHECK(at == text.size());
    return lines;
}

}  // namespace

TEST_CASE("a field of CSV is quoted where it has to be, and none is a formula") {
    // clang-format off
    const std::pair<std::string, std::string> cases[] = {
        {"plain", "plain"}, {"", ""}, {"a b", "a b"}, {"a,b", "\"a,b\""}, {"say \"x\"", "\"say \"\"x\"\"\""},
        {"a\nb", "\"a\nb\""}, {"a\rb", "\"a\rb\""}, {"=1+1", "\"'=1+1\""}, {"+1", "\"'+1\""}, {"-1", "\"'-1\""},
        {"@x", "\"'@x\""}, {"\t=1", "\"'\t=1\""}, {"a=1", "a=1"}, {"=\"x\"", "\"'=\"\"x\"\"\""},
    };
    // clang-format on
    for (const auto& one : cases) {
        const std::string& field = one.first;
        const std::string& want = one.second;
        CAPTURE(field);
        CHECK(csv_line({field}) == want + "\r\n");
    }
    CHECK(csv_line({"a", "", "b"}) == "a,,b\r\n");
}

TEST_CASE("an export has all runs that fit, however many pages they are, once each") {
    ExportYard yard;
    yard.start("pass", 120);
    yard.start("wait", 230);
    const auto lines = lines_of(yard.file("jsonl?workflow=wait"), "\n");
    REQUIRE(lines.size() == 230);
    CHECK(yard.parts == 3);
    std::uint64_t before = UINT64_MAX;
    for (const std::string& line : lines) {
        const auto run = parse_json(line);
        REQUIRE(run);
        CHECK((*run)["workflow"] == "wait");
        CHECK((*run)["run"].get<std::uint64_t>() < before);
        before = (*run)["run"].get<std::uint64_t>();
    }
    CHECK(lines_of(yard.file("jsonl?status=failed"), "\n").empty());
}

TEST_CASE("a table has a line of headings, and a field for each of them") {
    ExportYard yard;
    yard.start("fail", 1);
    const std::string text = yard.file("csv");
    CHECK(text.starts_with("\xef\xbb\xbfrun,name,workflow,version,status,"));
    const auto lines = lines_of(text, "\r\n");
    REQUIRE(lines.size() == 2);
    CHECK(std::count(lines[0].begin(), lines[0].end(), ',') ==
          std::count(lines[1].begin(), lines[1].end(), ','));
    CHECK(lines[1].find(",fail,1,failed,") != std::string::npos);
    CHECK(lines[1].find(",E_NO,") != std::string::npos);
}

TEST_CASE("what cannot be asked of an export is refused before it begins") {
    ExportYard yard;
    CHECK(yard.answer_to({"GET", "/api/v1/runs/export.csv?workflow=nothing"}).status == 404);
    CHECK(yard.answer_to({"GET", "/api/v1/runs/export.csv?version=1"}).status == 400);
    CHECK(yard.answer_to({"GET", "/api/v1/runs/export.csv?limit=1"}).status == 400);
}

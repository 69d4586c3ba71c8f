// CSV files come out whole: each record once, with its line, or with what is wrong with it.
#include <doctest/doctest.h>

#include "tasks/data/input.hpp"
#include "tasks/files/csv_function.hpp"
#include "tasks/files/csv_scan.hpp"
#include "tests/tasks/data/data_test.hpp"

namespace stepwell::test {
namespace {

using namespace tasks::data;

/// "line: field|field" or "line! fault" per record.
std::string text_of(const std::shared_ptr<const CsvScan>& scan) {
    std::string text;
    for (const auto& unit : scan->units()) {
        CsvReader reader(scan, unit);
        CsvRecord record;
        while (true) {
            const auto more = reader.next(record);
            REQUIRE(more.has_value());
            if (!*more) break;
            if (!text.empty()) text += "; ";
            text += std::to_string(record.line);
            if (!record.fault.empty()) {
                text += "! " + record.fault;
                continue;
            }
            text += ":";
            for (const auto& field : record.fields) text += " " + std::string(field.text) + "|";
        }
    }
    return text;
}

DataResult<std::shared_ptr<const CsvScan>> scan_of(const ScratchFolder& folder,
                                                   const std::string& bytes,
                                                   CsvOptions options = {}) {
    folder.write("a.csv", bytes);
    options.temporary_folder = folder.path();
    const InputFile file{
        "a.csv", folder.path() / "a.csv", folder.path(), bytes.size(), "", false, "", 0, 0};
    return CsvScan::open({file}, options);
}

TEST_CASE("Records keep their lines, and broken ones say why") {
    const ScratchFolder folder;
    struct {
        std::string name;
        std::string bytes;
        std::string want;
    } const cases[] = {
        {"plain", "a,b\n1,2\n3,4\n", "2: 1| 2|; 3: 3| 4|"},
        {"no end of line at the end", "a,b\n1,2", "2: 1| 2|"},
        {"Windows line ends", "a,b\r\n1,2\r\n3,4\r\n", "2: 1| 2|; 3: 3| 4|"},
        {"blank lines are no records", "a,b\n\n1,2\n\n\n3,4\n\n", "3: 1| 2|; 6: 3| 4|"},
        {"empty fields", "a,b\n,\n1,\n", "2: | |; 3: 1| |"},
        {"byte order mark",
         "\xEF\xBB\xBF"
         "a,b\n1,2\n",
         "2: 1| 2|"},
        {"too few fields", "a,b\n1\n3,4\n", "2! expected 2 fields, but got 1; 3: 3| 4|"},
        {"too many fields", "a,b\n1,2,3\n3,4\n", "2! expected 2 fields, but got 3; 3: 3| 4|"},
        {"quoted", "a,b\n\"x,y\",\"say \"\"hi\"\"\"\n", "2: x,y| say \"hi\"|"},
        {"line end in quotes", "a,b\n\"x\ny\",2\n3,4\n", "2: x\ny| 2|; 4: 3| 4|"},
        {"quote inside a field", "a,b\n5\" pipe,2\n\"x\",3\n", "2: 5\" pipe| 2|; 3: x| 3|"},
        {"unclosed quote", "a,b\n\"x,2\n3,4\n",
         "2! the quote that opens here is never closed; 3: 3| 4|"},
        {"text after a quote", "a,b\n\"x\"y,2\n3,4\n", "2! text follows a closing quote; 3: 3| 4|"},
        {"not UTF-8", "a,b\n\xE9,2\n\xC3\xA9,4\n", "2! the line is not UTF-8; 3: \xC3\xA9| 4|"},
        {"header only", "a,b\n", ""},
        {"quoted with Windows ends", "a,b\r\n\"1\",\"2\"\r\n3,4\r\n", "2: 1| 2|; 3: 3| 4|"},
    };
    for (const auto& test : cases) {
        INFO(test.name);
        const auto scan = scan_of(folder, test.bytes);
        REQUIRE(scan.has_value());
        CHECK((*scan)->columns() == std::vector<std::string>{"a", "b"});
        CHECK(text_of(*scan) == test.want);
    }
}

TEST_CASE("Options change how a file is cut") {
    const ScratchFolder folder;
    CsvOptions semicolons;
    semicolons.delimiter = ';';
    semicolons.quote = '\'';
    semicolons.escape = '\\';
    semicolons.comment = '#';
    semicolons.skip = 1;
    CHECK(text_of(*scan_of(folder, "made by x\na;b\n# no\n'it\\'s; it';2\n", semicolons)) ==
          "4: it's; it| 2|");
    CsvOptions bare;
    bare.has_header = false;
    bare.names = {"x", "y"};
    CHECK(text_of(*scan_of(folder, "1,2\n", bare)) == "1: 1| 2|");
    CsvOptions latin;
    latin.encoding = "latin-1";
    CHECK(text_of(*scan_of(folder, "a\nM\xFCnchen\n", latin)) == "2: M\xC3\xBCnchen|");
    CsvOptions wide;
    wide.encoding = "utf-16";
    CHECK(text_of(*scan_of(folder,
                           std::string("\xFF\xFE"
                                       "a\0\n\0\x3D\xD8\x00\xDE\n\0",
                                       12),
                           wide)) == "2: \xF0\x9F\x98\x80|");
}

TEST_CASE("A header is cut as every other record is") {
    const ScratchFolder folder;
    const struct {
        std::string bytes;
        std::vector<std::string> columns;
        std::string want;
    } cases[] = {
        {"id,\"net\namount\"\n1,2\n", {"id", "net\namount"}, "3: 1| 2|"},
        {"id,\"net\r\namount\"\r\n\r\n1,2\r\n", {"id", "net\r\namount"}, "4: 1| 2|"},
        {"\n \"a,b\" ,c\n1,2\n", {"a,b", "c"}, "3: 1| 2|"},
        {"5\" pipe,6\" pipe\n1,2\n", {"5\" pipe", "6\" pipe"}, "2: 1| 2|"},
    };
    for (const auto& test : cases) {
        INFO(test.bytes);
        const auto scan = scan_of(folder, test.bytes);
        REQUIRE(scan.has_value());
        CHECK((*scan)->columns() == test.columns);
        CHECK(text_of(*scan) == test.want);
    }
    CHECK(scan_of(folder, "id,\"n\n1,2\n").error().message ==
          "a.csv: expected a header, but a quote in it is never closed");
}

TEST_CASE("Other encodings are read piece by piece, and no character is cut") {
    const ScratchFolder folder;
    CsvOptions wide;
    wide.encoding = "utf-16";
    // Pairs that lie on each side of any even place, over more than one piece.
    std::string bytes = std::string(
        "\xFF\xFE"
        "a\0\n\0x\0",
        8);
    constexpr int kCount = 300'000;
    for (int i = 0; i < kCount; ++i) bytes += std::string("\x3D\xD8\x00\xDE", 4);
    std::string wanted = "2: x";
    for (int i = 0; i < kCount; ++i) wanted += "\xF0\x9F\x98\x80";
    CHECK(text_of(*scan_of(folder, bytes, wide)) == wanted + "|");
    for (const std::size_t cut : {1U, 2U, 3U}) {
        CHECK(scan_of(folder, bytes.substr(0, bytes.size() - cut), wide).error().code ==
              "E_ENCODING");
    }
    CsvOptions latin;
    latin.encoding = "latin-1";
    const std::string text(3'000'000, '\xFC');
    std::string as_utf8;
    for (std::size_t i = 0; i < text.size(); ++i) as_utf8 += "\xC3\xBC";
    CHECK(text_of(*scan_of(folder, "a\n" + text + "\n", latin)) == "2: " + as_utf8 + "|");
}

TEST_CASE("Files that cannot be read at all are refused with what to do") {
    const ScratchFolder folder;
    const auto wide = scan_of(folder, std::string("\xFF\xFE"
                                                  "a\0",
                                                  4));
    REQUIRE(!wide.has_value());
    CHECK(wide.error().code == "E_ENCODING");
    CHECK(scan_of(folder, "a,a\n").error().code == "E_SCHEMA");
    CHECK(scan_of(folder, "\x1F\x8B\x08").error().code == "E_FORMAT");
    CHECK(scan_of(folder, "\x28\xB5\x2F\xFD").error().code == "E_FORMAT");
    const auto empty = scan_of(folder, "");
    REQUIRE(empty.has_value());
    CHECK((*empty)->files()[0].is_empty);
}

TEST_CASE("A large file is cut into units that give each record once, with its line") {
    const ScratchFolder folder;
    std::string bytes = "id,text\n";
    std::int64_t count = 0;
    while (bytes.size() < 5'000'000) {
        ++count;
        bytes += std::to_string(count) + "," +
                 std::string(static_cast<std::size_t>(count % 90), 'x') + "\n";
    }
    for (const bool has_quotes : {false, true}) {
        std::string own = bytes;
        if (has_quotes) ++count;
        if (has_quotes) own += std::to_string(count) + ",\"q\"\n";
        const auto scan = scan_of(folder, own);
        REQUIRE(scan.has_value());
        CHECK((*scan)->units().size() == (has_quotes ? 1 : 3));
        std::int64_t seen = 0;
        for (const auto& unit : (*scan)->units()) {
            CsvReader reader(*scan, unit);
            CsvRecord record;
            while (*reader.next(record)) {
                ++seen;
                REQUIRE(record.fault.empty());
                REQUIRE(record.fields[0].text == std::to_string(record.line - 1));
            }
        }
        CHECK(seen == count);
    }
}

TEST_CASE("SQL reads the files that a task opened, and no others") {
    const ScratchFolder folder;
    TestContext context(folder);
    DataSession session(context, "test");
    folder.write("a.csv", "id,amount\n1,2.50\n2,\nbroken\n3,\"\"\n");
    folder.write("b.csv", "amount,id,extra\n9.75,4,a text longer than twelve bytes\n");
    auto* connection = *session.connect_memory();
    Faults faults;
    const auto spec = InputSpec::parse(
        Json::array({folder.path() / "a.csv", folder.path() / "b.csv"}), "input", faults);
    const auto files = session.locations().expand(spec.uri);
    REQUIRE(files.has_value());
    const auto input = open_raw_input(session, *connection, spec, *files);
    REQUIRE(input.has_value());
    const auto rows = connection->query("select * exclude (_sw_file, _sw_piece) from " +
                                        input->relation + " order by _sw_file, _sw_line");
    INFO((rows ? "" : rows.error().message));
    REQUIRE(rows.has_value());
    CHECK(
        to_text(rows->objects()) ==
        R"([{"id":"1","amount":"2.50","extra":null,"_sw_line":2,"_sw_fault":null,"_sw_raw":null},)"
        R"({"id":"2","amount":null,"extra":null,"_sw_line":3,"_sw_fault":null,"_sw_raw":null},)"
        R"({"id":null,"amount":null,"extra":null,"_sw_line":4,"_sw_fault":"expected 2 fields, but got 1","_sw_raw":"broken"},)"
        R"({"id":"3","amount":"","extra":null,"_sw_line":5,"_sw_fault":null,"_sw_raw":null},)"
        R"({"id":"4","amount":"9.75","extra":"a text longer than twelve bytes","_sw_line":2,"_sw_fault":null,"_sw_raw":null}])");
    CHECK(!connection->query("select * from stepwell_csv(1)").has_value());
}

TEST_CASE("An input with declared types fails at the first value that is none, with its place") {
    const ScratchFolder folder;
    TestContext context(folder);
    DataSession session(context, "test");
    folder.write("a.csv", "id,d,note\n1,2024-01-31,x\n2,,NA\n");
    folder.write("bad.csv", "id,d,note\n1,2024-01-31,x\ntwo,,NA\n");
    folder.write("ragged.csv", "id,d,note\n1,2024-01-31,x\n2\n");
    auto* connection = *session.connect_memory();
    const auto open = [&](const std::string& name, const std::string& on_bad_line) {
        Faults faults;
        const Json value = {
            {"uri", (folder.path() / name).string()},
            {"columns", {{"ID", "bigint"}, {"d", {{"type", "date"}, {"format", "%Y-%m-%d"}}}}},
            {"options", {{"nulls", {"NA"}}, {"on_bad_line", on_bad_line}}}};
        const auto spec = InputSpec::parse(value, "input", faults);
        REQUIRE(faults.empty());
        auto input = open_input(session, *connection, spec);
        REQUIRE(input.has_value());
        return *std::move(input);
    };
    const auto good = open("a.csv", "fail");
    CHECK(good.columns ==
          std::vector<Column>{{"id", "bigint"}, {"d", "date"}, {"note", "varchar"}});
    const auto rows =
        connection->query("select id, d, note from " + good.relation + " order by id");
    REQUIRE(rows.has_value());
    CHECK(to_text(rows->objects()) ==
          R"([{"id":1,"d":"2024-01-31","note":"x"},{"id":2,"d":null,"note":null}])");
    const auto bad = open("bad.csv", "fail");
    const auto refused = connection->query("select * from " + bad.relation);
    REQUIRE(!refused.has_value());
    INFO(refused.error().message);
    CHECK(refused.error().code == "E_FORMAT");
    CHECK(refused.error().message.find("bad.csv:3: column id: expected bigint, but got 'two'") !=
          std::string::npos);
    const auto ragged = open("ragged.csv", "fail");
    CHECK(connection->query("select * from " + ragged.relation)
              .error()
              .message.find("ragged.csv:3: expected 3 fields, but got 1") != std::string::npos);
    const auto skipped = open("ragged.csv", "skip");
    CHECK(*connection->query_integer("select count(*) from " + skipped.relation) == 1);
}

TEST_CASE("JSON lines become columns, and lines that are no objects say so") {
    const ScratchFolder folder;
    TestContext context(folder);
    DataSession session(context, "test");
    folder.write("a.ndjson",
                 "{\"id\": 1, \"a/b\": \"x\"}\n\nnot json\n{\"id\": 2, \"tags\": [1, 2]}\n[1]\n");
    auto* connection = *session.connect_memory();
    Faults faults;
    const auto spec = InputSpec::parse((folder.path() / "a.ndjson").string(), "input", faults);
    const auto input =
        open_raw_input(session, *connection, spec, *session.locations().expand(spec.uri));
    REQUIRE(input.has_value());
    const auto rows = connection->query("select id, \"a/b\", tags, _sw_line, _sw_fault from " +
                                        input->relation + " order by _sw_line");
    INFO((rows ? "" : rows.error().message));
    REQUIRE(rows.has_value());
    CHECK(
        to_text(rows->objects()) ==
        R"([{"id":"1","a/b":"x","tags":null,"_sw_line":1,"_sw_fault":null},)"
        R"({"id":null,"a/b":null,"tags":null,"_sw_line":3,"_sw_fault":"the line is not JSON"},)"
        R"({"id":"2","a/b":null,"tags":"[1, 2]","_sw_line":4,"_sw_fault":null},)"
        R"({"id":null,"a/b":null,"tags":null,"_sw_line":5,"_sw_fault":"the line is not a JSON object"}])");
}

TEST_CASE("Parquet files of different columns are read whole, and the difference is told") {
    const ScratchFolder folder;
    TestContext context(folder);
    DataSession session(context, "test");
    auto* connection = *session.connect_memory();
    const std::string root = folder.path().string();
    REQUIRE(connection->execute("copy (select 1 as a) to '" + root + "/1.parquet'").has_value());
    REQUIRE(connection->execute("copy (select 2 as a, 'x' as b) to '" + root + "/2.parquet'")
                .has_value());
    Faults faults;
    auto spec = InputSpec::parse(root + "/*.parquet", "input", faults);
    const auto input = open_input(session, *connection, spec);
    INFO((input ? "" : input.error().message));
    REQUIRE(input.has_value());
    CHECK(input->columns == std::vector<Column>{{"a", "integer"}, {"b", "varchar"}});
    CHECK(session.result()["schema_changes"].size() == 1);
    spec.new_columns = "fail";
    const auto refused = open_input(session, *connection, spec);
    REQUIRE(!refused.has_value());
    CHECK(refused.error().code == "E_SCHEMA");
}

}  // namespace
}  // namespace stepwell::test

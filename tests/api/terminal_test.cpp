#include "api/cli/terminal.hpp"

#include <doctest/doctest.h>

#include <sstream>

#include "api/http/url.hpp"

using namespace stepwell;
using namespace stepwell::api::cli;

TEST_CASE("durations are short and readable") {
    struct Case {
        std::int64_t ms;
        std::string want;
    };
    const Case cases[] = {{0, "0 ms"},
                          {999, "999 ms"},
                          {1'000, "1.0 s"},
                          {12'340, "12.3 s"},
                          {60'000, "1 m 00 s"},
                          {125'000, "2 m 05 s"},
                          {3'600'000, "1 h 00 m"},
                          {11'520'000, "3 h 12 m"}};
    for (const Case& c : cases) CHECK(duration_text(Duration(c.ms)) == c.want);
}

TEST_CASE("rows of a result are counted for people, without the zeros") {
    CHECK(count_text(1'234'567) == "1,234,567");
    CHECK(count_text(999) == "999");
    CHECK(count_text(-1'000) == "-1,000");
    CHECK(rows_text({{"read", 1'200}, {"rejected", 0}, {"good", 1'200}}) ==
          "1,200 read, 1,200 good");
    CHECK(rows_text(Json()).empty());
}

TEST_CASE("long texts are cut between characters") {
    CHECK(shortened("abc", 5) == "abc");
    CHECK(shortened("abcdef", 4) == "abc…");
    CHECK(shortened("äöüß", 3) == "äö…");
    CHECK(shortened("one\ntwo", 10) == "one…");
}

TEST_CASE("text from outside moves no cursor, sets no title and paints nothing") {
    CHECK(printable("a\tb\nc") == "a\tb\nc");
    CHECK(printable("\033[31mred\033[0m \033[1;4mbold\033[m") == "red bold");
    CHECK(printable("\033]0;title\a\033[2J") == "^[]0;title^G^[[2J");
    CHECK(printable("over\rwritten\177") == "over^Mwritten^?");
    CHECK(printable("\xC2\x9B"
                    "2J ü") == "^[2J ü");
    CHECK(printable("\033[") == "^[[");
    CHECK(printable_line("two\nlines") == "two^Jlines");
}

TEST_CASE("a word of a command line is quoted only where it has to be") {
    CHECK(shell_word("/var/lib/stepwell") == "/var/lib/stepwell");
    CHECK(shell_word("kept here") == "'kept here'");
    CHECK(shell_word("") == "''");
    CHECK(shell_word("it's") == "'it'\\''s'");
}

TEST_CASE("a table's columns are as wide as their widest cell") {
    std::ostringstream out;
    const Terminal terminal{out, out, false};
    Table table({"A", "B"});
    table.add({"wide cell", "x"});
    table.add({"ü", "y"});
    table.print(terminal);
    CHECK(out.str() == "A          B\nwide cell  x\nü          y\n");
}

TEST_CASE("colours take no room in a table") {
    std::ostringstream out;
    const Terminal terminal{out, out, true};
    Table table({"A", "B"});
    table.add({terminal.styled("x", Style::red), "y"});
    table.print(terminal);
    CHECK(out.str().ends_with("\033[31mx\033[0m  y\n"));
}

TEST_CASE("colours come only where they were asked for") {
    std::ostringstream out;
    CHECK(Terminal{out, out, false}.styled_status("FAILED") == "FAILED");
    CHECK(Terminal{out, out, true}.styled_status("FAILED") == "\033[31mFAILED\033[0m");
}

TEST_CASE("percent-encoding comes back as it was") {
    const std::string text = "arn:aws:states:x/ü %41?&";
    CHECK(api::percent_decode(api::percent_encode(text)) == text);
    CHECK(api::percent_encode("a/b c") == "a%2Fb%20c");
    CHECK(api::percent_decode("%4") == "%4");
    CHECK(api::percent_decode("%zz") == "%zz");
}

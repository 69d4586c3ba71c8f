#include "engine/expression/pattern.hpp"

#include <doctest/doctest.h>

#include <string>

namespace stepwell::test {
namespace {

using expression::Pattern;

TEST_CASE("a pattern fits the whole of a text or not") {
    struct Case {
        std::string pattern;
        std::string text;
        bool fits;
    };
    const Case cases[] = {
        {"", "", true},
        {"", "a", false},
        {"abc", "abc", true},
        {"abc", "xabc", false},
        {"a.c", "a→c", true},
        {"a.c", "a\nc", false},
        {"a*", "aaaa", true},
        {"a*b", "aaac", false},
        {"a+", "", false},
        {"ab?c", "ac", true},
        {"ab?c", "abbc", false},
        {"(ab|cd)*e", "abcdabe", true},
        {"(ab|cd)*e", "abce", false},
        {"a|b|", "", true},
        {"(?:a|bc){2}", "bca", true},
        {"(?:a|bc){2}", "bcabc", false},
        {"a{2,3}", "a", false},
        {"a{2,3}", "aaa", true},
        {"a{2,3}", "aaaa", false},
        {"a{2,}", "aaaaa", true},
        {"a{0}b", "b", true},
        {"(a*)*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaac", false},
        {"a+?b*?", "aab", true},
        {"[a-c]+", "abcba", true},
        {"[^a-c]+", "xyz", true},
        {"[^a-c]+", "xaz", false},
        {"[\\d.-]+", "1.2-3", true},
        {"[]]", "]", true},
        {"[^\\W]+", "az_9", true},
        {"[^\\W]+", "a-z", false},
        {"\\w+@\\w+\\.com", "ann@mail.com", true},
        {"\\w+@\\w+\\.com", "ann@mailxcom", false},
        {"\\S+\\s\\D", "ab c", true},
        {"^ab$", "ab", true},
        {"a^b", "ab", false},
        {"a\\\\b", "a\\b", true},
        {"é{2}", "éé", true},
    };
    for (const Case& c : cases) {
        CAPTURE(c.pattern);
        CAPTURE(c.text);
        const auto pattern = Pattern::parse(c.pattern, false);
        REQUIRE(pattern);
        CHECK(pattern->matches(c.text) == c.fits);
    }
    CHECK(Pattern::parse("[a-c]X", true)->matches("Bx"));
    CHECK_FALSE(Pattern::parse("[a-c]X", false)->matches("Bx"));
}

TEST_CASE("a pattern that cannot be read is refused") {
    for (const std::string pattern :
         {"(", "a)", "[a", "*", "a**", "a{", "a{2", "a{3,2}", "a{9999}", "(a{100}){100}", "\\",
          "\\q", "(?=a)", "\\1", "[z-a]", "+", "[\\q]"}) {
        CAPTURE(pattern);
        CHECK_FALSE(Pattern::parse(pattern, false));
    }
    CHECK_FALSE(Pattern::parse(std::string(100, '(') + std::string(100, ')'), false));
}

}  // namespace
}  // namespace stepwell::test

// The two ways to search are each other's reference.
#include "engine/expression/jsonata/regex.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <random>
#include <string>
#include <vector>

using stepwell::Work;
using stepwell::expression::jsonata::Regex;

namespace {

class Generator {
public:
    explicit Generator(unsigned seed) : random_(seed) {}

    std::string pattern(int depth = 3) {
        std::string text = sequence(depth);
        if (below(4) == 0) text += "|" + sequence(depth);
        return text;
    }
    std::string text() {
        std::string text;
        for (std::size_t left = below(24); left > 0; --left) text += one_of(kLetters);
        return text;
    }
    std::size_t below(std::size_t limit) { return random_() % limit; }

private:
    using Words = std::vector<std::string>;
    static inline const Words kLetters{"a", "b", "c", "1", " ", "\n", "\u00e9", "\u2028", "A"};
    static inline const Words kAtoms{"a",     "b",      "c",      ".",   "\\w", "\\d",   "\\s",
                                     "[a-c]", "[^a\n]", "\u00e9", "\\b", "\\B", "[^\\w]"};
    static inline const Words kRepeats{"",   "",   "",    "*",     "+",    "?",
                                       "*?", "+?", "{2}", "{0,2}", "{1,}?"};
    static inline const Words kOpenings{"(", "(?:", "(?=", "(?!", "(?<=", "(?<!", "(?<n>"};

    const std::string& one_of(const Words& words) { return words[below(words.size())]; }

    std::string sequence(int depth) {
        std::string text = below(12) == 0 ? "^" : "";
        for (std::size_t left = 1 + below(3); left > 0; --left) text += piece(depth);
        return text + (below(12) == 0 ? "$" : "");
    }
    std::string piece(int depth) {
        if (depth == 0 || below(3) != 0) {
            const std::string& atom = one_of(kAtoms);
            const bool is_place = atom == "\\b" || atom == "\\B";
            return atom + (is_place ? "" : one_of(kRepeats));
        }
        const std::size_t opening = below(below(3) == 0 ? kOpenings.size() : 2);
        const std::string name = kOpenings[opening] == "(?<n>" ? "(" : kOpenings[opening];
        const bool is_look = opening >= 2 && name != "(";
        return name + pattern(depth - 1) + ")" + (is_look ? "" : one_of(kRepeats));
    }

    std::mt19937 random_;
};

std::string shown(const std::optional<Regex::Spans>& spans) {
    if (!spans) return "none";
    std::string text;
    for (const auto& [begin, end] : *spans) {
        const bool is_there = begin != Regex::kNone;
        text += is_there ? std::to_string(begin) + "-" + std::to_string(end) + " " : "no ";
    }
    return text;
}

}  // namespace

TEST_CASE("Ways tried in turn find what ways tried together find, in any pattern and text") {
    int found = 0;
    int patterns = 0;
    for (unsigned seed = 0; seed < 6'000; ++seed) {
        Generator generator(seed);
        const std::string pattern = generator.pattern();
        const std::string flags = std::array{"", "i", "m", "im"}[generator.below(4)];
        const auto regex = Regex::parse(pattern, flags);
        if (!regex) continue;
        ++patterns;
        for (int i = 0; i < 8; ++i) {
            const std::string text = generator.text();
            const std::size_t from = std::min(text.size(), generator.below(3));
            Work work;
            const auto together = regex->search_together(text, from, work);
            CAPTURE(pattern);
            CAPTURE(flags);
            CAPTURE(text);
            REQUIRE(shown(regex->search_in_turn(text, from, work)) == shown(together));
            found += together ? 1 : 0;
        }
    }
    CHECK(patterns > 5'000);
    CHECK(found > 10'000);
}

TEST_CASE(
    "A pattern that has many ways through a text costs no more than its length times that of the "
    "text") {
    const auto regex = Regex::parse("(a*)*(a|a)*(a+)+b", "");
    REQUIRE(regex);
    for (const std::size_t length : {100u, 1'000u, 10'000u}) {
        const std::string text(length, 'a');
        Work work;
        CHECK_FALSE(regex->search_in_turn(text, 0, work));
        CHECK(work.used() < 100 * (length + 1));
        Work little(length);
        CHECK_FALSE(regex->search_in_turn(text, 0, little));
        CHECK(little.is_spent());
    }
}

TEST_CASE("A text of any length is searched, and behind its end nothing is found") {
    const auto regex = Regex::parse("(b)c", "");
    REQUIRE(regex);
    for (const std::size_t length : {10u, 100'000u, 1'000'000u}) {
        const std::string text = std::string(length, 'b') + "c";
        Work work;
        CHECK(shown(regex->search(text, 0, work)) ==
              shown(Regex::Spans{{length - 1, length + 1}, {length - 1, length}}));
        CHECK_FALSE(regex->search(text, text.size(), work));
        CHECK_FALSE(regex->search(text, text.size() + 1, work));
    }
}

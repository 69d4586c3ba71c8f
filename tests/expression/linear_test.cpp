// What is done in linear time gives what the plain, quadratic way would give.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "engine/base/prng.hpp"
#include "engine/expression/path.hpp"
#include "engine/expression/payload_template.hpp"
#include "engine/expression/text_search.hpp"
#include "engine/expression/value.hpp"
#include "engine/expression/value_set.hpp"
#include "tests/expression/support.hpp"

namespace stepwell::test {
namespace {

using expression::IntrinsicCall;
using expression::Path;

std::string random_text(Prng& random, std::string_view alphabet, std::size_t size_max) {
    std::string text;
    for (std::size_t n = random.below(size_max + 1); n > 0; --n) {
        text += alphabet[random.below(alphabet.size())];
    }
    return text;
}

/// Tries every length for each wildcard.
bool matches_plainly(std::string_view text, std::string_view pattern) {
    if (pattern.empty()) return text.empty();
    if (pattern.front() == '*') {
        for (std::size_t taken = 0; taken <= text.size(); ++taken) {
            if (matches_plainly(text.substr(taken), pattern.substr(1))) return true;
        }
        return false;
    }
    const bool is_escape =
        pattern.front() == '\\' && pattern.size() > 1 && (pattern[1] == '*' || pattern[1] == '\\');
    if (is_escape) pattern.remove_prefix(1);
    return !text.empty() && text.front() == pattern.front() &&
           matches_plainly(text.substr(1), pattern.substr(1));
}

Json random_value(Prng& random) {
    static const std::vector<std::string> kValues = {"0",
                                                     "1",
                                                     "1.0",
                                                     "-0.0",
                                                     "\"1\"",
                                                     "\"1.0\"",
                                                     "\"\"",
                                                     "\"a\"",
                                                     "\"-0\"",
                                                     "true",
                                                     "[]",
                                                     "[1]",
                                                     "[1.0]",
                                                     "{}",
                                                     "null",
                                                     "\"null\"",
                                                     "\"x\"",
                                                     "\"\"",
                                                     "9007199254740993",
                                                     "9007199254740992.0",
                                                     "9007199254740992",
                                                     R"({"a":1,"b":2})",
                                                     R"({"b":2.0,"a":1})"};
    return json_of(kValues[random.below(kValues.size())]);
}

Json random_list(Prng& random) {
    Json list = Json::array();
    for (std::size_t n = random.below(6); n > 0; --n) list.push_back(random_value(random));
    return list;
}

std::string found(const std::string& path, const World& world) {
    const auto parsed = Path::parse(path);
    REQUIRE(parsed);
    return outcome(parsed->evaluate(world.environment()));
}

}  // namespace

TEST_CASE("wildcards match as if every length were tried") {
    Prng random(11);
    for (int i = 0; i < 20'000; ++i) {
        const std::string text = random_text(random, "ab*\\", 8);
        const std::string pattern = random_text(random, "ab**\\", 6);
        CAPTURE(text);
        CAPTURE(pattern);
        CHECK(expression::matches_wildcards(text, pattern) == matches_plainly(text, pattern));
    }
}

TEST_CASE("a text is found where the library finds it") {
    Prng random(12);
    for (int i = 0; i < 20'000; ++i) {
        const std::string text = random_text(random, "ab", 20);
        const std::string part = random_text(random, "ab", 4);
        const std::size_t from = random.below(22);
        CHECK(expression::find_text(text, part, from) == text.find(part, from));
    }
}

TEST_CASE("a list that is the same for all nodes has the elements that each by itself finds") {
    Prng random(13);
    for (int i = 0; i < 2'000; ++i) {
        World world("{}");
        const Json list = random_list(random);
        world.data["list"] = list;
        // Beside its own copy of the list, a node looks through it element by element.
        Json nodes = Json::array();
        for (int n = 0; n < 4; ++n) {
            nodes.push_back(
                {{"v", random_value(random)}, {"w", random_list(random)}, {"own", list}});
        }
        world.data["nodes"] = std::move(nodes);
        CAPTURE(to_text(world.data));
        for (const std::string op : {"in", "nin"}) {
            CHECK(found("$.nodes[?(@.v " + op + " $.list)]", world) ==
                  found("$.nodes[?(@.v " + op + " @.own)]", world));
        }
        CHECK(found("$.nodes[?($.list contains @.v)]", world) ==
              found("$.nodes[?(@.own contains @.v)]", world));
        for (const std::string op : {"subsetof", "anyof", "noneof"}) {
            CHECK(found("$.nodes[?(@.w " + op + " $.list)]", world) ==
                  found("$.nodes[?(@.w " + op + " @.own)]", world));
        }
    }
}

TEST_CASE("of values that are just the same a set keeps one: nobody looks through all of them") {
    Work work(1'000'000);
    for (const std::string element : {"0", "{}", R"({"a":[1]})", "[]", "\"\"", "null"}) {
        CAPTURE(element);
        const Json list = json_of("[" + element + "," + element + "," + element + "]");
        expression::ValueSet set;
        for (const Json& one : list) set.add(one, work);
        CHECK(set.size() == 1);
        CHECK(set.contains(list[1], work));
    }
    // Equal, but not to the same others: 9007199254740993 is no double.
    const Json list = json_of("[[9007199254740993],[9007199254740992.0]]");
    expression::ValueSet set;
    for (const Json& one : list) set.add(one, work);
    CHECK(set.size() == 2);
    CHECK(set.contains(json_of("[9007199254740992]"), work));
}

TEST_CASE("unique elements are those that no earlier one equals") {
    Prng random(14);
    const auto call = IntrinsicCall::parse("States.ArrayUnique($)");
    REQUIRE(call);
    for (int i = 0; i < 2'000; ++i) {
        const World world = World::of(random_list(random));
        Json unique = Json::array();
        for (const Json& element : world.data) {
            bool is_known = false;
            for (const Json& other : unique) {
                is_known = is_known || expression::is_same_value(other, element, world.work);
            }
            if (!is_known) unique.push_back(element);
        }
        CHECK(outcome(call->evaluate(world.environment())) == to_text(unique));
    }
}

}  // namespace stepwell::test

#include <doctest/doctest.h>

#include <string>

#include "engine/base/json.hpp"
#include "engine/base/keyed_hash.hpp"
#include "engine/base/payload.hpp"

namespace stepwell::test {
namespace {

std::string wide_object(int members) {
    std::string text = "{";
    for (int i = 0; i < members; ++i) {
        text += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":" + std::to_string(i);
    }
    return text + "}";
}

/// Keys compared while an object of so many members is parsed, copied, read and changed.
std::uint64_t comparisons_for(int members) {
    const std::uint64_t before = ordered_map_comparisons;
    Json object = *parse_json(wide_object(members));
    const Json copy = object;
    for (int i = 0; i < members; ++i) {
        const std::string name = std::to_string(i);
        REQUIRE(find(copy, name) != nullptr);
        object[name] = 0;
    }
    object.update(copy);
    REQUIRE(object == copy);
    return ordered_map_comparisons - before;
}

/// Counts how often it is copied.
struct Counted {
    explicit Counted(int* copies_of) : copies(copies_of) {}
    Counted(const Counted& other) : copies(other.copies) { ++*copies; }
    Counted(Counted&&) noexcept = default;
    Counted& operator=(const Counted&) = delete;
    Counted& operator=(Counted&&) noexcept = default;
    ~Counted() = default;

    int* copies;
};

}  // namespace

TEST_CASE("a map that grows or shrinks moves its members, and copies none") {
    int copies = 0;
    OrderedMap<std::string, Counted> map;
    for (int i = 0; i < 100; ++i) map.emplace(std::to_string(i), Counted(&copies));
    for (int i = 0; i < 50; ++i) map.erase(std::to_string(2 * i));
    CHECK(map.size() == 50);
    CHECK(copies == 0);
}

TEST_CASE("an object with eight times the members costs eight times the comparisons") {
    const std::uint64_t few = comparisons_for(4'000);
    const std::uint64_t many = comparisons_for(32'000);
    CHECK(many < 12 * few);
    CHECK(many < 20u * 32'000);
}

TEST_CASE("members are found below, at and above the size from which there is an index") {
    for (const int members : {0, 1, 15, 16, 17, 40, 1'000}) {
        CAPTURE(members);
        Json object = *parse_json(wide_object(members));
        CHECK(object.size() == static_cast<std::size_t>(members));
        for (int i = 0; i < members; ++i) {
            const Json* found = find(object, std::to_string(i));
            REQUIRE(found != nullptr);
            CHECK(*found == i);
        }
        CHECK(find(object, "none") == nullptr);
        CHECK(to_text(object) == wide_object(members));
    }
}

TEST_CASE("an object that grows does not copy what is in it") {
    Json object = {{"list", {1, 2, 3}}};
    const auto* list = object["list"].get_ptr<const Json::array_t*>();
    for (int i = 0; i < 40; ++i) object[std::to_string(i)] = i;
    CHECK(object["list"].get_ptr<const Json::array_t*>() == list);
    CHECK(object.size() == 41);
}

TEST_CASE("a member may be set to another one of the same object") {
    Json object = *parse_json(R"({"a":[1],"b":2})");
    for (int i = 0; i < 20; ++i) object.emplace(std::to_string(i), object["a"]);
    CHECK(object["19"] == Json::array({1}));
    CHECK(object["a"] == Json::array({1}));
}

TEST_CASE("what is erased is gone, and the rest keeps its order and is found") {
    Json object = *parse_json(wide_object(20));
    for (const char* name : {"3", "19", "0", "7", "8", "11"}) CHECK(object.erase(name) == 1);
    CHECK(object.erase("3") == 0);
    CHECK(to_text(object) == R"({"1":1,"2":2,"4":4,"5":5,"6":6,"9":9,"10":10,"12":12,"13":13,)"
                             R"("14":14,"15":15,"16":16,"17":17,"18":18})");
    CHECK(object["18"] == 18);
    object["3"] = "again";
    CHECK(object.back() == "again");
}

TEST_CASE("objects with the same members in another order are different documents") {
    CHECK(*parse_json(R"({"a":1,"b":2})") != *parse_json(R"({"b":2,"a":1})"));
    CHECK(*parse_json(R"({"a":1,"b":2})") == *parse_json(R"({"a":1,"b":2})"));
}

TEST_CASE("a moved or copied object has its own index") {
    Json object = *parse_json(wide_object(30));
    Json copy = object;
    copy["new"] = 1;
    CHECK(find(object, "new") == nullptr);
    const Json moved = std::move(copy);
    CHECK(*find(moved, "new") == 1);
    CHECK(*find(moved, "29") == 29);
}

TEST_CASE("the hash of a text depends on each of its bytes and on its length") {
    const std::string text = "0123456789abcdef";
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string other = text;
        other[i] ^= 1;
        CHECK(keyed_hash(other) != keyed_hash(text));
        CHECK(keyed_hash(text.substr(0, i)) != keyed_hash(text));
    }
    CHECK(keyed_hash(text) == keyed_hash(std::string(text)));
}

TEST_CASE("more members and elements than are wanted are refused unparsed") {
    CHECK(parse_json(R"({"a":[1,2,3]})", 6));
    const auto refused = parse_json(R"({"a":[1,2,3,4,5,6]})", 6);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("at most 6 members and elements") != std::string::npos);
    CHECK(parse_json(R"("a,b,c,d,e,f,[{")", 1));
}

TEST_CASE("a payload from outside is bounded in bytes and in depth, and says how deep it is") {
    const auto text_of = [](std::size_t bytes) {
        return "\"" + std::string(bytes - 2, 'x') + "\"";
    };
    CHECK(Payload::from_text(text_of(kPayloadBytesMax)));
    const auto refused = Payload::from_text(text_of(kPayloadBytesMax + 1));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("at most 262144 bytes") != std::string::npos);
    CHECK(Payload::from_text(R"({"a":[[1],"[[[["]})")->depth() == 3);
    CHECK(Payload(Json{{"a", 1}}).depth() == 1);
    CHECK_FALSE(Payload::from_text(std::string(257, '[') + std::string(257, ']')));
}

}  // namespace stepwell::test

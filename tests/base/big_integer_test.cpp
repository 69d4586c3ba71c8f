// Whole numbers beyond 64 bits: not a digit is lost.
#include "engine/base/big_integer.hpp"

#include <doctest/doctest.h>

#include "engine/base/payload.hpp"
#include "engine/base/prng.hpp"

namespace stepwell::test {
namespace {

__extension__ using Wide = __int128;

/// Of up to 36 digits, so that the machine can tell which is larger.
std::string drawn_digits(Prng& random) {
    std::string digits = random.below(2) == 0 ? "-" : "";
    digits += static_cast<char>('1' + random.below(9));
    for (auto left = random.below(36); left > 0; --left)
        digits += static_cast<char>('0' + random.below(10));
    return digits;
}

Wide value_of(std::string_view digits) {
    const bool is_negative = digits.starts_with('-');
    Wide value = 0;
    for (const char c : digits.substr(is_negative ? 1 : 0)) value = value * 10 + (c - '0');
    return is_negative ? -value : value;
}

}  // namespace

TEST_CASE("documents come back digit by digit, whatever the size of their numbers") {
    Prng random(3);
    for (int i = 0; i < 2000; ++i) {
        const std::string first = drawn_digits(random);
        const std::string second = drawn_digits(random);
        const std::string text = R"({"a":[)" + first + R"(,{"b":)" + second +
                                 R"(},true,"x",null],"c":{},"d":[)" + second + R"(,1.5]})";
        INFO(text);
        REQUIRE(to_text(parse_json(text).value()) == text);
        const Payload payload = Payload::from_text(text).value();
        REQUIRE(to_text(payload.json()) == text);
        REQUIRE(to_text(Payload::trusted(text).json()) == text);
    }
}

TEST_CASE("big integers are in the order of their values, and are the numbers that they spell") {
    Prng random(4);
    for (int i = 0; i < 5000; ++i) {
        const std::string left = drawn_digits(random);
        const std::string right = random.below(4) == 0 ? left : drawn_digits(random);
        INFO(left << " and " << right);
        REQUIRE(compare_big_integers(big_integer(left), big_integer(right)) ==
                (value_of(left) <=> value_of(right)));
        REQUIRE(to_double(parse_json(left).value()) == static_cast<double>(value_of(left)));
    }
}

TEST_CASE(
    "the last value of a repeated member counts, and faults are said as without large numbers") {
    CHECK(to_text(parse_json(R"({"a": 12345678901234567890123, "b": 1, "a": 2})").value()) ==
          R"({"a":2,"b":1})");
    const auto broken = parse_json("[12345678901234567890123, ]");
    REQUIRE(!broken);
    CHECK(broken.error().message ==
          "line 1, column 27: syntax error while parsing value - unexpected ']'; expected '[', "
          "'{', or a literal");
    CHECK(!parse_json("[" + std::string(400, '9') + "]"));
    CHECK(parse_json("12345678901234567890.5").value().is_number_float());
    CHECK(parse_json(R"(["12345678901234567890123"])").value()[0].is_string());
}

}  // namespace stepwell::test

// Values as text: to_text() writes what the library would.
#include <doctest/doctest.h>

#include <string>

#include "engine/base/json.hpp"
#include "engine/base/json_layout.hpp"
#include "engine/base/prng.hpp"

namespace stepwell::test {
namespace {

std::string text_of_library(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Of bytes that are all of one kind, so that each kind of text comes up.
std::string drawn_text(Prng& random) {
    constexpr const char* kCharacters[] = {
        "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "x", "\"", "\\", "\x7f", "\n"};
    const std::uint64_t kind = random.below(4);
    std::string text;
    for (std::uint64_t left = random.below(40); left > 0; --left) {
        if (kind == 0) text += static_cast<char>(' ' + random.below(90));
        if (kind == 1) text += static_cast<char>(random.below(128));
        if (kind == 2) text += static_cast<char>(random.below(256));
        if (kind == 3) text += kCharacters[random.below(std::size(kCharacters))];
    }
    return text;
}

}  // namespace

TEST_CASE("any string is written as the library writes it, also where it is not UTF-8") {
    Prng random(11);
    for (int i = 0; i < 20'000; ++i) {
        const std::string text = drawn_text(random);
        const Json value{{text, text}};
        REQUIRE(to_text(value) == text_of_library(value));
    }
}

TEST_CASE("each kind of value is written as the library writes it") {
    for (const Json& value :
         {Json(), Json(true), Json(false), Json(0), Json(INT64_MIN), Json(INT64_MAX),
          Json(UINT64_MAX), Json(0.1), Json(-0.0), Json(1e300), Json(100.0), Json(""),
          Json::array(), Json::object(), Json{1, "a", {{"b", Json::array({nullptr, 2.5})}}}}) {
        CHECK(to_text(value) == text_of_library(value));
        CHECK(to_lines(value) == value.dump(2));
    }
}

TEST_CASE("each byte that stands for something else is found wherever it stands") {
    for (int byte = 0; byte < 256; ++byte) {
        for (std::size_t at = 0; at < 18; ++at) {
            std::string text(18, 'x');
            text[at] = static_cast<char>(byte);
            REQUIRE(to_text(text) == text_of_library(text));
        }
    }
}

}  // namespace stepwell::test

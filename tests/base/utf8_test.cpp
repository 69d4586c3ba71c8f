#include "engine/base/utf8.hpp"

#include <doctest/doctest.h>

#include <string>

namespace stepwell::test {

TEST_CASE("bytes that belong to no character are counted one by one and replaced") {
    struct Case {
        std::string text;
        std::size_t count;
        std::string repaired;
    };
    const std::string mark = "\xEF\xBF\xBD";
    const Case cases[] = {
        {"", 0, ""},
        {"a\xC3\xA9\xE2\x86\x92\xF0\x9F\x98\x80", 4, "a\xC3\xA9\xE2\x86\x92\xF0\x9F\x98\x80"},
        {"\xFFx", 2, mark + "x"},
        {"\xC3", 1, mark},
        {"\xC0\xAF", 2, mark + mark},                       // too long a form of '/'
        {"\xE0\x80\xAF", 3, mark + mark + mark},            // the same in three bytes
        {"\xED\xA0\x80", 3, mark + mark + mark},            // a surrogate
        {"\xF4\x90\x80\x80", 4, mark + mark + mark + mark}  // beyond U+10FFFF
    };
    for (const Case& c : cases) {
        CAPTURE(c.text);
        CHECK(utf8_count(c.text) == c.count);
        CHECK(utf8_repaired(c.text) == c.repaired);
        CHECK(is_utf8(c.text) == (c.text == c.repaired));
    }
}

TEST_CASE("every code point comes out as one character, surrogates as none") {
    for (char32_t point = 0; point < 0x110000; ++point) {
        std::string text;
        append_utf8(text, point);
        const bool is_surrogate = point >= 0xD800 && point < 0xE000;
        const std::size_t length = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
        if (text.size() == length && utf8_length_of_first(text) == (is_surrogate ? 0 : length))
            continue;
        FAIL_CHECK("U+" << static_cast<std::uint32_t>(point) << " has " << text.size() << " bytes");
    }
    CHECK(utf8_of_latin1("a\x7F\x80\xE9\xFF") == "a\x7F\xC2\x80\xC3\xA9\xC3\xBF");
}

TEST_CASE("texts are ordered as UTF-16 orders them") {
    const std::string emoji = "\xF0\x9F\x98\x80";  // D83D DE00 in UTF-16
    const std::string wide = "\xEF\xBF\xAE";       // FFEE
    CHECK(utf16_less(emoji, wide));
    CHECK_FALSE(utf16_less(wide, emoji));
    CHECK(utf16_less("a", "ab"));
    CHECK_FALSE(utf16_less("a", "a"));
    CHECK(utf16_less("Z", "a"));
    CHECK(utf16_less("z", emoji));
}

}  // namespace stepwell::test

#include "engine/base/checksum.hpp"

#include <doctest/doctest.h>

using namespace stepwell;

TEST_CASE("a flipped bit changes the sum, wherever it is and however long the text") {
    for (std::size_t size = 1; size <= 40; ++size) {
        CAPTURE(size);
        std::string text;
        for (std::size_t i = 0; i < size; ++i) text += static_cast<char>(i * 37 + size);
        const std::uint32_t sum = checksum(text);
        for (std::size_t bit = 0; bit < size * 8; ++bit) {
            std::string wrong = text;
            wrong[bit / 8] = static_cast<char>(wrong[bit / 8] ^ (1 << bit % 8));
            CHECK(checksum(wrong) != sum);
        }
    }
}

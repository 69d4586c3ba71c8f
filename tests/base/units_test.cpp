#include "engine/base/units.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace stepwell::test {

TEST_CASE("a span is a whole number and a unit") {
    struct Case {
        std::string text;
        std::int64_t ms;  // -1: nothing
    };
    const std::vector<Case> cases = {{"250ms", 250},
                                     {"10s", 10'000},
                                     {"2m", 120'000},
                                     {"1h", 3'600'000},
                                     {"30d", 2'592'000'000},
                                     {"1w", 604'800'000},
                                     {"0s", 0},
                                     {"", -1},
                                     {"5", -1},
                                     {"-1s", -1},
                                     {"1.5h", -1},
                                     {"1 h", -1},
                                     {"36525d", 3'155'760'000'000},
                                     {"36526d", -1},
                                     {"99999999999999999999s", -1}};
    for (const Case& c : cases) {
        CAPTURE(c.text);
        const auto span = parse_span(c.text);
        CHECK((span ? span->count() : -1) == c.ms);
    }
}

TEST_CASE("a size is a whole number, with or without a unit") {
    struct Case {
        std::string text;
        std::int64_t bytes;  // -1: nothing
    };
    const std::vector<Case> cases = {{"512", 512},
                                     {"10GB", 10'000'000'000},
                                     {"2GiB", std::int64_t{2} << 30},
                                     {"1KB", 1'000},
                                     {"3B", 3},
                                     {"1TiB", std::int64_t{1} << 40},
                                     {"GB", -1},
                                     {"1gb", -1},
                                     {"10000000TB", -1},
                                     {"9223372036854775807", INT64_MAX}};
    for (const Case& c : cases) {
        CAPTURE(c.text);
        const auto size = parse_size(c.text);
        CHECK((size ? static_cast<std::int64_t>(*size) : -1) == c.bytes);
    }
}

}  // namespace stepwell::test

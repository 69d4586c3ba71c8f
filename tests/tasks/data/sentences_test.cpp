#include "tasks/support/sentences.hpp"

#include <doctest/doctest.h>

namespace stepwell::test {

using namespace tasks::data;

TEST_CASE("counts have separators, and shares two digits that count") {
    CHECK(with_separators(0) == "0");
    CHECK(with_separators(999) == "999");
    CHECK(with_separators(502'259) == "502,259");
    CHECK(with_separators(-1'234'567) == "-1,234,567");
    CHECK(part_text(37, 502'259) == "37 of 502,259");
    CHECK(share_text(37, 502'259) == "0.0074%");
    CHECK(share_text(0, 5) == "0%");
    CHECK(share_text(0, 0) == "0%");
    CHECK(share_text(3, 5) == "60%");
    CHECK(share_text(2, 3) == "66.67%");
    CHECK(share_text(5, 5) == "100%");
    CHECK(share_text(999'999, 1'000'000) == "99.9999%");
}

TEST_CASE("at most three examples are shown") {
    CHECK(examples_text({}).empty());
    CHECK(examples_text({"'a'"}) == ", such as 'a'");
    CHECK(examples_text({"'a'", "'b'", "'c'", "'d'"}) == ", such as 'a', 'b' and 'c'");
}

}  // namespace stepwell::test

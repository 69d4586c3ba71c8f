#include "api/system/commit_watch.hpp"

#include <doctest/doctest.h>

using namespace stepwell;
using namespace stepwell::api;

TEST_CASE("an engine stands still where something waits and no turn ends for too long") {
    CommitWatch watch(Duration(5'000));
    CHECK_FALSE(watch.look(1, 3, Duration(100'000)));
    CHECK_FALSE(watch.look(1, 3, Duration(105'000)));
    CHECK(watch.look(1, 4, Duration(105'001)));
    // It goes on.
    CHECK_FALSE(watch.look(2, 4, Duration(200'000)));
    // With nothing to do it may be quiet for as long as it likes.
    CHECK_FALSE(watch.look(2, 0, Duration(300'000)));
    CHECK_FALSE(watch.look(2, 1, Duration(304'000)));
}

#include "api/http/reader_pool.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <future>

using namespace stepwell;
using namespace stepwell::api;

TEST_CASE("one party never has all readers") {
    ReaderPool pool({.threads = 2});
    std::promise<void> release;
    const std::shared_future<void> released = release.get_future().share();
    for (int i = 0; i < 8; ++i) pool.post("heavy", [released](bool) { released.wait(); });
    std::promise<bool> done;
    pool.post("light", [&](bool is_in_time) { done.set_value(is_in_time); });
    CHECK(done.get_future().get());
    release.set_value();
}

TEST_CASE("replays never have all readers") {
    ReaderPool pool({.threads = 2});
    std::promise<void> release;
    const std::shared_future<void> released = release.get_future().share();
    for (int i = 0; i < 8; ++i) pool.post_replay([released](bool) { released.wait(); });
    std::promise<bool> done;
    pool.post("light", [&](bool is_in_time) { done.set_value(is_in_time); });
    CHECK(done.get_future().get());
    release.set_value();
}

TEST_CASE("a party that asks for more than its share is refused at once, and others are not") {
    ReaderPool pool({.threads = 2, .waiting_max = 10, .share_max = 2});
    std::promise<void> release;
    const std::shared_future<void> released = release.get_future().share();
    std::promise<void> begun;
    pool.post("heavy", [&, released](bool) {
        begun.set_value();
        released.wait();
    });
    begun.get_future().wait();
    std::atomic<int> refused{0};
    for (int i = 0; i < 5; ++i) {
        pool.post("heavy", [&](bool is_in_time) { refused += is_in_time ? 0 : 1; });
    }
    CHECK(refused == 3);
    std::promise<bool> done;
    pool.post("light", [&](bool is_in_time) { done.set_value(is_in_time); });
    CHECK(done.get_future().get());
    release.set_value();
}

TEST_CASE("what has waited too long is told so") {
    ReaderPool pool({.threads = 2, .patience = Duration(-1)});
    std::promise<bool> done;
    pool.post("late", [&](bool is_in_time) { done.set_value(is_in_time); });
    CHECK_FALSE(done.get_future().get());
}

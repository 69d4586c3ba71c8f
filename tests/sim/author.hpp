// Author: writes random workflows of all kinds of states, for the simulation.
#pragma once

#include <string>

#include "engine/base/json.hpp"
#include "engine/base/prng.hpp"

namespace stepwell::test {

class Author {
public:
    enum class Timing {
        exact,  // nothing depends on chance or on how long a crash takes
        any,    // jitter, time-outs and heartbeats too, and what looks into documents
    };
    /// `has_child`: some of its tasks start an execution of kChildName.
    Author(Prng& random, Timing timing, bool has_child = false)
        : random_(random), timing_(timing), has_child_(has_child) {}
    static constexpr const char* kChildName = "c";
    /// What tasks for workers wait in.
    static constexpr const char* kActivity = "act";
    static constexpr const char* kActivityArn =
        "arn:aws:states:us-east-1:123456789012:activity:act";

    /// A definition as JSON text. Its input should be an array.
    std::string definition();

private:
    Json scope(int depth);
    Json state(int depth, bool is_last);
    Json task();
    Json nested();
    Json pass();
    Json wait();
    Json choice();
    Json parallel(int depth);
    Json map(int depth);
    void add_handlers(Json& state, const std::string& after);
    bool chance(std::uint64_t one_in) { return random_.below(one_in) == 0; }

    Prng& random_;
    Timing timing_;
    bool has_child_;
    int next_ = 0;
};

}  // namespace stepwell::test

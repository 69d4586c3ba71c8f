// Runs by outcome and interval: the bars of charts.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "api/read/span.hpp"
#include "api/read/views.hpp"

namespace stepwell::api::answers {

/// REQUIRES: the intervals outlive it.
class OutcomeBars {
public:
    explicit OutcomeBars(const Intervals& intervals)
        : intervals_(intervals), counts_(intervals.zeros().size()) {}

    /// Runs that were started in that minute: they count where its middle is.
    void add(Timestamp minute, core::Status status, std::uint64_t count) {
        counts_[intervals_.of(minute + Duration(30'000))][status_word(status)] += count;
    }

    /// [{"succeeded", "failed", "timed_out", "aborted", "running"}], one an interval
    [[nodiscard]] Json view() const {
        Json out = Json::array();
        for (const auto& interval : counts_) {
            Json one = Json::object();
            for (const char* name : {"succeeded", "failed", "timed_out", "aborted", "running"}) {
                const auto found = interval.find(name);
                one[name] = found == interval.end() ? 0 : found->second;
            }
            out.push_back(std::move(one));
        }
        return out;
    }

private:
    const Intervals& intervals_;
    std::vector<std::map<std::string, std::uint64_t>> counts_;
};

}  // namespace stepwell::api::answers

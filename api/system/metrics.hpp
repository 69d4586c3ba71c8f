// What the daemon counts, as Prometheus reads it. Counters begin with the process.
//
// Sets of labels are bounded: routes are those of the table, and beyond kWorkflowLabelsMax
// workflows are counted together as "other".
//
// Thread safety: complete.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "api/read/readers.hpp"
#include "api/router/router.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/runtime/gate_views.hpp"

namespace stepwell::api {

inline constexpr std::size_t kWorkflowLabelsMax = 500;

class Metrics {
public:
    /// REQUIRES: all of them outlive it.
    Metrics(runtime::Engine& engine, const runtime::GateViews& gate, Readers& readers,
            std::filesystem::path data_folder);

    void count(const Exchange& exchange);
    /// The text exposition format, version 0.0.4.
    [[nodiscard]] std::string text() const;

private:
    /// Seconds: the upper bounds of the buckets; the last one has none.
    static constexpr std::array<double, 9> kBounds{0.001, 0.0025, 0.005, 0.01, 0.025,
                                                   0.1,   0.5,    2.5,   10};
    struct Route {
        std::map<unsigned, std::uint64_t> by_status;
        std::array<std::uint64_t, kBounds.size() + 1> buckets{};
        std::uint64_t milliseconds = 0;
    };
    void on_events(const core::Execution& execution, const std::vector<core::Event>& events);
    void write_runs(std::string& out) const;
    void write_http(std::string& out) const;
    void write_engine(std::string& out) const;
    void write_open_runs(std::string& out, const runtime::Engine::Statistics& statistics) const;
    void write_pools(std::string& out) const;
    void write_process(std::string& out) const;

    runtime::Engine& engine_;
    const runtime::GateViews& gate_;
    Readers& readers_;
    const std::filesystem::path data_folder_;
    mutable std::mutex mutex_;
    std::map<std::string, Route> routes_;                                 // by "METHOD pattern"
    std::map<std::string, std::uint64_t> started_;                        // by workflow
    std::map<std::pair<std::string, std::string>, std::uint64_t> ended_;  // by workflow and status
    std::map<std::string, std::uint64_t> attempts_;                       // by outcome
    runtime::Subscription subscription_;  // last: it uses the others
};

}  // namespace stepwell::api

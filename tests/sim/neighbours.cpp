#include "tests/sim/neighbours.hpp"

#include <atomic>
#include <thread>

#include "engine/base/json.hpp"
#include "engine/runtime/keep/retention.hpp"

namespace stepwell::test {
namespace {

runtime::PoolSlots pools_of(const Surroundings& surroundings) {
    if (surroundings.slots == 0) return {};
    return {{"pool", surroundings.slots}};
}

}  // namespace

Neighbours::Neighbours(Surroundings surroundings, SimDisk& disk, runtime::Clock& clock,
                       runtime::TaskRunner& tasks)
    : surroundings_(std::move(surroundings)),
      disk_(disk),
      clock_(clock),
      gate_(std::make_unique<runtime::TaskGate>(pools_of(surroundings_), tasks)) {}

runtime::TaskRunner& Neighbours::join(runtime::Engine& engine) {
    engine.add_observer(*gate_);
    return *gate_;
}

void Neighbours::open_triggers(runtime::Engine& engine) {
    if (surroundings_.overlap.empty()) return;
    journal_ = disk_.reader();
    triggers_ = std::make_unique<triggers::Triggers>(
        triggers::TriggerSettings{}, engine, std::make_unique<runtime::Reader>(*journal_), clock_);
}

void Neighbours::leave() {
    triggers_.reset();
    journal_.reset();
}

std::string Neighbours::settings(bool has_schedule) const {
    Json options = Json::object();
    if (surroundings_.concurrency > 0) options["concurrency"] = surroundings_.concurrency;
    if (surroundings_.slots > 0) options["pool"] = "pool";
    if (has_schedule && !surroundings_.overlap.empty()) {
        options["schedules"] = Json::array({{{"cron", "*/10 * * * *"},
                                             {"overlap", surroundings_.overlap},
                                             {"catchup", surroundings_.catchup}}});
    }
    return to_text(Json{{"options", std::move(options)}});
}

void Neighbours::tick() {
    if (triggers_) triggers_->tick();
}

std::size_t Neighbours::starting() const {
    return triggers_ ? triggers_->status().starting : 0;
}

/// The pass waits for its answers on a thread of its own; only while it waits
/// does the engine turn.
void Neighbours::forget(runtime::Engine& engine) {
    runtime::RetentionSettings settings;
    settings.rule.runs = surroundings_.runs_kept;
    runtime::Retention retention(settings, engine, clock_, [this] {
        return Result<std::unique_ptr<journal::JournalReader>>(disk_.reader());
    });
    std::atomic<bool> is_over{false};
    std::thread keeper([&] {
        // An error: the disk has failed; what was begun is finished in another
        // life.
        (void)retention.pass().has_value();
        is_over = true;
    });
    while (!is_over) {
        const bool has_news = engine.statistics().inbox_messages > 0;
        if (!has_news || !engine.step()) std::this_thread::yield();
    }
    keeper.join();
}

}  // namespace stepwell::test

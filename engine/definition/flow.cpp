#include "engine/definition/flow.hpp"

#include <unordered_map>

#include "engine/base/nearest.hpp"
#include "engine/definition/outline.hpp"
#include "engine/definition/workflow.hpp"

namespace stepwell::definition {
namespace {

class Flow {
public:
    Flow(const Json& machine, const Place& place, Report& report)
        : machine_(machine), place_(place), report_(report) {
        for_each_state(machine, place, [&](const std::string& name, const Json&, const Place&) {
            indices_.emplace(name, names_.size());
            names_.push_back(name);
        });
        leads_to_.resize(names_.size());
    }

    void check() {
        if (names_.empty()) return;
        std::vector<std::size_t> start;
        follow(machine_, "StartAt", place_, start);
        std::size_t index = 0;
        for_each_state(machine_, place_,
                       [&](const std::string&, const Json& state, const Place& at) {
                           visit(state, at, leads_to_[index++]);
                       });
        if (is_certain_ && start.size() == 1) report_unreached(start[0]);
        if (!can_end_ && has_all_types_ && is_certain_) report_endless();
    }

private:
    using Targets = std::vector<std::size_t>;

    void visit(const Json& state, const Place& at, Targets& targets) {
        const std::string type = string_or(state, "Type", "");
        const Json* end = find(state, "End");
        const bool has_way_on = find(state, "Next") != nullptr || find(state, "Choices") != nullptr;
        if (type.empty()) has_all_types_ = false;
        if (type == "Succeed" || type == "Fail" || (end && end->is_boolean() && end->get<bool>())) {
            can_end_ = true;
        } else if (!has_way_on) {
            // It lacks Next or End, which is reported; either may be what was meant.
            is_certain_ = false;
            can_end_ = true;
        }
        follow(state, "Next", at, targets);
        follow(state, "Default", at, targets);
        follow_each(state, "Choices", at, targets);
        follow_each(state, "Catch", at, targets);
    }

    void follow_each(const Json& state, std::string_view name, const Place& at, Targets& targets) {
        const Json* list = find(state, name);
        if (list == nullptr || !list->is_array()) return;
        const Place list_at = at.member(name);
        for (std::size_t i = 0; i < list->size(); ++i) {
            follow((*list)[i], "Next", list_at.item(i), targets);
        }
    }

    void follow(const Json& from, std::string_view name, const Place& at, Targets& targets) {
        const Json* target = find(from, name);
        if (target == nullptr) return;
        if (!target->is_string()) {
            is_certain_ = false;
            report_.add(at.member(name),
                        {"expected '" + std::string(name) + "' to be the name of a state"});
            return;
        }
        const auto found = indices_.find(target->get<std::string>());
        if (found != indices_.end()) {
            targets.push_back(found->second);
            return;
        }
        report_missing(target->get<std::string>(), name, at, targets);
    }

    void report_missing(const std::string& target, std::string_view name, const Place& at,
                        Targets& targets) {
        const auto near = likely(target);
        std::string hint =
            near ? "did you mean '" + *near + "'?" : "the states here are " + listed();
        report_.add(at.member(name), {"expected '" + std::string(name) +
                                          "' to name a state of the same scope, but "
                                          "there is no '" +
                                          target + "'",
                                      std::move(hint), kMissingTarget});
        if (near) {
            // Followed, so that a misspelt name does not make its state unreachable as well.
            targets.push_back(indices_.at(*near));
        } else {
            is_certain_ = false;
        }
    }

    /// The state that was meant. In a large scope only the first slips are looked up: each costs a
    /// comparison with every name.
    std::optional<std::string> likely(const std::string& target) {
        if (names_.size() > comparisons_left_) return std::nullopt;
        comparisons_left_ -= names_.size();
        return nearest(target, names_);
    }

    std::string listed() const {
        constexpr std::size_t kNamesMax = 8;
        if (names_.size() <= kNamesMax) return quoted_list(names_);
        return quoted_list({names_.begin(), names_.begin() + kNamesMax}) + " and others";
    }

    void report_unreached(std::size_t start) {
        std::vector<bool> is_reached(names_.size(), false);
        Targets waiting{start};
        is_reached[start] = true;
        while (!waiting.empty()) {
            const std::size_t from = waiting.back();
            waiting.pop_back();
            for (const std::size_t to : leads_to_[from]) {
                if (is_reached[to]) continue;
                is_reached[to] = true;
                waiting.push_back(to);
            }
        }
        const Place states = place_.member("States");
        for (std::size_t i = 0; i < names_.size(); ++i) {
            if (is_reached[i]) continue;
            report_.add_at_name(states.member(names_[i]),
                                rule({"expected a way from 'StartAt' to each state, but '" +
                                          names_[i] + "' is not reachable",
                                      "name it in a 'Next', 'Default' or 'Catch', or take it out",
                                      kMissingTarget}));
        }
    }

    void report_endless() {
        report_.add_at_name(
            place_.member("States"),
            rule({"expected a state that ends, but none has '\"End\": true' and none "
                  "is a Succeed or Fail state",
                  "", "MISSING_END_STATE"}));
    }

    const Json& machine_;
    const Place& place_;
    Report& report_;
    std::vector<std::string> names_;
    std::unordered_map<std::string, std::size_t> indices_;
    std::vector<Targets> leads_to_;
    std::size_t comparisons_left_ = 50'000;
    bool is_certain_ = true;  // whether every way is known
    bool can_end_ = false;
    bool has_all_types_ = true;
};

}  // namespace

void check_flow(const Json& machine, const Place& place, Report& report) {
    Flow(machine, place, report).check();
}

}  // namespace stepwell::definition

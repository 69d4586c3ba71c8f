#include "engine/definition/variable_references.hpp"

#include <set>

namespace stepwell::definition {
namespace {

/// Collects the names; add() knows everything in a state that may read a variable.
class NamesRead {
public:
    explicit NamesRead(const State& state) {
        add(state.input_path);
        add(state.output_path);
        add(state.parameters);
        add(state.result_selector);
        add(state.assign);
        add(state.arguments);
        add(state.assign_query);
        add(state.output);
        for (const Catcher& catcher : state.catchers) {
            add(catcher.assign);
            add(catcher.assign_query);
            add(catcher.output);
        }
        std::visit([&](const auto& body) { add(body); }, state.body);
    }
    [[nodiscard]] std::vector<std::string> take() const { return {names_.begin(), names_.end()}; }

private:
    template <class T>
    void add(const std::optional<T>& one) {
        if (one) add(*one);
    }
    /// Templates, queries, rules and calls.
    template <class T>
    requires requires(const T& one) { one.variables(); }
    void add(const T& one) {
        for (std::string& name : one.variables()) names_.insert(std::move(name));
    }
    void add(const Path& path) {
        if (path.source() == Path::Source::variable) names_.insert(path.variable());
    }
    void add(const Selection& selection) { add(selection.path); }
    void add(const NumberOrPath& number) {
        add(number.path);
        add(number.query);
    }
    void add(const StringOrPath& text) {
        add(text.path);
        add(text.call);
        add(text.query);
    }

    void add(const TaskState& task) {
        add(task.timeout_seconds);
        add(task.heartbeat_seconds);
        add(task.credentials);
        add(task.credentials_query);
    }
    void add(const PassState&) {}
    void add(const ChoiceState& choice) {
        for (const ChoiceBranch& branch : choice.branches) {
            add(branch.rule);
            add(branch.assign);
        }
        for (const QueryBranch& branch : choice.query_branches) {
            add(branch.condition);
            add(branch.assign);
            add(branch.output);
        }
    }
    void add(const WaitState& wait) {
        add(wait.seconds);
        add(wait.timestamp_path);
        add(wait.timestamp_query);
    }
    void add(const SucceedState&) {}
    void add(const FailState& failure) {
        add(failure.error);
        add(failure.cause);
    }
    void add(const ParallelState&) {}
    void add(const MapState& map) {
        add(map.items_path);
        add(map.items);
        add(map.item_selector);
        add(map.item_query);
        add(map.max_concurrency);
        add(map.tolerated_failure_count);
        add(map.tolerated_failure_percentage_path);
        add(map.tolerated_failure_percentage_query);
        add(map.distributed);
    }
    void add(const DistributedMap& map) {
        add(map.batcher);
        add(map.reader);
        add(map.writer);
    }
    void add(const ItemReader& reader) {
        add(reader.parameters);
        add(reader.arguments);
        add(reader.items_max);
    }
    void add(const ResultWriter& writer) {
        add(writer.parameters);
        add(writer.arguments);
    }
    void add(const ItemBatcher& batcher) {
        add(batcher.items_max);
        add(batcher.bytes_max);
        add(batcher.input);
        add(batcher.input_query);
    }

    std::set<std::string> names_;
};

}  // namespace

std::vector<VariableReference> variable_references(const Definition& definition) {
    std::vector<VariableReference> references;
    for (const State& state : definition.states) {
        auto names = NamesRead(state).take();
        if (!names.empty()) references.emplace_back(state.name, std::move(names));
    }
    return references;
}

}  // namespace stepwell::definition

#include "tasks/binding/bindings.hpp"

#include <sys/random.h>

#include <algorithm>

#include "engine/base/integration_arn.hpp"
#include "tasks/fields.hpp"
#include "tasks/glob.hpp"

namespace stepwell::tasks {

namespace {

/// What evaluating one binding may cost: it is done in the daemon, for each task.
constexpr std::uint64_t kBindingWorkMax = 2'000'000;

/// Bindings see the task's own data only: what a workflow may look up stays in the workflow.
class NoContext final : public expression::ContextSource {
public:
    [[nodiscard]] const Json& object() const override { return empty_; }

private:
    const Json empty_ = Json::object();
};

class NoVariables final : public expression::VariableSource {
public:
    [[nodiscard]] const Json* find(std::string_view) const override { return nullptr; }
};

std::optional<expression::PayloadTemplate> read_template(Fields& fields, const char* key) {
    const Json* source = fields.any(key);
    if (!source) return std::nullopt;
    auto compiled = expression::PayloadTemplate::compile(*source);
    if (compiled) return std::move(*compiled);
    for (const expression::TemplateFault& fault : compiled.error()) {
        fields.fault(std::string(key) + fault.pointer + ": " + fault.message);
    }
    return std::nullopt;
}

std::string read_task(Fields& fields, const TaskCatalog& catalog) {
    std::string task = fields.text("task", "");
    if (task.empty()) {
        fields.fault("expected 'task', the name of a built-in task or a resource that runs here");
        return task;
    }
    if (task.find(':') == std::string::npos) task.insert(0, "stepwell:");
    if (!catalog.find(task)) fields.fault("task: " + catalog.explain_missing(task));
    return task;
}

/// Null for another resource, such as a function's, which takes what it is given.
const TaskType* find_task(const TaskCatalog& catalog, const std::string& task) {
    return task.starts_with("stepwell:") ? catalog.find(task) : nullptr;
}

/// As far as they are no templates.
void check_parameters(Fields& fields, const TaskType* task) {
    const Json* parameters = fields.any("parameters");
    if (parameters == nullptr || task == nullptr) return;
    for (const ShapeFault& fault : shape_faults(task->parameters, *parameters, Written::as_paths)) {
        fields.fault("parameters" + std::string(fault.place.empty() ? "" : ".") + fault.place +
                     ": " + fault.message + (fault.hint.empty() ? "" : "; " + fault.hint));
    }
}

Result<Binding> read_binding(const Json& json, const TaskCatalog& catalog) {
    Fields fields(json);
    Binding binding;
    binding.resource = without_region(fields.text("resource", ""));
    if (binding.resource.empty()) fields.fault("expected 'resource', as the workflow names it");
    binding.match = fields.pairs("match");
    binding.task = read_task(fields, catalog);
    binding.parameters = read_template(fields, "parameters");
    check_parameters(fields, find_task(catalog, binding.task));
    binding.result = read_template(fields, "result");
    if (const auto faults = fields.finish()) return fail(ErrorCode::invalid, *faults);
    return binding;
}

bool fits(const Binding& binding, std::string_view resource, const Payload& parameters) {
    if (!glob_matches(binding.resource, resource)) return false;
    if (binding.match.empty()) return true;
    const Json& json = parameters.json();
    return std::all_of(binding.match.begin(), binding.match.end(), [&](const auto& pair) {
        const Json* value = stepwell::find(json, pair.first);
        return value && glob_matches(pair.second, plain_text(*value));
    });
}

}  // namespace

Result<Bindings, std::vector<std::string>> Bindings::compile(const Json* list,
                                                             const TaskCatalog& catalog) {
    Bindings result;
    if (!list || list->is_null()) return result;
    std::vector<std::string> faults;
    if (!list->is_array()) {
        return fail(std::vector<std::string>{"bindings: expected a list of {resource, task, ...}"});
    }
    for (const Json& json : *list) {
        const std::string place = "bindings[" + std::to_string(result.bindings_.size()) + "]";
        auto binding = read_binding(json, catalog);
        if (!binding) faults.push_back(place + ": " + binding.error().message);
        result.bindings_.push_back(binding ? std::move(*binding) : Binding{});
        result.bindings_.back().place = place;
    }
    if (!faults.empty()) return fail(std::move(faults));
    return result;
}

const Binding* Bindings::find(std::string_view resource, const Payload& parameters) const {
    for (const Binding& binding : bindings_) {
        if (fits(binding, resource, parameters)) return &binding;
    }
    return nullptr;
}

Result<Json> evaluate_binding(const expression::PayloadTemplate& source, const Json& data) {
    std::uint64_t seed = 0;
    SW_ASSERT(::getrandom(&seed, sizeof seed, 0) == sizeof seed);
    Prng random(seed);
    const NoContext context;
    const NoVariables variables;
    Work work(kBindingWorkMax);
    auto value =
        source.evaluate(expression::Environment{data, context, variables, random, work, data});
    if (!value) return fail(ErrorCode::invalid, value.error().error + ": " + value.error().detail);
    return std::move(*value);
}

}  // namespace stepwell::tasks

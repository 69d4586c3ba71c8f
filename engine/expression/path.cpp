#include "engine/expression/path.hpp"

#include "engine/expression/path_program.hpp"

namespace stepwell::expression {
namespace {

/// The document below which the path looks; null for a variable that is not assigned.
const Json* root_of(const PathProgram& program, const Environment& environment) {
    switch (program.source) {
        case Path::Source::data:
            return &environment.data.json(environment.work);
        case Path::Source::context:
            return &environment.context.object();
        case Path::Source::variable:
            return environment.variables.find(program.variable);
    }
    return nullptr;
}

/// The place that `step` names in `parent`, made where it is missing; null where it cannot be.
Json* reach(const Step& step, Json& parent) {
    if (step.kind == Step::Kind::index)
        return const_cast<Json*>(element_at(parent, step.indices.front()));
    if (!parent.is_object()) return nullptr;
    if (const Json* member = stepwell::find(parent, step.names.front())) {
        return const_cast<Json*>(member);
    }
    return &parent.emplace(step.names.front(), Json::object()).first.value();
}

/// Whether assign() can succeed: it must not leave a half-made document behind.
bool can_reach(const PathProgram& program, const Json& document) {
    const Json* node = &document;
    for (const Step& step : program.steps) {
        const bool is_name = step.kind == Step::Kind::name;
        if (!node) {  // from here on, objects are made
            if (!is_name) return false;
        } else if (is_name) {
            if (!node->is_object()) return false;
            node = stepwell::find(*node, step.names.front());
        } else {
            node = element_at(*node, step.indices.front());
            if (!node) return false;
        }
    }
    return true;
}

}  // namespace

Result<Path> Path::parse(std::string_view text) {
    Scanner scanner(text);
    PathProgram program = SW_TRY(scan_path(scanner));
    if (!scanner.is_at_end()) {
        return scanner.expected("'.', '[' or the end of the path (other names go in ['...'])");
    }
    Path path;
    path.program_ = std::make_shared<const PathProgram>(std::move(program));
    return path;
}

const std::string& Path::text() const {
    return program_->text;
}
Path::Source Path::source() const {
    return program_->source;
}
const std::string& Path::variable() const {
    return program_->variable;
}
bool Path::is_definite() const {
    return program_->is_definite;
}
bool Path::is_reference() const {
    return program_->is_reference;
}
bool Path::is_root() const {
    return source() == Source::data && program_->steps.empty();
}

Evaluated<Json> Path::evaluate(const Environment& environment) const {
    const Json* root = root_of(*program_, environment);
    if (!root) {
        return fail(Failure{"States.Runtime", "No results for path: $" + program_->variable});
    }
    if (environment.work.is_spent())
        return fail(work_failure(environment.work, "The path '" + text() + "'"));
    Search search(*root, environment.work);
    return match(*program_, *root, search);
}

const Json* Path::find(const Environment& environment) const {
    SW_ASSERT(is_definite());
    const Json* root = root_of(*program_, environment);
    return root ? find_node(*program_, *root, environment.work) : nullptr;
}

Result<void, Failure> Path::assign(Json& document, Json value) const {
    SW_ASSERT(is_reference() && source() == Source::data);
    if (!can_reach(*program_, document)) {
        return fail(
            Failure{"States.ResultPathMatchFailure",
                    "Unable to apply ReferencePath " + text() + " to input " + to_text(document)});
    }
    const int depth_left = kJsonDepthMax - static_cast<int>(program_->steps.size());
    if (is_deeper_than(value, depth_left)) {
        return fail(Failure{"States.DataLimitExceeded",
                            "The result at " + text() + " would be nested more than " +
                                std::to_string(kJsonDepthMax) + " deep"});
    }
    Json* node = &document;
    for (const Step& step : program_->steps) node = reach(step, *node);
    *node = std::move(value);
    return {};
}

}  // namespace stepwell::expression

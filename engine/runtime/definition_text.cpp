#include "engine/runtime/definition_text.hpp"

#include <utility>

#include "engine/definition/diagnostic.hpp"
#include "engine/definition/workflow.hpp"

namespace stepwell::runtime {

Result<definition::DefinitionPtr> parse_definition(const std::string& text, bool is_express,
                                                   const std::vector<std::string>& builtin_tasks) {
    definition::ParseOptions options;
    options.default_name = "workflow";
    options.allow_workflow_members = false;
    options.is_express = is_express;
    options.builtin_tasks.assign(builtin_tasks.begin(), builtin_tasks.end());
    definition::Parsed parsed = definition::parse(text, options);
    if (parsed.is_valid()) return std::move(parsed.workflow.definition);
    return fail(ErrorCode::invalid, "Invalid State Machine Definition: '" +
                                        definition::to_aws_text(parsed.diagnostics) + "'");
}

Result<definition::DefinitionPtr> reload_definition(const std::string& text) {
    definition::ParseOptions options;
    options.purpose = definition::ParseOptions::Purpose::reload;
    options.default_name = "workflow";
    options.allow_workflow_members = false;
    definition::Parsed parsed = definition::parse(text, options);
    if (parsed.is_valid()) return std::move(parsed.workflow.definition);
    return fail(ErrorCode::corruption, "expected a definition that runs, but " +
                                           definition::to_aws_text(parsed.diagnostics));
}

}  // namespace stepwell::runtime

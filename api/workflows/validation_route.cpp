// POST /api/v1/validation: what is wrong with a workflow, before anybody puts it.
#include "api/system/routes.hpp"
#include "api/workflows/workflow_files.hpp"
#include "engine/definition/workflow.hpp"

namespace stepwell::api {
namespace {

constexpr const char* kValidation = R"json({
  "type": "object", "required": ["valid", "name", "faults"], "properties": {
    "valid": {"type": "boolean", "description": "false: an error is among the faults"},
    "name": {"type": ["string", "null"], "description": "that the text gives the workflow"},
    "faults": {"type": "array", "description": "errors and warnings, by their place", "items": {
      "type": "object", "required": ["severity", "pointer", "code", "message"], "properties": {
        "severity": {"type": "string", "enum": ["error", "warning"]},
        "line": {"type": "integer"}, "column": {"type": "integer"},
        "pointer": {"type": "string"}, "code": {"type": "string"},
        "message": {"type": "string"}, "hint": {"type": "string"}}}}}})json";

Json validate(const definition::BuiltinTasks& builtin_tasks, const Call& call) {
    const bool is_json = call.request().header("Content-Type").find("json") != std::string::npos;
    definition::ParseOptions options;
    options.format =
        is_json ? definition::ParseOptions::Format::json : definition::ParseOptions::Format::yaml;
    // A text without a name gets that of its file, where it is one.
    options.default_name = "workflow";
    options.builtin_tasks = builtin_tasks;
    const definition::Parsed parsed = definition::parse(call.request().body(), options);
    const std::string& name = parsed.workflow.name;
    const bool is_named = !name.empty() && name != options.default_name;
    return {{"valid", parsed.is_valid()},
            {"name", is_named ? Json(name) : Json()},
            {"faults", faults_view(parsed.diagnostics)}};
}

}  // namespace

void add_validation_route(Router& router, definition::BuiltinTasks builtin_tasks) {
    router.add({.method = "POST",
                .pattern = std::string(kValidationPath),
                .operation = "validateWorkflow",
                .tag = "workflows",
                .summary = "Say what is wrong with a workflow, and change nothing",
                .description =
                    "The body is a workflow file, as for a put. What only the daemon's secrets "
                    "and pools would tell is not looked at.",
                .body = raw_body({"application/json", "application/yaml"}),
                .answer = kValidation,
                .act = [builtin_tasks = std::move(builtin_tasks)](const Call& call) {
                    call.answer(validate(builtin_tasks, call));
                }});
}

}  // namespace stepwell::api

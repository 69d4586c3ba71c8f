// Workflows: list, show, versions, definitions; put and delete.
#include "api/http/problem.hpp"
#include "api/read/views.hpp"
#include "api/system/routes.hpp"
#include "api/workflows/workflow_folders.hpp"
#include "engine/definition/workflow.hpp"
#include "engine/runtime/clock.hpp"

namespace stepwell::api {
namespace {

constexpr std::string_view kWorkflowAnswer = R"({"$ref": "#/components/schemas/Workflow"})";

Parameter version_parameter() {
    return integer_parameter("version", "this one, not the newest", 1, 1'000'000'000);
}

Result<runtime::WorkflowDescription> described(runtime::Reader& reader, const Call& call) {
    const std::string& name = call.path("workflow");
    const auto version = call.integer("version");
    if (version) return reader.version(name, static_cast<std::uint32_t>(*version));
    return reader.workflow(name);
}

Result<Json> list_versions(Readers& readers, const Call& call) {
    auto reader = SW_TRY(readers.take());
    const auto limit = static_cast<std::size_t>(*call.integer("limit"));
    const auto page = SW_TRY(reader->versions(call.path("workflow"), limit, call.text("after")));
    Json out{{"items", Json::array()}};
    for (const auto& one : page.items) {
        out["items"].push_back(
            {{"version", one.version.number}, {"created_at", to_iso8601(one.version.created_at)}});
    }
    if (page.next) out["next"] = *page.next;
    return out;
}

/// What a workflow file holds beside the ASL.
Result<Json> options_of(const runtime::WorkflowDescription& found) {
    const Json settings = SW_TRY(parse_json(found.version.settings));
    const Json* options = find(settings, "options");
    return options ? *options : Json::object();
}

Result<Json> show_workflow(Readers& readers, const Call& call) {
    auto reader = SW_TRY(readers.take());
    const auto found = SW_TRY(described(*reader, call));
    Json out = workflow_view(found);
    add_description(found, out);
    out["options"] = SW_TRY(options_of(found));
    return out;
}

Result<Json> show_definition(Readers& readers, const Call& call) {
    auto reader = SW_TRY(readers.take());
    const auto found = SW_TRY(described(*reader, call));
    Json definition = SW_TRY(parse_json(found.version.definition));
    Json options = SW_TRY(options_of(found));
    return Json{{"workflow", found.workflow.name},
                {"version", found.version.number},
                {"definition", std::move(definition)},
                {"options", std::move(options)}};
}

Response faults_of(const definition::Parsed& parsed, const std::string& text) {
    std::vector<Fault> faults;
    for (const definition::Diagnostic& diagnostic : parsed.diagnostics) {
        faults.push_back({"#" + diagnostic.location, diagnostic.code,
                          definition::render({diagnostic}, "", text), diagnostic.hint});
    }
    return problem(faults, definition::render(parsed.diagnostics, "the definition", text));
}

void put_workflow(runtime::Engine& engine, const std::vector<std::string>& builtin_tasks,
                  const Call& call) {
    const std::string& text = call.request().body();
    const bool is_json = call.request().header("Content-Type").find("json") != std::string::npos;
    definition::ParseOptions options;
    options.format =
        is_json ? definition::ParseOptions::Format::json : definition::ParseOptions::Format::yaml;
    options.default_name = call.path("workflow");
    options.builtin_tasks = builtin_tasks;
    const definition::Parsed parsed = definition::parse(text, options);
    if (!parsed.is_valid()) return call.respond(faults_of(parsed, text));
    if (parsed.workflow.name != call.path("workflow")) {
        return call.respond(problem(400, "expected the definition's 'name' to be '" +
                                             call.path("workflow") + "', but it is '" +
                                             parsed.workflow.name + "'"));
    }
    engine.put_workflow(spec_of(parsed.workflow), [call](Result<runtime::WorkflowStatus> done) {
        if (!done) return call.respond(problem(done.error()));
        call.answer(Json{{"name", call.path("workflow")},
                         {"version", done->number},
                         {"changed", done->is_changed},
                         {"arn", done->arn}});
    });
}

void add_reading_routes(Router& router, Readers& readers) {
    router.add({.method = "GET",
                .pattern = "/api/v1/workflows/{workflow}",
                .operation = "getWorkflow",
                .tag = "workflows",
                .summary = "A workflow, and what its file says beside the definition",
                .query = {version_parameter()},
                .answer = std::string(kWorkflowAnswer),
                .read = [&readers](const Call& call) { return show_workflow(readers, call); }});
    router.add({.method = "GET",
                .pattern = "/api/v1/workflows/{workflow}/versions",
                .operation = "listWorkflowVersions",
                .tag = "workflows",
                .summary = "Its versions, newest first",
                .query = {integer_parameter("limit", "how many at most", 1, 1'000, 50),
                          text_parameter("after", "`next` of the page before", 200)},
                .answer = R"({"type": "object", "required": ["items"], "properties": {
                    "next": {"type": "string"},
                    "items": {"type": "array", "items": {
                        "type": "object", "required": ["version", "created_at"], "properties": {
                        "version": {"type": "integer"},
                        "created_at": {"type": "string", "format": "date-time"}}}}}})",
                .read = [&readers](const Call& call) { return list_versions(readers, call); }});
    router.add(
        {.method = "GET",
         .pattern = "/api/v1/workflows/{workflow}/definition",
         .operation = "getWorkflowDefinition",
         .tag = "workflows",
         .summary = "The definition (ASL) of a version",
         .query = {version_parameter()},
         .answer =
             R"({"type": "object", "required": ["workflow", "version", "definition", "options"],
                    "properties": {
                        "workflow": {"type": "string"}, "version": {"type": "integer"},
                        "definition": {"type": "object"}, "options": {"type": "object"}}})",
         .read = [&readers](const Call& call) { return show_definition(readers, call); }});
}

}  // namespace

void add_workflow_routes(Router& router, runtime::Engine& engine, Readers& readers,
                         std::vector<std::string> builtin_tasks) {
    router.add({.method = "GET",
                .pattern = "/api/v1/workflows",
                .operation = "listWorkflows",
                .tag = "workflows",
                .summary = "All workflows, by name, each with its last run",
                .answer = R"({"type": "object", "required": ["items", "as_of"], "properties": {
                    "as_of": {"$ref": "#/components/schemas/AsOf"},
                    "items": {"type": "array", "items": {"$ref": "#/components/schemas/Workflow"}}}})",
                .read = [&readers](const Call&) {
                    return snapshot_of(readers, [](runtime::Reader& reader) {
                        return workflows_view(reader, runtime::system_clock().now());
                    });
                }});
    router.add({.method = "PUT",
                .pattern = "/api/v1/workflows/{workflow}",
                .operation = "putWorkflow",
                .role = Role::editor,
                .tag = "workflows",
                .summary = "Make a workflow, or a new version of it",
                .description = "The body is a workflow file. Where nothing changes, no version is "
                               "made. A workflow that also has a file gets the next version when "
                               "the file changes.",
                .body = raw_body({"application/json", "application/yaml"}),
                .answer = R"({"type": "object", "required": ["name", "version", "changed", "arn"],
                    "properties": {
                        "name": {"type": "string"}, "version": {"type": "integer"},
                        "changed": {"type": "boolean"}, "arn": {"type": "string"}}})",
                .errors = {409},
                .act = [&engine, builtin_tasks = std::move(builtin_tasks)](const Call& call) {
                    put_workflow(engine, builtin_tasks, call);
                }});
    router.add({.method = "DELETE",
                .pattern = "/api/v1/workflows/{workflow}",
                .operation = "deleteWorkflow",
                .role = Role::editor,
                .tag = "workflows",
                .summary = "Let a workflow start no more runs; what runs goes on",
                .status = 204,
                .act = [&engine, &readers](const Call& call) {
                    auto reader = readers.take();
                    if (!reader) return call.respond(problem(reader.error()));
                    const auto found = (*reader)->workflow(call.path("workflow"));
                    if (!found) return call.respond(problem(found.error()));
                    engine.delete_workflow(found->workflow.name, [call](const Result<void>& done) {
                        if (!done) return call.respond(problem(done.error()));
                        call.answer(Json());
                    });
                }});
    add_reading_routes(router, readers);
}

}  // namespace stepwell::api

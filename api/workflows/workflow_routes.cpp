// Workflows: list, show, versions, definitions, sources, files; put and delete.
#include <algorithm>

#include "api/http/conditions.hpp"
#include "api/http/problem.hpp"
#include "api/read/views.hpp"
#include "api/router/paging.hpp"
#include "api/router/preconditions.hpp"
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

void add_file(Json& workflow, const WorkflowFiles& files) {
    if (auto file = files.of_workflow(string_or(workflow, "name", ""))) {
        workflow["file"] = std::move(*file);
    }
}

Result<Json> list_workflows(runtime::Reader& reader, const WorkflowFiles& files, const Call& call) {
    const auto all = SW_TRY(reader.workflows());
    Json names = Json::array();
    for (const auto& found : all) names.push_back({{"name", found.workflow.name}});
    Json out = SW_TRY(page_of(call, Json{{"items", std::move(names)}}, "name"));
    // Only what is shown is looked into.
    for (Json& item : out["items"]) {
        const auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) {
            return item["name"] == one.workflow.name;
        });
        item = SW_TRY(workflow_row_view(reader, *found, runtime::system_clock().now()));
    }
    for (Json& workflow : out["items"]) add_file(workflow, files);
    return out;
}

/// Without those that have left a workflow which is deleted.
Result<Json> list_files(Readers& readers, const WorkflowFiles& files) {
    auto reader = SW_TRY(readers.take());
    Json items = Json::array();
    Json all = files.list();
    for (Json& file : all["items"]) {
        const bool is_gone = string_or(file, "status", "") == "gone";
        if (is_gone && !reader->workflow(string_or(file, "workflow", ""))) continue;
        items.push_back(std::move(file));
    }
    return Json{{"items", std::move(items)}};
}

Json source_view(const WorkflowSource& source) {
    Json out{{"workflow", source.workflow}, {"version", source.version}};
    if (!source.file.empty()) out["file"] = source.file;
    out["format"] = source.format;
    out["text"] = source.text;
    return out;
}

Result<Json> show_source(Readers& readers, const Call& call) {
    auto reader = SW_TRY(readers.take());
    const auto found = SW_TRY(described(*reader, call));
    const auto source = SW_TRY(source_of(*reader, found.workflow.name, found.version.number));
    if (!source) {
        return fail(ErrorCode::not_found, "expected the text of version " +
                                              std::to_string(found.version.number) + " of '" +
                                              found.workflow.name +
                                              "', but it came without one; ask for its definition");
    }
    return source_view(*source);
}

Result<Json> show_workflow(Readers& readers, const WorkflowFiles& files, const Call& call) {
    auto reader = SW_TRY(readers.take());
    const auto found = SW_TRY(described(*reader, call));
    Json out = workflow_view(found);
    add_file(out, files);
    add_description(found, out);
    out["options"] = SW_TRY(options_of(found));
    return out;
}

Result<Json> definition_view(const runtime::WorkflowDescription& found) {
    Json definition = SW_TRY(parse_json(found.version.definition));
    Json options = SW_TRY(options_of(found));
    return Json{{"workflow", found.workflow.name},
                {"version", found.version.number},
                {"definition", std::move(definition)},
                {"options", std::move(options)}};
}

Result<Json> show_definition(Readers& readers, const Call& call) {
    auto reader = SW_TRY(readers.take());
    return definition_view(SW_TRY(described(*reader, call)));
}

/// What a put has to find, by its headers: the version whose definition or source the client has
/// seen; none; or, nothing, whatever there is.
struct Precondition {
    std::optional<VersionId> newest;
    bool is_failed = false;
};

Result<Precondition> precondition_of(Readers& readers, const Call& call) {
    if (call.header(kIfNoneMatch) == "*") return Precondition{VersionId{}, false};
    const std::string_view wanted = call.header(kIfMatch);
    if (wanted.empty()) return Precondition{};
    auto reader = SW_TRY(readers.take());
    const auto found = reader->workflow(call.path("workflow"));
    if (!found && found.error().code == ErrorCode::not_found) return Precondition{{}, true};
    if (!found) return fail(found.error());
    const auto source = SW_TRY(source_of(*reader, found->workflow.name, found->version.number));
    const std::string definition = to_text(SW_TRY(definition_view(*found)));
    const bool is_known = names_etag(wanted, etag_of(definition)) ||
                          (source && names_etag(wanted, etag_of(to_text(source_view(*source)))));
    return Precondition{found->version.id, !is_known};
}

Response faults_of(const definition::Parsed& parsed, const std::string& text) {
    std::vector<Fault> faults;
    for (const definition::Diagnostic& diagnostic : parsed.diagnostics) {
        faults.push_back({"#" + diagnostic.location, diagnostic.code,
                          definition::render({diagnostic}, "", text), diagnostic.hint});
    }
    return problem(faults, definition::render(parsed.diagnostics, "the definition", text));
}

/// Answers with the version when its text is kept, too.
void keep_source(runtime::Engine& engine, WorkflowSource source,
                 const runtime::WorkflowStatus& status, const Call& call) {
    source.version = status.number;
    Json answer{{"name", source.workflow},
                {"version", status.number},
                {"changed", status.is_changed},
                {"arn", status.arn}};
    engine.write({to_writes(source), {}},
                 [call, answer = std::move(answer)](const Result<void>& done) mutable {
                     if (!done) return call.respond(problem(done.error()));
                     call.answer(std::move(answer));
                 });
}

void put_workflow(runtime::Engine& engine, Readers& readers,
                  const definition::BuiltinTasks& builtin_tasks, const Call& call) {
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
    WorkflowSource source{parsed.workflow.name, 0, "", is_json ? "json" : "yaml", text};
    const auto precondition = precondition_of(readers, call);
    if (!precondition) return call.respond(problem(precondition.error()));
    if (precondition->is_failed) return call.respond(stale(parsed.workflow.name));
    runtime::WorkflowSpec spec = spec_of(parsed.workflow);
    spec.replaces = precondition->newest;
    engine.put_workflow(std::move(spec),
                        [call, &engine, source](Result<runtime::WorkflowStatus> done) {
                            if (!done) return call.respond(problem(done.error()));
                            if (done->is_stale) return call.respond(stale(source.workflow));
                            keep_source(engine, source, *done, call);
                        });
}

void delete_workflow(runtime::Engine& engine, Readers& readers, WorkflowFiles& files,
                     const Call& call) {
    const auto name = [&]() -> Result<std::string> {
        auto reader = SW_TRY(readers.take());
        return SW_TRY(reader->workflow(call.path("workflow"))).workflow.name;
    }();
    if (!name) return call.respond(problem(name.error()));
    engine.delete_workflow(*name, [call, &engine, &files, name = *name](const Result<void>& done) {
        if (!done) return call.respond(problem(done.error()));
        engine.write({{files.leave(name)}, {}}, [call](const Result<void>& written) {
            if (!written) return call.respond(problem(written.error()));
            call.answer(Json());
        });
    });
}

void add_file_routes(Router& router, Readers& readers, const WorkflowFiles& files) {
    router.add({.method = "GET",
                .pattern = "/api/v1/workflow-files",
                .operation = "listWorkflowFiles",
                .tag = "workflows",
                .summary = "All workflow files, by path: good, faulty or gone",
                .description = "Those that never became a workflow, too. A file that is gone "
                               "leaves its workflow, which goes on being started; delete it where "
                               "that is not meant.",
                .query = page_parameters(),
                .answer = list_schema(R"({"$ref": "#/components/schemas/WorkflowFile"})"),
                .read = [&readers, &files](const Call& call) -> Result<Json> {
                    return page_of(call, SW_TRY(list_files(readers, files)), "path");
                }});
    router.add({.method = "GET",
                .pattern = "/api/v1/workflows/{workflow}/source",
                .operation = "getWorkflowSource",
                .tag = "workflows",
                .summary = "The text that a version was made from, with its own lines",
                .query = {version_parameter()},
                .answer = R"({"type": "object",
                    "required": ["workflow", "version", "format", "text"], "properties": {
                        "workflow": {"type": "string"}, "version": {"type": "integer"},
                        "file": {"type": "string"},
                        "format": {"type": "string", "enum": ["yaml", "json"]},
                        "text": {"type": "string"}}})",
                .read = [&readers](const Call& call) { return show_source(readers, call); }});
}

void add_reading_routes(Router& router, Readers& readers, const WorkflowFiles& files) {
    router.add({.method = "GET",
                .pattern = "/api/v1/workflows/{workflow}",
                .operation = "getWorkflow",
                .tag = "workflows",
                .summary = "A workflow, and what its file says beside the definition",
                .query = {version_parameter()},
                .answer = std::string(kWorkflowAnswer),
                .read = [&readers, &files](const Call& call) {
                    return show_workflow(readers, files, call);
                }});
    router.add({.method = "GET",
                .pattern = "/api/v1/workflows/{workflow}/versions",
                .operation = "listWorkflowVersions",
                .tag = "workflows",
                .summary = "Its versions, newest first",
                .query = page_parameters(),
                .answer = list_schema(R"({
                        "type": "object", "required": ["version", "created_at"], "properties": {
                        "version": {"type": "integer"},
                        "created_at": {"type": "string", "format": "date-time"}}})"),
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
                        "definition": {"type": "object", "additionalProperties": true},
                        "options": {"type": "object", "additionalProperties": true}}})",
         .read = [&readers](const Call& call) { return show_definition(readers, call); }});
}

}  // namespace

void add_workflow_routes(Router& router, runtime::Engine& engine, Readers& readers,
                         WorkflowFiles& files, definition::BuiltinTasks builtin_tasks) {
    router.add({.method = "GET",
                .pattern = "/api/v1/workflows",
                .operation = "listWorkflows",
                .tag = "workflows",
                .summary = "All workflows, by name, each with its last run and its next fire",
                .query = page_parameters(),
                .answer = snapshot_schema(kWorkflowAnswer),
                .read = [&readers, &files](const Call& call) {
                    return snapshot_of(readers, [&](runtime::Reader& reader) {
                        return list_workflows(reader, files, call);
                    });
                }});
    router.add(
        {.method = "PUT",
         .pattern = "/api/v1/workflows/{workflow}",
         .operation = "putWorkflow",
         .role = Role::editor,
         .tag = "workflows",
         .summary = "Make a workflow, or a new version of it",
         .description = "The body is a workflow file. Where nothing changes, no version is "
                        "made. A workflow that also has a file gets the next version when "
                        "the file changes. Two who edit lose nothing of each other: with the "
                        "ETag of `/definition` or `/source` as If-Match it is a 412 where "
                        "another version came between.",
         .headers = precondition_headers("the newest definition or source"),
         .body = raw_body({"application/json", "application/yaml"}),
         .answer = R"({"type": "object", "required": ["name", "version", "changed", "arn"],
                    "properties": {
                        "name": {"type": "string"}, "version": {"type": "integer"},
                        "changed": {"type": "boolean"}, "arn": {"type": "string"}}})",
         .errors = {409, 412},
         .act = [&engine, &readers, builtin_tasks = std::move(builtin_tasks)](const Call& call) {
             put_workflow(engine, readers, builtin_tasks, call);
         }});
    router.add({.method = "DELETE",
                .pattern = "/api/v1/workflows/{workflow}",
                .operation = "deleteWorkflow",
                .role = Role::editor,
                .tag = "workflows",
                .summary = "Let a workflow start no more runs; what runs goes on",
                .status = 204,
                .act = [&engine, &readers, &files](const Call& call) {
                    delete_workflow(engine, readers, files, call);
                }});
    add_reading_routes(router, readers, files);
    add_file_routes(router, readers, files);
}

}  // namespace stepwell::api

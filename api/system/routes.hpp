// Our own API: what stands in the table of routes below /api/v1, and /healthz. Each function adds
// one part of it; REQUIRES: what they are given outlives the router.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "api/aws/api.hpp"
#include "api/http/paths.hpp"
#include "api/live/event_feed.hpp"
#include "api/read/readers.hpp"
#include "api/router/router.hpp"
#include "api/system/metrics.hpp"
#include "engine/definition/workflow.hpp"
#include "engine/runtime/engine.hpp"

namespace stepwell::api {

/// Schemas that routes of several parts refer to: Run, Workflow. First of all.
void add_schemas(Router& router);

/// POST /: the AWS API.
void add_aws_route(Router& router, aws::Api& aws);

class WorkflowFiles;

/// Workflows: list, show, versions, definition, source, files, put, delete.
void add_workflow_routes(Router& router, runtime::Engine& engine, Readers& readers,
                         WorkflowFiles& files, definition::BuiltinTasks builtin_tasks);

/// POST /api/v1/validation, which changes nothing: no affair of the audit log.
void add_validation_route(Router& router, definition::BuiltinTasks builtin_tasks);

/// POST /api/v1/workflows/{workflow}/state-test, which changes nothing either.
void add_state_test_route(Router& router, Readers& readers);

/// Where the Idempotency-Keys of starts are: what the sources of their claims begin with.
inline constexpr const char* kStartKeys = "start:";

/// How long somebody starts nothing, for having tried too often what they should not; nothing: they
/// may.
using StartPause = std::function<std::optional<Duration>(const std::string& who)>;

/// Runs: list, show, start, stop, history.
void add_run_routes(Router& router, runtime::Engine& engine, Readers& readers, StartPause pause);

/// Server-sent events of all runs and of one, and logs.
void add_live_routes(Router& router, runtime::Engine& engine, EventFeed& feed, Readers& readers,
                     const std::filesystem::path& data_folder);

/// Runs: redrive.
void add_redrive_routes(Router& router, runtime::Engine& engine, Readers& readers);

/// GET /healthz, /readyz, /metrics, and /api/v1/openapi.json, which is printed when it is first
/// asked for.
void add_system_routes(Router& router, Metrics& metrics, Readers& readers,
                       const runtime::Engine& engine, std::string version);

}  // namespace stepwell::api

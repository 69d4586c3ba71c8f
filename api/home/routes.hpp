// The routes of the answers.
#pragma once

#include <filesystem>
#include <functional>

#include "api/home/health.hpp"
#include "api/read/histories.hpp"
#include "api/read/readers.hpp"
#include "api/router/router.hpp"
#include "api/runs/redrive_plan.hpp"
#include "engine/runtime/clock.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/runtime/gate_views.hpp"

namespace stepwell::api::answers {

/// What the routes share. REQUIRES: it, and what it refers to, outlives the router.
struct AnswerSources {
    Readers& readers;
    runtime::Clock& clock;
    std::filesystem::path data_folder;
    DigestCache cache{};
    const runtime::GateViews* gate = nullptr;  // null: nothing is queued
    std::function<HealthSnapshot()> health = {};
};

/// /runs (the list), /runs/histogram, /runs/export.csv and /runs/export.jsonl. REQUIRES: the
/// schemas of the answers are there.
void add_run_list_routes(Router& router, AnswerSources& sources);

/// /bulk/stop and /bulk/redrive. REQUIRES: the engine outlives the router.
void add_bulk_routes(Router& router, AnswerSources& sources, runtime::Engine& engine);

/// /workflows/{workflow}/data and /tables.
void add_data_routes(Router& router, AnswerSources& sources);

/// /home, /failures, those of add_run_list_routes(), /workflows/{workflow}/grid, usual and results,
/// /runs/{run}/overview, failure, results and map/{state}.
void add_answer_routes(Router& router, AnswerSources& sources);

/// /runs/{run}/redrive-plan. REQUIRES: the schemas of the answers are there.
void add_redrive_plan_route(Router& router, AnswerSources& sources, runtime::RedrivePolicy policy,
                            InputProbe probe);

}  // namespace stepwell::api::answers

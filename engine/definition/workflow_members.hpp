// Stepwell's own members around the ASL of a workflow file.
#pragma once

#include "engine/definition/report.hpp"
#include "engine/definition/workflow.hpp"

namespace stepwell::definition {

const std::vector<std::string>& workflow_member_names();

/// Copies the members of `root` into the workflow and gives the rest: the ASL. What the members
/// hold inside belongs to those who use them; here only their outer form is checked.
Json split_members(const Json& root, const ParseOptions& options, Workflow& workflow,
                   Report& report);

/// Reports a workflow's name that AWS would refuse. `place` is where the name stands.
void check_workflow_name(const std::string& name, const Place& place, Report& report);

}  // namespace stepwell::definition

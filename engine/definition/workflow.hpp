// A workflow file: an ASL definition and what surrounds it. The only way from text to Definition.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/shape.hpp"
#include "engine/definition/definition.hpp"
#include "engine/definition/diagnostic.hpp"

namespace stepwell::definition {

/// Limits on what is read; beyond them the file is refused.
inline constexpr std::size_t kDefinitionBytesMax = 1'048'576;
inline constexpr int kYamlDepthMax = 64;
inline constexpr std::size_t kYamlNodesMax = 100'000;

struct Workflow {
    std::string name;         // `name`, else the caller's default; checked as an AWS name
    std::string description;  // `description`
    /// Stepwell's own members, checked for their outer form only: schedules, triggers, notify,
    /// limits, ... An object; members that are absent in the file are absent here.
    Json options = Json::object();
    /// The ASL part as compact JSON text: what DescribeStateMachine gives for a workflow from a
    /// file.
    std::string asl;
    DefinitionPtr definition;  // null where an error was found
};

/// A task that `stepwell:NAME` names.
struct BuiltinTask {
    BuiltinTask(const char* task) : name(task) {}  // NOLINT(google-explicit-constructor): lists
    BuiltinTask(std::string task)                  // NOLINT(google-explicit-constructor): of names
        : name(std::move(task)) {}
    using FurtherFaults = std::vector<ShapeFault> (*)(const Json& parameters, Written written);
    BuiltinTask(std::string task, Shape its_parameters, FurtherFaults faults = nullptr)
        : name(std::move(task)), parameters(std::move(its_parameters)), further_faults(faults) {}

    std::string name;
    /// What it takes; Kind::any: nothing is known of it, and anything is let through.
    Shape parameters;
    /// What is wrong with parameters that have the shape, and is seen before anything runs; null:
    /// nothing. Must take any JSON.
    FurtherFaults further_faults = nullptr;
};
using BuiltinTasks = std::vector<BuiltinTask>;

struct ParseOptions {
    /// To accept a text, all rules of today hold. To read one again that was accepted once, by
    /// whatever release, it is enough that it says how it runs: faults against the rest are
    /// warnings.
    enum class Purpose { accept, reload };
    Purpose purpose = Purpose::accept;
    enum class Format { json, yaml };
    Format format = Format::json;
    /// The workflow's name where the file has no `name`.
    std::string default_name;
    /// Whether Stepwell's own lower-case members may stand around the ASL. The AWS API says no.
    bool allow_workflow_members = true;
    /// EXPRESS machines refuse .sync, .waitForTaskToken and activities.
    bool is_express = false;
    /// The names N for which `stepwell:N` is a task; empty: any name is let through.
    BuiltinTasks builtin_tasks;
};

struct Parsed {
    Workflow workflow;
    std::vector<Diagnostic> diagnostics;  // every fault of the text, in the order of their places
    std::vector<Reference> references;    // to be looked up by who knows the configuration
    [[nodiscard]] bool is_valid() const { return workflow.definition != nullptr; }
};

/// Reads `text` (a workflow file, or a state machine definition as the AWS API takes it). Never
/// fails: faults are diagnostics, and `workflow.definition` is set iff none is an error.
Parsed parse(std::string_view text, const ParseOptions& options);

/// The format that a file's name says (.json, .asl.json, .yaml, .yml); nothing for another.
std::optional<ParseOptions::Format> format_of(std::string_view file_name);
/// The file's name without folders and those endings: a workflow's default name.
std::string workflow_name_of(std::string_view file_name);

/// Reads YAML into JSON under the limits above (size, depth, nodes, cyclic aliases, duplicate
/// keys), for configuration files and task parameters. YAML 1.1 scalars; quoted scalars stay
/// strings. The message of the error says line and column.
Result<Json> parse_yaml(std::string_view text);

}  // namespace stepwell::definition

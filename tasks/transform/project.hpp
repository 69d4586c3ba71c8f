// A folder of SQL models, as dbt lays it out: models/*.sql, tests/*.sql, macros/*.sql, property
// files (*.yml) and dbt_project.yml. All of it is optional but the models.
//
// Threads: immutable once loaded, except where said; nodes are rendered from several threads.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tasks/sql/sql_engine.hpp"
#include "tasks/template/template.hpp"
#include "tasks/transform/yaml.hpp"

namespace stepwell::tasks::transform {

enum class NodeKind { model, test };

/// One thing to run: a model, or a test.
struct Node {
    NodeKind kind = NodeKind::model;
    std::string name;
    std::string unique_id;         // "model.flights.daily_summary"
    std::string path;              // relative to the project
    std::vector<std::string> fqn;  // project, folders, name
    Json config =
        Json::object();  // dbt_project.yml, then property files, then config() in the file
    std::set<std::string> tags;
    std::shared_ptr<const jinja::Template> source;  // of models and singular tests
    // Found by rendering once without running:
    std::set<std::string> refs;     // names of models
    std::set<std::string> sources;  // "source.table"
    // Of generic tests:
    std::string test_type;  // "unique"
    std::string test_column;
    Json test_arguments = Json::object();
    std::string test_subject;  // as templates write it: "ref('x')" or "source('a', 'b')"
    // Of models: what property files declare.
    Json columns = Json::array();  // {name, data_type, ...}
    // Found by link():
    std::vector<std::size_t> parents;  // positions in Project::nodes

    [[nodiscard]] std::string text_config(std::string_view key, std::string_view otherwise) const;
    [[nodiscard]] std::vector<std::string> list_config(std::string_view key) const;
};

struct Source {
    data::TableName relation;
};

struct Project {
    std::string name = "project";
    std::filesystem::path folder;
    Json vars = Json::object();
    std::vector<Node> nodes;
    std::map<std::string, std::size_t, std::less<>> models;  // by name
    std::map<std::string, Source, std::less<>> sources;      // by "source.table"
    std::vector<jinja::Module> modules;                      // keep the macros alive
    std::map<std::string, jinja::Value, std::less<>> macros;
    std::set<std::string> absent;  // names of seeds and snapshots, which are not built
    std::vector<std::string>
        warnings;  // what is there and has no effect; each begins with its file
};

struct ProjectOptions {
    Json vars = Json::object();  // over the project's
    std::string default_schema;  // where a model has none; may be empty
};

/// Reads the files; nothing is rendered yet. Fails with E_CONFIG, with every fault; with E_DENIED
/// where a file of the folder is a link out of it.
DataResult<Project> load_project(const std::filesystem::path& folder,
                                 const ProjectOptions& options);

}  // namespace stepwell::tasks::transform

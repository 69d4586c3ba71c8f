#include "tasks/transform/project.hpp"

#include <algorithm>

#include "engine/base/digest.hpp"
#include "tasks/files/durable_files.hpp"

namespace stepwell::tasks::transform {
namespace {

namespace fs = std::filesystem;
using data::data_fail;

bool is_hidden(const std::string& relative) {
    return relative.starts_with(".") || relative.find("/.") != std::string::npos ||
           relative.starts_with("target/") || relative.starts_with("dbt_packages/");
}

class Loader {
public:
    Loader(const fs::path& folder, const ProjectOptions& options) : options_(options) {
        project_.folder = folder;
    }

    DataResult<Project> run() {
        SW_TRY(read_project_file());
        note_packages();
        const std::vector<std::string> all = SW_TRY(files::files_below(project_.folder));
        for (const auto& file : all) {
            if (is_hidden(file)) continue;
            take(read_one(file));
        }
        for (const auto& [file, properties] : properties_) take(apply_properties(file, properties));
        if (!faults_.empty()) return data_fail("E_CONFIG", faults_);
        if (project_.models.empty()) {
            return data_fail("E_NOT_FOUND", project_.folder.string() +
                                                ": expected models (*.sql) in " +
                                                Json(model_paths_).dump() + ", but there are none");
        }
        return std::move(project_);
    }

private:
    void take(DataResult<void> done) {
        if (!done) faults_ += (faults_.empty() ? "" : "; ") + done.error().message;
    }
    /// A file of the folder, and not one that a link leads to elsewhere.
    DataResult<std::string> text_of(const std::string& file) const {
        std::error_code failed;
        const fs::path real = fs::canonical(project_.folder / file, failed);
        const fs::path inner = real.lexically_relative(fs::canonical(project_.folder, failed));
        if (!failed && (inner.empty() || *inner.begin() == ".."))
            return data_fail("E_DENIED",
                             file + ": expected a file of the project, but it is a link out of it");
        return files::read_file(project_.folder / file);
    }
    static std::vector<std::string> texts(const Json& object, const char* key,
                                          std::vector<std::string> otherwise) {
        const Json* value = find(object, key);
        if (value == nullptr || !value->is_array()) return otherwise;
        std::vector<std::string> result;
        for (const auto& element : *value) {
            if (element.is_string())
                result.push_back(fs::path(element.get<std::string>()).lexically_normal().string());
        }
        return result;
    }

    DataResult<void> read_project_file() {
        const bool has_models = files::is_there(project_.folder / "models");
        model_paths_ = {has_models ? "models" : "."};
        if (!files::is_there(project_.folder))
            return data_fail(
                "E_NOT_FOUND",
                project_.folder.string() + ": expected a folder with models, but there is none");
        if (files::is_there(project_.folder / "dbt_project.yml")) {
            const std::string text = SW_TRY(text_of("dbt_project.yml"));
            const Json file = SW_TRY(read_yaml(text, "dbt_project.yml"));
            project_.name = string_or(file, "name", project_.name);
            model_paths_ = texts(file, "model-paths", texts(file, "source-paths", {"models"}));
            test_paths_ = texts(file, "test-paths", test_paths_);
            macro_paths_ = texts(file, "macro-paths", macro_paths_);
            if (const Json* vars = find(file, "vars")) read_vars(*vars);
            if (const Json* models = find(file, "models")) model_config_ = *models;
            for (const char* key : {"tests", "data_tests"}) {
                if (const Json* tests = find(file, key)) test_config_ = *tests;
            }
            seed_paths_ = texts(file, "seed-paths", texts(file, "data-paths", seed_paths_));
            snapshot_paths_ = texts(file, "snapshot-paths", snapshot_paths_);
            SW_TRY(check_project_keys(file));
        }
        for (const auto& [key, value] : options_.vars.items()) project_.vars[key] = value;
        return {};
    }

    void warn(const std::string& file, const std::string& message) {
        project_.warnings.push_back(file + ": " + message);
    }

    /// Hooks of runs would change what is built, and cannot be left out in silence.
    DataResult<void> check_project_keys(const Json& file) {
        static const std::set<std::string, std::less<>> known = {
            "name",           "version",
            "config-version", "profile",
            "model-paths",    "source-paths",
            "test-paths",     "macro-paths",
            "seed-paths",     "data-paths",
            "snapshot-paths", "analysis-paths",
            "asset-paths",    "docs-paths",
            "target-path",    "log-path",
            "clean-targets",  "packages-install-path",
            "modules-path",   "vars",
            "models",         "tests",
            "data_tests",     "seeds",
            "snapshots",      "require-dbt-version",
            "flags",          "query-comment"};
        for (const auto& [key, value] : file.items()) {
            const bool is_empty = value.is_null() || value.empty();
            if ((key == "on-run-start" || key == "on-run-end") && !is_empty)
                return data_fail("E_UNSUPPORTED",
                                 "dbt_project.yml: " + key +
                                     " is not supported; make it a hook of a model, or a state of "
                                     "the workflow");
            if (!known.contains(key) && !is_empty)
                warn("dbt_project.yml", "'" + key + "' is not supported and has no effect");
        }
        return {};
    }

    /// Packages are not read: what they would bring is missing, and said so before it is missed.
    void note_packages() {
        for (const char* file : {"packages.yml", "dependencies.yml"}) {
            if (files::is_there(project_.folder / file))
                warn(file,
                     "packages are not supported; what a model needs of them goes into macros/");
        }
    }

    /// Seeds and snapshots: noted by name, so that a ref to one can say why it finds nothing.
    void note_absent(const std::string& file) {
        const bool is_seed = file.ends_with(".csv") && below(file, seed_paths_);
        const bool is_snapshot =
            (file.ends_with(".sql") || file.ends_with(".yml")) && below(file, snapshot_paths_);
        if (!is_seed && !is_snapshot) return;
        project_.absent.insert(fs::path(file).stem().string());
        warn(file, is_seed ? "seeds are not supported; load the file with the task load, and name "
                             "the table under sources:"
                           : "snapshots are not supported; the task etl keeps histories (scd2)");
    }

    /// Global variables, and those under the project's own name.
    void read_vars(const Json& vars) {
        for (const auto& [key, value] : vars.items()) {
            if (key != project_.name || !value.is_object()) project_.vars[key] = value;
        }
        const Json* own = find(vars, project_.name);
        if (own == nullptr || !own->is_object()) return;
        for (const auto& [key, value] : own->items()) project_.vars[key] = value;
    }

    /// The path below the first of `folders` that holds the file; nothing where none does.
    static std::optional<std::string> below(const std::string& file,
                                            const std::vector<std::string>& folders) {
        for (const auto& folder : folders) {
            if (folder == ".") return file;
            if (file.starts_with(folder + "/")) return file.substr(folder.size() + 1);
        }
        return std::nullopt;
    }

    DataResult<void> read_one(const std::string& file) {
        note_absent(file);
        if (file.ends_with(".yml") || file.ends_with(".yaml")) {
            if (!below(file, model_paths_) || file == "dbt_project.yml") return {};
            const std::string text = SW_TRY(text_of(file));
            properties_.emplace_back(file, SW_TRY(read_yaml(text, file)));
            return {};
        }
        if (!file.ends_with(".sql")) return {};
        if (below(file, macro_paths_)) return read_macros(file);
        if (const auto inner = below(file, test_paths_))
            return add_node(NodeKind::test, file, *inner);
        if (const auto inner = below(file, model_paths_))
            return add_node(NodeKind::model, file, *inner);
        return {};
    }

    DataResult<jinja::Template> parse(const std::string& file) const {
        const std::string text = SW_TRY(text_of(file));
        auto parsed = jinja::Template::parse(text, file);
        if (!parsed) return data_fail("E_CONFIG", parsed.error().message);
        return *std::move(parsed);
    }

    DataResult<void> read_macros(const std::string& file) {
        static const jinja::Environment environment;
        const jinja::Template parsed = SW_TRY(parse(file));
        auto module = jinja::load_module(environment, parsed, {});
        if (!module) return data_fail("E_CONFIG", module.error().message);
        for (const auto& [name, value] : module->names) {
            const auto [place, is_new] = macro_files_.emplace(name, file);
            if (!is_new)
                return data_fail("E_CONFIG", file + ": expected names of its own, but '" + name +
                                                 "' is in " + place->second + " too");
            project_.macros.emplace(name, value);
        }
        project_.modules.push_back(*std::move(module));
        return {};
    }

    DataResult<void> add_node(NodeKind kind, const std::string& file, const std::string& inner) {
        Node node;
        node.kind = kind;
        node.path = file;
        node.name = fs::path(file).stem().string();
        node.unique_id =
            (kind == NodeKind::model ? "model." : "test.") + project_.name + "." + node.name;
        node.fqn = {project_.name};
        for (const auto& part : fs::path(inner).parent_path()) node.fqn.push_back(part.string());
        node.fqn.push_back(node.name);
        apply_project_config(node, kind == NodeKind::model ? model_config_ : test_config_);
        node.source = std::make_shared<const jinja::Template>(SW_TRY(parse(file)));
        if (kind == NodeKind::model) {
            const auto [present, is_new] =
                project_.models.emplace(node.name, project_.nodes.size());
            if (!is_new) {
                return data_fail("E_CONFIG", file + ": expected a name of its own, but " +
                                                 project_.nodes[present->second].path +
                                                 " is a model '" + node.name + "' too");
            }
        }
        project_.nodes.push_back(std::move(node));
        return {};
    }

    static void merge_config(Node& node, const std::string& key, const Json& value) {
        if (key != "tags") {
            node.config[key] = value;
            return;
        }
        for (const auto& tag : value.is_array() ? value : Json::array({value})) {
            if (tag.is_string()) node.tags.insert(tag.get<std::string>());
        }
    }

    /// dbt_project.yml's tree: `+key` at any level, folders by name.
    static void apply_project_config(Node& node, const Json& tree) {
        const Json* level = &tree;
        for (std::size_t depth = 0; level != nullptr && level->is_object(); ++depth) {
            for (const auto& [key, value] : level->items()) {
                if (key.starts_with("+"))
                    merge_config(node, key.substr(1), value);
                else if (!value.is_object())
                    merge_config(node, key, value);
            }
            level = depth < node.fqn.size() ? find(*level, node.fqn[depth]) : nullptr;
        }
    }

    DataResult<void> apply_properties(const std::string& file, const Json& properties) {
        // What says something about the project, and builds or checks nothing.
        static const std::set<std::string, std::less<>> silent = {
            "version",         "models",        "sources", "exposures", "metrics",
            "semantic_models", "saved_queries", "groups",  "macros",    "analyses"};
        if (properties.is_null()) return {};
        if (!properties.is_object())
            return data_fail("E_CONFIG", file + ": expected models: and sources:");
        for (const auto& [key, value] : properties.items()) {
            if (!silent.contains(key) && !(value.is_null() || value.empty()))
                warn(file, "'" + key + ":' is not supported and has no effect");
        }
        const auto each = [&](const char* key, auto&& apply) {
            const Json list = list_of(properties, key);
            for (std::size_t i = 0; i < list.size(); ++i)
                take(apply(file + ": " + key + "[" + std::to_string(i) + "]", list[i]));
        };
        each("models", [&](const std::string& place, const Json& model) {
            return apply_model(file, place, model);
        });
        each("sources", [&](const std::string& place, const Json& source) {
            return apply_source(file, place, source);
        });
        return {};
    }

    /// Of two declarations one would win, by the order of files and of what stands in them.
    DataResult<void> declare(const std::string& what, const std::string& place) {
        const auto [first, is_new] = declared_.emplace(what, place);
        if (is_new) return {};
        return data_fail("E_CONFIG", place + ": expected " + what + " to be declared once, but " +
                                         first->second + " declares it too");
    }

    static Json list_of(const Json& object, const char* key) {
        const Json* value = find(object, key);
        return value != nullptr && value->is_array() ? *value : Json::array();
    }
    static Json tests_of(const Json& object) {
        Json tests = list_of(object, "tests");
        for (auto& test : list_of(object, "data_tests")) tests.push_back(test);
        return tests;
    }

    DataResult<void> apply_model(const std::string& file, const std::string& place,
                                 const Json& model) {
        const std::string name = string_or(model, "name", "");
        const auto found = project_.models.find(name);
        if (found == project_.models.end()) {
            warn(file, "expected the name of a model, but there is no '" + name +
                           "'; what stands under it, tests too, has no effect");
            return {};
        }
        SW_TRY(declare("model '" + name + "'", place));
        Node& node = project_.nodes[found->second];
        if (find(model, "versions") != nullptr)
            return data_fail("E_UNSUPPORTED",
                             file + ": " + name + ": versions: of models are not supported");
        node.columns = list_of(model, "columns");
        if (const Json* constraints = find(model, "constraints"))
            node.config["constraints"] = *constraints;
        if (const Json* tags = find(model, "tags")) merge_config(node, "tags", *tags);
        if (const Json* config = find(model, "config"); config != nullptr && config->is_object()) {
            for (const auto& [key, value] : config->items()) merge_config(node, key, value);
        }
        return add_tests(file, model, name, "ref('" + name + "')");
    }

    DataResult<void> apply_source(const std::string& file, const std::string& place,
                                  const Json& source) {
        const std::string name = string_or(source, "name", "");
        for (const char* key : {"freshness", "loaded_at_field", "database"}) {
            const Json* value = find(source, key);
            if (value != nullptr && !value->is_null())
                warn(file, "source " + name + ": '" + key + "' is not supported and has no effect");
        }
        for (const auto& table : list_of(source, "tables")) {
            const std::string table_name = string_or(table, "name", "");
            if (name.empty() || table_name.empty())
                return data_fail("E_CONFIG", file + ": expected a name for each source and table");
            SW_TRY(declare("source table '" + name + "." + table_name + "'", place));
            project_.sources[name + "." + table_name] = {
                {string_or(source, "schema", name), string_or(table, "identifier", table_name)}};
            SW_TRY(add_tests(file, table, "source_" + name + "_" + table_name,
                             "source('" + name + "', '" + table_name + "')"));
        }
        return {};
    }

    DataResult<void> add_tests(const std::string& file, const Json& owner, const std::string& name,
                               const std::string& subject) {
        for (const auto& test : tests_of(owner)) SW_TRY(add_test(file, test, name, "", subject));
        for (const auto& column : list_of(owner, "columns")) {
            const std::string column_name = string_or(column, "name", "");
            if (column_name.empty())
                return data_fail("E_CONFIG",
                                 file + ": " + name + ": expected a name for each column");
            for (const auto& test : tests_of(column))
                SW_TRY(add_test(file, test, name, column_name, subject));
        }
        return {};
    }

    DataResult<void> add_test(const std::string& file, const Json& test, const std::string& owner,
                              const std::string& column, const std::string& subject) {
        Node node;
        node.kind = NodeKind::test;
        node.path = file;
        node.test_column = column;
        node.test_subject = subject;
        node.fqn = {project_.name};
        apply_project_config(node, test_config_);
        if (test.is_string())
            node.test_type = test;
        else if (test.is_object() && test.size() >= 1)
            read_test_object(node, test);
        if (node.test_type.empty())
            return data_fail("E_CONFIG", file + ": " + owner +
                                             ": expected a test such as unique or "
                                             "{accepted_values: {values: [...]}}, but got " +
                                             to_text(test));
        if (const auto dot = node.test_type.find('.'); dot != std::string::npos)
            node.test_type = node.test_type.substr(dot + 1);
        node.name = string_or(node.config, "name", test_name(node, owner));
        // Two tests of one kind on one column differ in their arguments.
        std::string id = "test." + project_.name + "." + node.name;
        while (!test_ids_.insert(id).second) id += "_";
        node.unique_id = id;
        node.fqn = {project_.name, node.name};
        project_.nodes.push_back(std::move(node));
        return {};
    }

    static void read_test_object(Node& node, const Json& test) {
        const auto first = test.begin();
        const Json& arguments = first.value();
        node.test_type = first.key();
        Json all = arguments.is_object() ? arguments : Json::object();
        for (std::size_t i = 1; i < test.size(); ++i) {
            const auto entry = std::next(test.begin(), static_cast<std::ptrdiff_t>(i));
            all[entry.key()] = entry.value();
        }
        if (const Json* nested = find(all, "arguments"); nested != nullptr && nested->is_object()) {
            const Json inner = *nested;
            all.erase("arguments");
            for (const auto& [key, value] : inner.items()) all[key] = value;
        }
        if (const Json* config = find(all, "config"); config != nullptr && config->is_object()) {
            for (const auto& [key, value] : config->items()) merge_config(node, key, value);
            all.erase("config");
        }
        for (const char* key :
             {"severity", "where", "name", "tags", "limit", "description", "error_if", "warn_if",
              "fail_calc", "store_failures", "store_failures_as", "schema", "alias", "enabled",
              "meta", "database"}) {
            if (!all.contains(key)) continue;
            merge_config(node, key, all[key]);
            all.erase(key);
        }
        node.test_arguments = std::move(all);
    }

    /// How dbt writes an argument into a name.
    static std::string argument_text(const Json& value) {
        if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
        return value.is_string() ? value.get<std::string>() : to_text(value);
    }

    /// dbt's name: arguments in the order of their names, runs of other characters as one `_`.
    static std::string test_name(const Node& node, const std::string& owner) {
        std::string text =
            node.test_type + "_" + owner + (node.test_column.empty() ? "" : "_" + node.test_column);
        std::map<std::string, Json> sorted;
        for (const auto& [key, value] : node.test_arguments.items()) sorted[key] = value;
        for (const auto& [key, value] : sorted) {
            for (const auto& part : value.is_array() ? value : Json::array({value}))
                text += "__" + argument_text(part);
        }
        std::string name;
        bool is_replaced = false;
        for (const char c : text) {
            const bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                                  (c >= 'A' && c <= 'Z') || c == '_';
            if (is_plain)
                name += c;
            else if (!is_replaced)
                name += '_';
            is_replaced = !is_plain;
        }
        if (name.size() < 64) return name;
        return name.substr(0, 30) + "_" + digest_hex("MD5", name).value_or("");
    }

    const ProjectOptions& options_;
    Project project_;
    std::vector<std::string> model_paths_;
    std::vector<std::string> test_paths_ = {"tests"};
    std::vector<std::string> macro_paths_ = {"macros"};
    std::vector<std::string> seed_paths_ = {"seeds"};
    std::vector<std::string> snapshot_paths_ = {"snapshots"};
    Json model_config_ = Json::object();
    Json test_config_ = Json::object();
    std::map<std::string, std::string> macro_files_;  // by name
    std::vector<std::pair<std::string, Json>> properties_;
    std::map<std::string, std::string> declared_;  // what, where first
    std::set<std::string> test_ids_;
    std::string faults_;
};

}  // namespace

std::string Node::text_config(std::string_view key, std::string_view otherwise) const {
    return string_or(config, key, otherwise);
}

std::vector<std::string> Node::list_config(std::string_view key) const {
    std::vector<std::string> result;
    const Json* value = find(config, key);
    if (value == nullptr) return result;
    for (const auto& element : value->is_array() ? *value : Json::array({*value})) {
        if (element.is_string()) result.push_back(element.get<std::string>());
    }
    return result;
}

DataResult<Project> load_project(const fs::path& folder, const ProjectOptions& options) {
    return Loader(folder, options).run();
}

}  // namespace stepwell::tasks::transform

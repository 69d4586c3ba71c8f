// What templates of a project may use: ref, source, config, var, this, is_incremental, target, and
// the project's macros.
//
// Threads: render() may run from several threads on different nodes.
#pragma once

#include <functional>
#include <string>

#include "tasks/transform/project.hpp"

namespace stepwell::tasks::transform {

struct Target {
    std::string name;  // the connection
    data::Dialect dialect = data::Dialect::duckdb;
    std::string default_schema;
    int threads = 1;
    bool is_full_refresh = false;
};

/// What one rendering finds and may ask.
struct RenderScope {
    bool executes = false;        // false: only look for refs, sources and config()
    bool is_incremental = false;  // what is_incremental() answers
    std::function<void(const std::string&)> log;
    // Found:
    std::set<std::string> refs;
    std::set<std::string> sources;
    Json config = Json::object();
};

class Renderer {
public:
    Renderer(const Project& project, Target target);
    Renderer(const Renderer&) = delete;  // its functions know where it is
    Renderer& operator=(const Renderer&) = delete;

    /// The node's SQL. Fails with E_CONFIG ("models/x.sql:3: ...").
    DataResult<std::string> render(const Node& node, RenderScope& scope) const;
    /// A relation that a template expression names: "ref('x')".
    DataResult<std::string> relation(const std::string& expression, const std::string& file,
                                     RenderScope& scope) const;
    /// An SQL text in a configuration (hooks), rendered for the node.
    DataResult<std::string> render_text(const std::string& text, const Node& node,
                                        RenderScope& scope) const;

    [[nodiscard]] data::TableName relation_of(const Node& model) const;
    [[nodiscard]] const Target& target() const { return target_; }

private:
    [[nodiscard]] jinja::Variables variables(const Node& node, RenderScope& scope) const;
    [[nodiscard]] jinja::Value relation_value(const data::TableName& name) const;
    jinja::Outcome<jinja::Value> ref(const jinja::Arguments& arguments, RenderScope& scope) const;
    jinja::Outcome<jinja::Value> source(const jinja::Arguments& arguments,
                                        RenderScope& scope) const;
    jinja::Outcome<jinja::Value> var(const jinja::Arguments& arguments) const;
    jinja::Outcome<jinja::Value> dispatch(const jinja::Arguments& arguments) const;
    [[nodiscard]] jinja::Value adapter_value() const;
    jinja::Outcome<std::string> inlined(const Node& model, RenderScope& scope) const;

    const Project& project_;
    Target target_;
    jinja::Environment environment_;  // with the project's macros, and what all nodes share
};

}  // namespace stepwell::tasks::transform

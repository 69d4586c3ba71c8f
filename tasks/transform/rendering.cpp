#include "tasks/transform/rendering.hpp"

#include "tasks/support/parameters.hpp"
#include "tasks/template/interpreter.hpp"

namespace stepwell::tasks::transform {
namespace {

using data::data_fail;
using jinja::Arguments;
using jinja::Interpreter;
using jinja::Outcome;
using jinja::template_fail;
using jinja::Value;

/// A table or view; prints as SQL names it.
class RelationObject final : public jinja::Object {
public:
    RelationObject(data::TableName name, std::string database, data::Dialect dialect)
        : name_(std::move(name)), database_(std::move(database)), dialect_(dialect) {}
    std::string type_name() const override { return "Relation"; }
    std::string text() const override { return data::quote_table(name_, dialect_); }
    std::optional<Value> attribute(std::string_view name) override {
        if (name == "schema") return Value(name_.schema);
        if (name == "identifier" || name == "table" || name == "name") return Value(name_.table);
        if (name == "database") return Value(database_);
        if (name == "render") {
            return Value::function(
                "render", [text = text()](Interpreter&, const Arguments&) -> Outcome<Value> {
                    return Value(text);
                });
        }
        return std::nullopt;
    }

private:
    data::TableName name_;
    std::string database_;
    data::Dialect dialect_;
};

/// `config(...)`, `config.get(name, default)`, `config.require(name)`.
class ConfigObject final : public jinja::Object {
public:
    ConfigObject(const Node& node, RenderScope& scope) : node_(node), scope_(scope) {}
    std::string type_name() const override { return "config"; }
    Outcome<Value> call(Interpreter&, const Arguments& arguments) override {
        for (const auto& given : arguments.positional) {
            if (given.as_dict() == nullptr)
                return template_fail("config() expects name=value or a dict");
            for (const auto& [key, value] : given.as_dict()->entries())
                scope_.config[key.text()] = value.to_json();
        }
        for (const auto& [name, value] : arguments.named) scope_.config[name] = value.to_json();
        return Value("");
    }
    std::optional<Value> attribute(std::string_view name) override {
        if (name != "get" && name != "require") return std::nullopt;
        const bool is_required = name == "require";
        return Value::function(
            std::string(name),
            [this, is_required](Interpreter&, const Arguments& arguments) -> Outcome<Value> {
                const Value* key = arguments.get(0, "name");
                const Value* fallback = arguments.get(1, "default");
                if (key == nullptr) return template_fail("config.get() expects a name");
                for (const Json* from : {static_cast<const Json*>(&scope_.config), &node_.config}) {
                    if (const Json* value = find(*from, key->text()))
                        return Value::from_json(*value);
                }
                if (is_required)
                    return template_fail("expected config '" + key->text() +
                                         "', but it is not set");
                return fallback != nullptr ? *fallback : Value();
            });
    }

private:
    const Node& node_;
    RenderScope& scope_;
};

Value dict_of(std::vector<std::pair<std::string, Value>> entries) {
    Value result = Value::dict();
    for (auto& [key, value] : entries) result.as_dict()->set(key, std::move(value));
    return result;
}

std::string text_at(const Arguments& arguments, std::size_t position) {
    return position < arguments.positional.size() ? arguments.positional[position].text() : "";
}

/// exceptions.raise_compiler_error and exceptions.warn.
Value exceptions_value(RenderScope& scope) {
    return dict_of(
        {{"raise_compiler_error",
          Value::function("raise_compiler_error",
                          [](Interpreter&, const Arguments& a) -> Outcome<Value> {
                              return template_fail(text_at(a, 0));
                          })},
         {"warn",
          Value::function("warn", [&scope](Interpreter&, const Arguments& a) -> Outcome<Value> {
              if (scope.executes && scope.log) scope.log("warning: " + text_at(a, 0));
              return Value("");
          })}});
}

}  // namespace

data::TableName Renderer::relation_of(const Node& model) const {
    // A model's schema is the one that it names, not an addition to the target's: so that the same
    // names stand in the warehouse as in the configuration.
    return {model.text_config("schema", target_.default_schema),
            model.text_config("alias", model.name)};
}

Value Renderer::relation_value(const data::TableName& name) const {
    return std::make_shared<RelationObject>(name, target_.name, target_.dialect);
}

Outcome<Value> Renderer::ref(const Arguments& arguments, RenderScope& scope) const {
    if (arguments.positional.empty() || arguments.positional.size() > 2)
        return template_fail("ref() expects the name of a model");
    const std::string name = arguments.positional.back().text();
    scope.refs.insert(name);
    const auto found = project_.models.find(name);
    if (found == project_.models.end()) {
        std::vector<std::string> known;
        for (const auto& [model, position] : project_.models) known.push_back(model);
        const std::string near = data::nearest(name, known);
        return template_fail("depends on a node named '" + name + "' which was not found" +
                             (near.empty() ? "" : "; did you mean '" + near + "'?"));
    }
    const Node& model = project_.nodes[found->second];
    if (model.text_config("materialized", "view") == "ephemeral" && scope.executes)
        return Value("(" + SW_TRY(inlined(model, scope)) + "\n)");
    return relation_value(relation_of(model));
}

Outcome<std::string> Renderer::inlined(const Node& model, RenderScope& scope) const {
    RenderScope inner;
    inner.executes = true;
    inner.log = scope.log;
    auto sql = render(model, inner);
    if (!sql)
        return fail(jinja::Signal{jinja::Signal::Kind::error, sql.error().message, true, nullptr});
    return *std::move(sql);
}

Outcome<Value> Renderer::source(const Arguments& arguments, RenderScope& scope) const {
    if (arguments.positional.size() != 2)
        return template_fail("source() expects the names of a source and of a table");
    const std::string name = text_at(arguments, 0) + "." + text_at(arguments, 1);
    scope.sources.insert(name);
    const auto found = project_.sources.find(name);
    if (found != project_.sources.end()) return relation_value(found->second.relation);
    std::vector<std::string> known;
    for (const auto& [source, unused] : project_.sources) known.push_back(source);
    const std::string near = data::nearest(name, known);
    return template_fail("depends on a source named '" + name + "' which was not found" +
                         (near.empty() ? "; declare it under sources: in a .yml file"
                                       : "; did you mean '" + near + "'?"));
}

Outcome<Value> Renderer::var(const Arguments& arguments) const {
    const Value* name = arguments.get(0, "var_name");
    const Value* fallback = arguments.get(1, "default");
    if (name == nullptr) return template_fail("var() expects a name");
    if (const Json* value = find(project_.vars, name->text())) return Value::from_json(*value);
    if (fallback != nullptr) return *fallback;
    return template_fail("expected var '" + name->text() +
                         "', but it is not set; give it under vars or as var('" + name->text() +
                         "', default)");
}

jinja::Variables Renderer::variables(const Node& node, RenderScope& scope) const {
    jinja::Variables all = project_.macros;
    const auto add = [&](const std::string& name, Value value) {
        all.emplace_back(name, std::move(value));
    };
    const auto function = [&](const std::string& name, jinja::NativeFunction call) {
        add(name, Value::function(name, std::move(call)));
    };
    function("ref", [this, &scope](Interpreter&, const Arguments& a) { return ref(a, scope); });
    function("source",
             [this, &scope](Interpreter&, const Arguments& a) { return source(a, scope); });
    function("var", [this](Interpreter&, const Arguments& a) { return var(a); });
    function("is_incremental", [&scope](Interpreter&, const Arguments&) -> Outcome<Value> {
        return Value(scope.is_incremental);
    });
    const auto log = [&scope](Interpreter&, const Arguments& a) -> Outcome<Value> {
        if (scope.executes && scope.log) scope.log(text_at(a, 0));
        return Value("");
    };
    function("log", log);
    function("print", log);
    function("env_var", [](Interpreter&, const Arguments& a) -> Outcome<Value> {
        const Value* fallback = a.get(1, "default");
        if (fallback != nullptr) return *fallback;
        return template_fail(
            "env_var() gives only its default here, and there is none; pass the value under vars");
    });
    add("config", Value(std::make_shared<ConfigObject>(node, scope)));
    add("this", relation_value(relation_of(node)));
    add("execute", Value(scope.executes));
    add("exceptions", exceptions_value(scope));
    add("model", dict_of({{"name", Value(node.name)},
                          {"unique_id", Value(node.unique_id)},
                          {"path", Value(node.path)}}));
    add("flags", dict_of({{"FULL_REFRESH", Value(target_.is_full_refresh)}}));
    add("project_name", Value(project_.name));
    add("target",
        dict_of({{"name", Value(target_.name)},
                 {"schema", Value(target_.default_schema)},
                 {"database", Value(target_.name)},
                 {"profile_name", Value(project_.name)},
                 {"type", Value(target_.dialect == data::Dialect::duckdb ? "duckdb" : "sqlite")},
                 {"threads", Value(target_.threads)}}));
    return all;
}

DataResult<std::string> Renderer::render(const Node& node, RenderScope& scope) const {
    auto text = jinja::render(environment_, *node.source, variables(node, scope));
    if (!text) return data_fail("E_CONFIG", text.error().message);
    return *std::move(text);
}

DataResult<std::string> Renderer::render_text(const std::string& text, const Node& node,
                                              RenderScope& scope) const {
    auto parsed = jinja::Template::parse(text, node.path);
    if (!parsed) return data_fail("E_CONFIG", parsed.error().message);
    auto rendered = jinja::render(environment_, *parsed, variables(node, scope));
    if (!rendered) return data_fail("E_CONFIG", rendered.error().message);
    return *std::move(rendered);
}

DataResult<std::string> Renderer::relation(const std::string& expression, const std::string& file,
                                           RenderScope& scope) const {
    auto parsed = jinja::Template::parse_expression(expression, file);
    if (!parsed) return data_fail("E_CONFIG", parsed.error().message);
    const Node nobody;
    auto value = jinja::render_native(environment_, *parsed, variables(nobody, scope));
    if (!value) return data_fail("E_CONFIG", value.error().message);
    return value->text();
}

}  // namespace stepwell::tasks::transform

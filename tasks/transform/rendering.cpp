#include "tasks/transform/rendering.hpp"

#include "engine/base/nearest.hpp"
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
    if (project_.absent.contains(name) && found == project_.models.end())
        return template_fail("depends on '" + name +
                             "', which is a seed or a snapshot; those are not supported");
    if (found == project_.models.end()) {
        std::vector<std::string> known;
        for (const auto& [model, position] : project_.models) known.push_back(model);
        const std::string near = nearest(name, known).value_or("");
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
    const std::string near = nearest(name, known).value_or("");
    return template_fail("depends on a source named '" + name + "' which was not found" +
                         (near.empty() ? "; declare it under sources: in a .yml file"
                                       : "; did you mean '" + near + "'?"));
}

Outcome<Value> Renderer::var(const Arguments& arguments) const {
    const Value* name = arguments.get(0, "var_name");
    const Value* fallback = arguments.get(1, "default");
    if (const Json* value = find(project_.vars, name->text())) return Value::from_json(*value);
    if (fallback != nullptr) return *fallback;
    return template_fail("expected var '" + name->text() +
                         "', but it is not set; give it under vars or as var('" + name->text() +
                         "', default)");
}

/// The macro of that name for this kind of database, else the default one.
Outcome<Value> Renderer::dispatch(const Arguments& arguments) const {
    const std::string name = arguments.positional[0].text();
    const bool is_duckdb = target_.dialect == data::Dialect::duckdb;
    for (const std::string prefix : {is_duckdb ? "duckdb__" : "sqlite__", "default__"}) {
        const auto found = project_.macros.find(prefix + name);
        if (found != project_.macros.end()) return found->second;
    }
    return template_fail("adapter.dispatch: expected a macro 'default__" + name +
                         "', but the project has none");
}

Value Renderer::adapter_value() const {
    return dict_of(
        {{"dispatch", Value::function("dispatch",
                                      [this](Interpreter&, const Arguments& a) -> Outcome<Value> {
                                          if (a.positional.empty())
                                              return template_fail("dispatch() expects a name");
                                          return dispatch(a);
                                      })},
         {"quote", Value::function("quote", [](Interpreter&, const Arguments& a) -> Outcome<Value> {
              return Value(data::quote_identifier(text_at(a, 0)));
          })}});
}

Renderer::Renderer(const Project& project, Target target)
    : project_(project), target_(std::move(target)) {
    auto& globals = environment_.globals;
    for (const auto& [name, value] : project.macros) globals.insert_or_assign(name, value);
    jinja::add_function(environment_, "var(var_name, default=)",
                        [this](Interpreter&, const Arguments& a) { return var(a); });
    jinja::add_function(
        environment_, "env_var(var, default=)",
        [](Interpreter&, const Arguments& a) -> Outcome<Value> {
            if (const Value* fallback = a.get(1, "default")) return *fallback;
            return template_fail(
                "env_var() gives only its default here, and there is none; pass the value under "
                "vars");
        });
    globals["adapter"] = adapter_value();
    globals["project_name"] = Value(project.name);
    globals["flags"] = dict_of({{"FULL_REFRESH", Value(target_.is_full_refresh)}});
    globals["target"] =
        dict_of({{"name", Value(target_.name)},
                 {"schema", Value(target_.default_schema)},
                 {"database", Value(target_.name)},
                 {"profile_name", Value(project.name)},
                 {"type", Value(target_.dialect == data::Dialect::duckdb ? "duckdb" : "sqlite")},
                 {"threads", Value(target_.threads)}});
    for (auto& [name, value] : globals) value.freeze();  // renders on several threads share them
}

/// What belongs to one node.
jinja::Variables Renderer::variables(const Node& node, RenderScope& scope) const {
    jinja::Variables all;
    const auto add = [&](const std::string& name, Value value) {
        all.emplace_back(name, std::move(value));
    };
    const auto function = [&](const std::string& name, jinja::NativeFunction call) {
        add(name, Value::function(name, std::move(call)));
    };
    function("ref", [this, &scope](Interpreter&, const Arguments& a) { return ref(a, scope); });
    function("source",
             [this, &scope](Interpreter&, const Arguments& a) { return source(a, scope); });
    function("is_incremental", [&scope](Interpreter&, const Arguments&) -> Outcome<Value> {
        return Value(scope.is_incremental);
    });
    const auto log = [&scope](Interpreter&, const Arguments& a) -> Outcome<Value> {
        if (scope.executes && scope.log) scope.log(text_at(a, 0));
        return Value("");
    };
    function("log", log);
    function("print", log);
    add("config", Value(std::make_shared<ConfigObject>(node, scope)));
    add("this", relation_value(relation_of(node)));
    add("execute", Value(scope.executes));
    add("exceptions", exceptions_value(scope));
    add("model", dict_of({{"name", Value(node.name)},
                          {"unique_id", Value(node.unique_id)},
                          {"path", Value(node.path)}}));
    return all;
}

namespace {

/// A fault of a template; where it misses a name of dbt's, it says that this is not there.
Failure<data::DataError> template_fault(std::string message) {
    static const std::set<std::string, std::less<>> absent = {"run_query",
                                                              "statement",
                                                              "load_result",
                                                              "graph",
                                                              "builtins",
                                                              "modules",
                                                              "api",
                                                              "doc",
                                                              "dbt",
                                                              "dbt_utils",
                                                              "dbt_expectations",
                                                              "dbt_date",
                                                              "dbt_audit_helper",
                                                              "audit_helper",
                                                              "codegen",
                                                              "invocation_id",
                                                              "run_started_at",
                                                              "dbt_version",
                                                              "selected_resources",
                                                              "schemas",
                                                              "results",
                                                              "local_md5",
                                                              "toyaml",
                                                              "fromyaml",
                                                              "set_strict",
                                                              "zip_strict",
                                                              "invocation_args_dict",
                                                              "thread_id",
                                                              "render",
                                                              "write"};
    constexpr std::string_view kEnd = "' is undefined";
    const auto end = message.find(kEnd);
    const auto begin = end == std::string::npos ? end : message.rfind('\'', end - 1);
    if (begin != std::string::npos && absent.contains(message.substr(begin + 1, end - begin - 1)))
        message.insert(end + kEnd.size(), ": dbt has it, and here it is not supported");
    return data_fail("E_CONFIG", std::move(message));
}

}  // namespace

DataResult<std::string> Renderer::render(const Node& node, RenderScope& scope) const {
    auto text = jinja::render(environment_, *node.source, variables(node, scope));
    if (!text) return template_fault(text.error().message);
    return *std::move(text);
}

DataResult<std::string> Renderer::render_text(const std::string& text, const Node& node,
                                              RenderScope& scope) const {
    auto parsed = jinja::Template::parse(text, node.path);
    if (!parsed) return data_fail("E_CONFIG", parsed.error().message);
    auto rendered = jinja::render(environment_, *parsed, variables(node, scope));
    if (!rendered) return template_fault(rendered.error().message);
    return *std::move(rendered);
}

DataResult<std::string> Renderer::relation(const std::string& expression, const std::string& file,
                                           RenderScope& scope) const {
    auto parsed = jinja::Template::parse_expression(expression, file);
    if (!parsed) return data_fail("E_CONFIG", parsed.error().message);
    const Node nobody;
    auto value = jinja::render_native(environment_, *parsed, variables(nobody, scope));
    if (!value) return template_fault(value.error().message);
    if (value->as<std::shared_ptr<jinja::Object>>() == nullptr && value->as_text() == nullptr)
        return data_fail("E_CONFIG", file + ": expected ref() or source(), but '" + expression +
                                         "' is a '" + value->type_name() + "'");
    return value->text();
}

}  // namespace stepwell::tasks::transform

#include "engine/expression/query.hpp"

#include <algorithm>
#include <variant>

#include "engine/expression/value.hpp"

namespace stepwell::expression {

/// A literal subtree is one node, however large.
struct QueryNode {
    struct Member;
    using Members = std::vector<Member>;
    using Elements = std::vector<QueryNode>;
    std::variant<Json, Query, Members, Elements> value;

    [[nodiscard]] bool is_literal() const { return std::holds_alternative<Json>(value); }
};

struct QueryNode::Member {
    std::string name;
    QueryNode node;
};

namespace {

/// What one expression may do of the work that its state has left: what catches its failure is
/// evaluated, too.
constexpr std::uint64_t kWorkPerQueryMax = 500'000;
/// What the values of one template may come to.
constexpr std::size_t kQueryBytesMax = 33'554'432;

constexpr const char* kQueryError = "States.QueryEvaluationError";

const jsonata::Options& query_options() {
    static const jsonata::Options kOptions{.has_defaults = false, .has_eval = false};
    return kOptions;
}

/// What stands between the marks; nothing where the second one is missing.
std::optional<std::string_view> between_marks(std::string_view text) {
    if (text.size() < 4 || !text.starts_with("{%") || !text.ends_with("%}")) return std::nullopt;
    text = text.substr(2, text.size() - 4);
    const std::string_view blanks = " \t\r\n";
    const std::size_t begin = text.find_first_not_of(blanks);
    if (begin == text.npos) return std::string_view();
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::string_view query_type_of(const Json& value) {
    if (value.is_object()) return "object";
    if (value.is_array()) return "array";
    if (value.is_string()) return "string";
    if (value.is_boolean()) return "boolean";
    return value.is_null() ? "null" : "number";
}

std::string_view name_of(QueryType type) {
    switch (type) {
        case QueryType::array:
            return "array";
        case QueryType::boolean:
            return "boolean";
        case QueryType::integer:
            return "integer";
        case QueryType::number:
            return "number";
        case QueryType::string:
            return "string";
        case QueryType::any:
            break;
    }
    return "any";
}

bool is_of_type(const Json& value, QueryType type) {
    if (type == QueryType::any) return true;
    if (type == QueryType::integer) return value.is_number_integer();
    return query_type_of(value) == name_of(type);
}

/// `$states` with what the expression reads of it, and the workflow's variables.
class QueryNames : public jsonata::GivenNames {
public:
    QueryNames(const QueryEnvironment& environment, const Query& query)
        : environment_(environment), query_(query) {}

    [[nodiscard]] std::optional<jsonata::Given> find(std::string_view name) const override {
        if (name == "states") return states();
        const Json* value = environment_.variables.find(name);
        if (!value) return std::nullopt;
        return jsonata::Given{value, {}};
    }

private:
    [[nodiscard]] jsonata::Given states() const {
        jsonata::Given given;
        const auto add = [&](std::string_view name, const auto& make) {
            if (query_.reads(name)) given.members.emplace_back(name, &make());
        };
        Work& work = environment_.work;
        add("input", [&]() -> const Json& { return environment_.input.json(work); });
        add("context", [&]() -> const Json& { return environment_.context.object(); });
        if (environment_.result) {
            add("result", [&]() -> const Json& { return environment_.result->json(work); });
        }
        if (environment_.error_output) {
            add("errorOutput",
                [&]() -> const Json& { return environment_.error_output->json(work); });
        }
        return given;
    }

    const QueryEnvironment& environment_;
    const Query& query_;
};

Failure query_failure(const Query& query, const std::string& field, const std::string& what) {
    return {kQueryError,
            "The JSONata expression '" + query.text() + "' specified for the field '" + field +
                "' " + what,
            field};
}

}  // namespace

Result<Query> Query::parse(std::string_view text) {
    const auto inner = between_marks(text);
    if (!inner)
        return fail(ErrorCode::invalid, "expected '%}' at the end of what begins with '{%'");
    auto expression = jsonata::Expression::parse(*inner, query_options());
    if (!expression) {
        const jsonata::Fault& fault = expression.error();
        std::string message = fault.code + ": " + message_of(fault);
        if (fault.position >= 0) message += " at character " + std::to_string(fault.position);
        return fail(ErrorCode::invalid, std::move(message));
    }
    Query query;
    query.expression_ = std::move(expression).value();
    return query;
}

std::vector<std::string> Query::variables() const {
    std::vector<std::string> names = expression_.variables();
    const auto is_known = [](const std::string& name) {
        return name == "states" || name == "$" || jsonata::is_function_name(name);
    };
    names.erase(std::remove_if(names.begin(), names.end(), is_known), names.end());
    return names;
}

Evaluated<Json> Query::evaluate(const QueryEnvironment& environment, const std::string& field,
                                QueryType type) const {
    const QueryNames names(environment, *this);
    Work part(std::min(environment.work.left(), kWorkPerQueryMax));
    auto answer =
        expression_.evaluate({nullptr, &names, environment.random, part, environment.now});
    environment.work.spend(std::min(part.used(), environment.work.left()));
    if (environment.work.is_spent()) return fail(work_failure(environment.work, "The expression"));
    if (!answer) {
        const jsonata::Fault& fault = answer.error();
        if (fault.code == jsonata::kFunctionAnswer) {
            return fail(query_failure(*this, field, "returned an unsupported result type."));
        }
        return fail(query_failure(
            *this, field,
            "threw an error during evaluation. " + fault.code + ": " + message_of(fault)));
    }
    if (!*answer) {
        return fail(query_failure(*this, field, "returned nothing (undefined)."));
    }
    if (!is_of_type(**answer, type)) {
        return fail(query_failure(*this, field,
                                  "returned an unexpected result type. Expected '" +
                                      std::string(name_of(type)) + "', but was '" +
                                      std::string(query_type_of(**answer)) +
                                      "' for value: " + to_text(**answer)));
    }
    return std::move(**answer);
}

namespace {

class QueryCompiler {
public:
    QueryNode compile(const Json& source, const std::string& pointer, const std::string& key) {
        if (source.is_object()) return compile_object(source, pointer);
        if (source.is_array()) return compile_array(source, pointer);
        if (!source.is_string() || !Query::is_query(source.get_ref<const std::string&>())) {
            return {source};
        }
        auto query = Query::parse(source.get_ref<const std::string&>());
        if (query) return {std::move(query).value()};
        faults.push_back({pointer, key, std::move(query).error().message});
        return {source};
    }

    std::vector<TemplateFault> faults;

private:
    QueryNode compile_object(const Json& source, const std::string& pointer) {
        QueryNode::Members members;
        bool is_literal = true;
        for (const auto& [name, value] : source.items()) {
            members.push_back({name, compile(value, pointer + pointer_part(name), name)});
            is_literal = is_literal && members.back().node.is_literal();
        }
        if (is_literal) return {source};
        return {std::move(members)};
    }

    QueryNode compile_array(const Json& source, const std::string& pointer) {
        QueryNode::Elements elements;
        bool is_literal = true;
        for (std::size_t i = 0; i < source.size(); ++i) {
            const std::string index = std::to_string(i);
            elements.push_back(compile(source[i], pointer + "/" + index, index));
            is_literal = is_literal && elements.back().is_literal();
        }
        if (is_literal) return {source};
        return {std::move(elements)};
    }
};

class QueryEvaluator {
public:
    explicit QueryEvaluator(const QueryEnvironment& environment) : environment_(environment) {}

    Evaluated<Json> evaluate(const QueryNode& node, const std::string& field, int depth,
                             QueryType type) {
        if (const auto* literal = std::get_if<Json>(&node.value)) {
            if (pay_for_copy(*literal, environment_.work)) return *literal;
            return fail(work_failure(environment_.work, "The field '" + field + "'"));
        }
        if (const auto* query = std::get_if<Query>(&node.value)) {
            return within_limits(query->evaluate(environment_, field, type), depth);
        }
        if (const auto* members = std::get_if<QueryNode::Members>(&node.value)) {
            Json object = Json::object();
            for (const auto& [name, member] : *members) {
                object[name] =
                    SW_TRY(evaluate(member, field + "/" + name, depth + 1, QueryType::any));
            }
            return object;
        }
        Json array = Json::array();
        const auto& elements = std::get<QueryNode::Elements>(node.value);
        for (std::size_t i = 0; i < elements.size(); ++i) {
            array.push_back(SW_TRY(
                evaluate(elements[i], field + "/" + std::to_string(i), depth + 1, QueryType::any)));
        }
        return array;
    }

private:
    Evaluated<Json> within_limits(Evaluated<Json> value, int depth) {
        if (!value) return value;
        bytes_ += rough_bytes(*value, kQueryBytesMax);
        if (bytes_ > kQueryBytesMax) {
            return fail(Failure{"States.DataLimitExceeded",
                                "The expressions give more than 32 MiB of data"});
        }
        if (is_deeper_than(*value, kJsonDepthMax - depth)) {
            return fail(
                Failure{"States.DataLimitExceeded", "The expressions give data nested more than " +
                                                        std::to_string(kJsonDepthMax) + " deep"});
        }
        return value;
    }

    const QueryEnvironment& environment_;
    std::size_t bytes_ = 0;
};

template <class Visit>
void for_each_query(const QueryNode& node, const Visit& visit) {
    if (const auto* query = std::get_if<Query>(&node.value)) {
        visit(*query);
    } else if (const auto* members = std::get_if<QueryNode::Members>(&node.value)) {
        for (const auto& member : *members) for_each_query(member.node, visit);
    } else if (const auto* elements = std::get_if<QueryNode::Elements>(&node.value)) {
        for (const QueryNode& element : *elements) for_each_query(element, visit);
    }
}

void add_literals(const Json& value, const std::string& pointer,
                  const std::function<bool(std::string_view)>& matches,
                  std::vector<std::string>& places) {
    if (value.is_string()) {
        if (matches(value.get_ref<const std::string&>())) places.push_back(pointer);
    } else if (value.is_object()) {
        for (const auto& [name, member] : value.items()) {
            add_literals(member, pointer + pointer_part(name), matches, places);
        }
    } else if (value.is_array()) {
        for (std::size_t i = 0; i < value.size(); ++i) {
            add_literals(value[i], pointer + "/" + std::to_string(i), matches, places);
        }
    }
}

void add_literals(const QueryNode& node, const std::string& pointer,
                  const std::function<bool(std::string_view)>& matches,
                  std::vector<std::string>& places) {
    if (const auto* literal = std::get_if<Json>(&node.value)) {
        add_literals(*literal, pointer, matches, places);
    } else if (const auto* members = std::get_if<QueryNode::Members>(&node.value)) {
        for (const auto& member : *members) {
            add_literals(member.node, pointer + pointer_part(member.name), matches, places);
        }
    } else if (const auto* elements = std::get_if<QueryNode::Elements>(&node.value)) {
        for (std::size_t i = 0; i < elements->size(); ++i) {
            add_literals((*elements)[i], pointer + "/" + std::to_string(i), matches, places);
        }
    }
}

}  // namespace

Result<QueryTemplate, std::vector<TemplateFault>> QueryTemplate::compile(const Json& source) {
    QueryCompiler compiler;
    QueryNode root = compiler.compile(source, "", "");
    if (!compiler.faults.empty()) return fail(std::move(compiler.faults));
    QueryTemplate compiled;
    compiled.root_ = std::make_shared<const QueryNode>(std::move(root));
    return compiled;
}

bool QueryTemplate::is_literal() const {
    return root_->is_literal();
}

std::vector<std::string> QueryTemplate::variables() const {
    std::vector<std::string> names;
    for_each_query(*root_, [&](const Query& query) {
        for (std::string& name : query.variables()) names.push_back(std::move(name));
    });
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

bool QueryTemplate::reads(std::string_view member) const {
    bool does = false;
    for_each_query(*root_, [&](const Query& query) { does = does || query.reads(member); });
    return does;
}

std::vector<std::string> QueryTemplate::literals_where(
    const std::function<bool(std::string_view)>& matches) const {
    std::vector<std::string> places;
    add_literals(*root_, "", matches, places);
    return places;
}

Evaluated<Json> QueryTemplate::evaluate(const QueryEnvironment& environment,
                                        const std::string& field, QueryType type) const {
    return QueryEvaluator(environment).evaluate(*root_, field, 0, type);
}

}  // namespace stepwell::expression

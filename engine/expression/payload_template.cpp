// Payload templates: literals with computed members (`"name.$": "<path or call>"`) at any depth.
#include "engine/expression/payload_template.hpp"

#include <algorithm>
#include <variant>

#include "engine/expression/value.hpp"

namespace stepwell::expression {

/// A literal subtree is one node, however large.
struct TemplateNode {
    struct Member;
    using Members = std::vector<Member>;
    using Elements = std::vector<TemplateNode>;
    std::variant<Json, Path, IntrinsicCall, Members, Elements> value;

    [[nodiscard]] bool is_literal() const { return std::holds_alternative<Json>(value); }
};

struct TemplateNode::Member {
    std::string name;  // of the output
    TemplateNode node;
};

namespace {

/// What the values of one template may come to; the limit on payloads is checked by who asked.
constexpr std::size_t kTemplateBytesMax = 33'554'432;

class Compiler {
public:
    TemplateNode compile(const Json& source, const std::string& pointer) {
        if (source.is_object()) return compile_object(source, pointer);
        if (source.is_array()) return compile_array(source, pointer);
        return {source};
    }

    std::vector<TemplateFault> faults;

private:
    TemplateNode compile_object(const Json& source, const std::string& pointer) {
        TemplateNode::Members members;
        bool is_literal = true;
        for (auto it = source.begin(); it != source.end(); ++it) {
            members.push_back(
                compile_member(it.key(), it.value(), pointer + pointer_part(it.key())));
            const bool is_computed = it.key().ends_with(".$");
            is_literal = is_literal && !is_computed && members.back().node.is_literal();
        }
        if (is_literal) return {source};
        return {std::move(members)};
    }

    TemplateNode compile_array(const Json& source, const std::string& pointer) {
        TemplateNode::Elements elements;
        bool is_literal = true;
        for (std::size_t i = 0; i < source.size(); ++i) {
            elements.push_back(compile(source[i], pointer + "/" + std::to_string(i)));
            is_literal = is_literal && elements.back().is_literal();
        }
        if (is_literal) return {source};
        return {std::move(elements)};
    }

    TemplateNode::Member compile_member(const std::string& key, const Json& value,
                                        const std::string& pointer) {
        if (!key.ends_with(".$")) return {key, compile(value, pointer)};
        TemplateNode::Member member{key.substr(0, key.size() - 2), {}};
        const auto fault = [&](std::string message) {
            faults.push_back({pointer, key, std::move(message)});
        };
        if (!value.is_string()) {
            fault("expected a JSONPath or an intrinsic function in a string, but got " +
                  std::string(kind_of(value)));
            return member;
        }
        const std::string& text = value.get_ref<const std::string&>();
        if (text.starts_with('$')) {
            take(Path::parse(text), member.node, fault);
        } else if (text.starts_with("States.")) {
            take(IntrinsicCall::parse(text), member.node, fault);
        } else {
            fault("expected a JSONPath ('$...') or an intrinsic function ('States....')");
        }
        return member;
    }

    template <class T, class OnFault>
    void take(Result<T> parsed, TemplateNode& node, OnFault on_fault) {
        if (parsed) {
            node.value = std::move(parsed).value();
        } else {
            on_fault(std::move(parsed).error().message);
        }
    }
};

class Evaluator {
public:
    explicit Evaluator(const Environment& environment) : environment_(environment) {}

    /// `depth` is how deep `node` lies in the template, `name` the member that it is.
    Evaluated<Json> evaluate(const TemplateNode& node, int depth, const std::string& name) {
        if (const auto* literal = std::get_if<Json>(&node.value)) {
            if (!pay_for_copy(*literal, environment_.work)) return spent();
            return *literal;
        }
        if (const auto* members = std::get_if<TemplateNode::Members>(&node.value)) {
            return evaluate_object(*members, depth + 1);
        }
        if (const auto* elements = std::get_if<TemplateNode::Elements>(&node.value)) {
            return evaluate_array(*elements, depth + 1);
        }
        if (const auto* call = std::get_if<IntrinsicCall>(&node.value)) {
            return within_limits(call->evaluate(environment_), depth);
        }
        return within_limits(evaluate_path(std::get<Path>(node.value), name), depth);
    }

private:
    Evaluated<Json> evaluate_object(const TemplateNode::Members& members, int depth) {
        Json object = Json::object();
        for (const auto& [name, node] : members) {
            environment_.work.spend(cost_to_read(name.size()));
            object[name] = SW_TRY(evaluate(node, depth, name));
        }
        return object;
    }

    Evaluated<Json> evaluate_array(const TemplateNode::Elements& elements, int depth) {
        Json array = Json::array();
        for (const TemplateNode& element : elements)
            array.push_back(SW_TRY(evaluate(element, depth, "")));
        return array;
    }

    Evaluated<Json> evaluate_path(const Path& path, const std::string& name) {
        if (!path.is_definite()) return path.evaluate(environment_);
        if (const Json* found = path.find(environment_)) {
            if (!pay_for_copy(*found, environment_.work)) return spent();
            return *found;
        }
        if (environment_.work.is_spent()) return spent();
        return fail(Failure{"States.Runtime", "The JSONPath '" + path.text() +
                                                  "' specified for the field '" + name +
                                                  ".$' could not be found in the input '" +
                                                  environment_.state_input_text() + "'"});
    }

    [[nodiscard]] stepwell::Failure<Failure> spent() const {
        return fail(work_failure(environment_.work, "The payload template"));
    }

    /// A short template may name a large value many times, and wrap one in itself state by state.
    Evaluated<Json> within_limits(Evaluated<Json> value, int depth) {
        if (!value) return value;
        bytes_ += rough_bytes(*value, kTemplateBytesMax);
        if (bytes_ > kTemplateBytesMax) {
            return fail(Failure{"States.DataLimitExceeded",
                                "The payload template gives more than 32 MiB of data"});
        }
        if (is_deeper_than(*value, kJsonDepthMax - depth)) {
            return fail(Failure{"States.DataLimitExceeded",
                                "The payload template gives data nested more than " +
                                    std::to_string(kJsonDepthMax) + " deep"});
        }
        return value;
    }

    const Environment& environment_;
    std::size_t bytes_ = 0;
};

void add_variables(const TemplateNode& node, std::vector<std::string>& names) {
    if (const auto* path = std::get_if<Path>(&node.value)) {
        if (path->source() == Path::Source::variable) names.push_back(path->variable());
    } else if (const auto* call = std::get_if<IntrinsicCall>(&node.value)) {
        for (std::string& name : call->variables()) names.push_back(std::move(name));
    } else if (const auto* members = std::get_if<TemplateNode::Members>(&node.value)) {
        for (const auto& member : *members) add_variables(member.node, names);
    } else if (const auto* elements = std::get_if<TemplateNode::Elements>(&node.value)) {
        for (const TemplateNode& element : *elements) add_variables(element, names);
    }
}

/// Collects the places of strings that the template itself has.
class Literals {
public:
    explicit Literals(const std::function<bool(std::string_view)>& matches) : matches_(matches) {}

    void add(const TemplateNode& node, const std::string& pointer) {
        if (const auto* literal = std::get_if<Json>(&node.value)) {
            add_json(*literal, pointer);
        } else if (const auto* members = std::get_if<TemplateNode::Members>(&node.value)) {
            add_members(*members, pointer);
        } else if (const auto* elements = std::get_if<TemplateNode::Elements>(&node.value)) {
            for (std::size_t i = 0; i < elements->size(); ++i) {
                add((*elements)[i], pointer + "/" + std::to_string(i));
            }
        }
    }

    std::vector<std::string> places;

private:
    /// Of "a" and "a.$" the later one is in the result.
    void add_members(const TemplateNode::Members& members, const std::string& pointer) {
        for (std::size_t i = 0; i < members.size(); ++i) {
            const bool is_replaced =
                std::any_of(members.begin() + static_cast<std::ptrdiff_t>(i) + 1, members.end(),
                            [&](const auto& later) { return later.name == members[i].name; });
            if (!is_replaced) add(members[i].node, pointer + pointer_part(members[i].name));
        }
    }

    void add_json(const Json& value, const std::string& pointer) {
        if (value.is_string()) {
            if (matches_(value.get_ref<const std::string&>())) places.push_back(pointer);
        } else if (value.is_object()) {
            for (const auto& [name, member] : value.items()) {
                add_json(member, pointer + pointer_part(name));
            }
        } else if (value.is_array()) {
            for (std::size_t i = 0; i < value.size(); ++i) {
                add_json(value[i], pointer + "/" + std::to_string(i));
            }
        }
    }

    const std::function<bool(std::string_view)>& matches_;
};

}  // namespace

Result<PayloadTemplate, std::vector<TemplateFault>> PayloadTemplate::compile(const Json& source) {
    Compiler compiler;
    TemplateNode root = compiler.compile(source, "");
    if (!compiler.faults.empty()) return fail(std::move(compiler.faults));
    PayloadTemplate compiled;
    compiled.root_ = std::make_shared<const TemplateNode>(std::move(root));
    return compiled;
}

bool PayloadTemplate::is_literal() const {
    return root_->is_literal();
}

std::vector<std::string> PayloadTemplate::variables() const {
    std::vector<std::string> names;
    add_variables(*root_, names);
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

std::vector<std::string> PayloadTemplate::literals_where(
    const std::function<bool(std::string_view)>& matches) const {
    Literals literals(matches);
    literals.add(*root_, "");
    return std::move(literals.places);
}

Evaluated<Json> PayloadTemplate::evaluate(const Environment& environment) const {
    return Evaluator(environment).evaluate(*root_, 0, "");
}

}  // namespace stepwell::expression

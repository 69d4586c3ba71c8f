// Fields in JSONata: expressions, and values with expressions in them.
#include "engine/definition/fields.hpp"

namespace stepwell::definition {

/// `$states.result` and `$states.errorOutput` are there in some places only. Who reads the whole of
/// `$states` gets what there is.
void Fields::report_unseen(const Place& at, Sees sees, const auto& query) const {
    const bool reads_whole = query.reads("");  // no other expression reads a member without a name
    if (reads_whole) return;
    if (!sees.result && query.reads("result")) {
        report_.add(at, rule({"expected no '$states.result' here, but it is read",
                              "a Task, Parallel or Map has it in its Assign and Output"}));
    }
    if (!sees.error_output && query.reads("errorOutput")) {
        report_.add(at, rule({"expected no '$states.errorOutput' here, but it is read",
                              "a catcher has it in its Assign and Output"}));
    }
}

void Fields::report_query_faults(const Place& at,
                                 const std::vector<expression::TemplateFault>& faults) const {
    for (const expression::TemplateFault& fault : faults) {
        report_.add_below(
            at, fault.pointer,
            {"expected a JSONata expression, but it cannot be read: " + fault.message},
            Said::of_itself);
    }
}

std::optional<QueryTemplate> Fields::read_query(std::string_view name, TemplateRoot root,
                                                Sees sees) const {
    const Json* value = find(name);
    if (value == nullptr) return std::nullopt;
    const bool is_query =
        value->is_string() && Query::is_query(value->get_ref<const std::string&>());
    if (root == TemplateRoot::object && !value->is_object() && !is_query) {
        report_type(name, "an object or a JSONata expression");
        return std::nullopt;
    }
    const Place at = place_.member(name);
    auto compiled = QueryTemplate::compile(*value);
    if (!compiled) {
        report_query_faults(at, compiled.error());
        return std::nullopt;
    }
    report_unseen(at, sees, *compiled);
    return std::move(*compiled);
}

std::optional<QueryTemplate> Fields::read_query_assign(Sees sees) const {
    const Json* value = find("Assign");
    if (value == nullptr) return std::nullopt;
    if (!value->is_object()) {
        report_type("Assign", "an object");
        return std::nullopt;
    }
    report_variable_names(*value, place_.member("Assign"));
    return read_query("Assign", TemplateRoot::object, sees);
}

std::optional<Query> Fields::read_expression(std::string_view name) const {
    const Json* value = find(name);
    if (value == nullptr || !value->is_string()) return std::nullopt;
    const auto& text = value->get_ref<const std::string&>();
    if (!Query::is_query(text)) return std::nullopt;
    const Place at = place_.member(name);
    auto query = Query::parse(text);
    if (!query) {
        report_query_faults(at, {{"", std::string(name), query.error().message}});
        return std::nullopt;
    }
    report_unseen(at, {}, *query);
    return std::move(*query);
}

namespace {

bool is_query_text(const Json* value) {
    return value != nullptr && value->is_string() &&
           Query::is_query(value->get_ref<const std::string&>());
}

}  // namespace

NumberOrPath Fields::read_integer_or_query(const std::string& name, IntegerRange range) const {
    if (is_query_text(find(name))) return {std::nullopt, std::nullopt, read_expression(name)};
    return {read_integer(name, range), std::nullopt, std::nullopt};
}

StringOrPath Fields::read_string_or_query(const std::string& name) const {
    StringOrPath result;
    if (is_query_text(find(name))) {
        result.query = read_expression(name);
    } else {
        result.text = read_string(name);
    }
    return result;
}

}  // namespace stepwell::definition

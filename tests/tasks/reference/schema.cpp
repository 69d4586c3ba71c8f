#include "tasks/registry.hpp"
#include "tests/tasks/reference/reference.hpp"

namespace stepwell::test {
namespace {

using Kind = Shape::Kind;

Json typed(const char* type) {
    return {{"type", type}};
}

void add_choices(const Shape& shape, Json& schema) {
    if (!shape.choices.empty()) schema["enum"] = shape.choices;
}

Json text_schema(const Shape& shape) {
    Json schema = typed("string");
    add_choices(shape, schema);
    if (shape.is_filled && shape.choices.empty()) schema["minLength"] = 1;
    return schema;
}

Json number_schema(const Shape& shape, const char* type) {
    Json schema = typed(type);
    const auto bound = [](double number) {
        const auto whole = static_cast<std::int64_t>(number);
        return static_cast<double>(whole) == number ? Json(whole) : Json(number);
    };
    if (shape.min != std::numeric_limits<double>::lowest()) schema["minimum"] = bound(shape.min);
    if (shape.max != std::numeric_limits<double>::max()) schema["maximum"] = bound(shape.max);
    return schema;
}

Json texts_schema(const Shape& shape) {
    Json items = typed("string");
    add_choices(shape, items);
    Json list = {{"type", "array"}, {"items", items}};
    if (shape.is_filled) list["minItems"] = 1;
    return {{"anyOf", {std::move(items), std::move(list)}}};
}

Json object_schema(const Shape& shape) {
    Json schema = {{"type", "object"}, {"additionalProperties", false}};
    Json needed = Json::array();
    for (const Shape& member : shape.members) {
        schema["properties"][member.name] = schema_of(member);
        if (!member.is_required) continue;
        needed.push_back(
            {{"anyOf", {{{"required", {member.name}}}, {{"required", {member.name + ".$"}}}}}});
    }
    schema["patternProperties"] = {{"\\.\\$$", typed("string")}};
    if (!needed.empty()) schema["allOf"] = std::move(needed);
    return schema;
}

Json plain_schema(const Shape& shape) {
    switch (shape.kind) {
        case Kind::any:
            return Json::object();
        case Kind::text:
            return text_schema(shape);
        case Kind::scalar:
            return {{"type", {"string", "number", "boolean"}}};
        case Kind::flag:
            return typed("boolean");
        case Kind::whole:
            return number_schema(shape, "integer");
        case Kind::number:
            return number_schema(shape, "number");
        case Kind::special:
            return {{"type", shape.json_types}};
        case Kind::texts:
            return texts_schema(shape);
        case Kind::list:
            return {{"type", "array"}, {"items", schema_of(shape.each.front())}};
        case Kind::object:
            return object_schema(shape);
        case Kind::mapping:
            return {{"type", "object"}, {"additionalProperties", schema_of(shape.each.front())}};
        case Kind::either: {
            Json forms = Json::array();
            for (const Shape& form : shape.forms) forms.push_back(schema_of(form));
            return {{"anyOf", std::move(forms)}};
        }
    }
    return {};
}

}  // namespace

Json schema_of(const Shape& shape) {
    Json schema = plain_schema(shape);
    std::string text = shape.says;
    if (!shape.what.empty() && shape.what != text) {
        text += (text.empty() ? "" : "; ") + shape.what;
    }
    if (!shape.otherwise.empty()) {
        text += (text.empty() ? "default: " : "; default: ") + shape.otherwise;
    }
    if (!text.empty()) schema["description"] = text;
    return schema;
}

std::string tasks_schema() {
    Json tasks = Json::object();
    for (const tasks::TaskType& type : tasks::builtin_tasks()) {
        if (type.parameters.kind != Kind::any) tasks[type.name] = schema_of(type.parameters);
    }
    const Json schema = {
        {"$schema", "https://json-schema.org/draft/2020-12/schema"},
        {"$id", "tasks.schema.json"},
        {"title", "Parameters of Stepwell's built-in tasks"},
        {"description", "Written by test_tasks from the tasks' declarations; not by hand."},
        {"$defs", std::move(tasks)}};
    return schema.dump(1) + "\n";
}

}  // namespace stepwell::test

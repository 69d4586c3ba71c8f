#include "tasks/registry.hpp"
#include "tests/tasks/reference/reference.hpp"

namespace stepwell::test {
namespace {

using Kind = Shape::Kind;

/// Bars end cells of a table.
std::string cell(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        if (c == '|') escaped += '\\';
        escaped += c;
    }
    return escaped;
}

std::string without_article(const std::string& text) {
    for (const std::string_view article : {"a ", "an "}) {
        if (text.starts_with(article)) return text.substr(article.size());
    }
    return text;
}

std::string type_text(const Shape& shape) {
    if (shape.kind != Kind::either) return without_article(expectation(shape));
    std::string all;
    for (const Shape& form : shape.forms) {
        const std::string text = type_text(form);
        if (all.find(text) == std::string::npos) all += (all.empty() ? "" : ", or ") + text;
    }
    return all;
}

void add_rows(const Shape& shape, const std::string& place, std::string& page);

void add_row(const Shape& member, const std::string& place, std::string& page) {
    page += "| `" + place + "` | " + cell(type_text(member)) + " | " +
            (member.is_required         ? "required"
             : member.otherwise.empty() ? ""
                                        : "`" + cell(member.otherwise) + "`") +
            " | " + cell(member.says) + " |\n";
    add_rows(member, place, page);
}

/// Of what is inside of a value.
void add_rows(const Shape& shape, const std::string& place, std::string& page) {
    switch (shape.kind) {
        case Kind::object:
            for (const Shape& member : shape.members) {
                add_row(member, place.empty() ? member.name : place + "." + member.name, page);
            }
            return;
        case Kind::list:
            return add_rows(shape.each.front(), place + "[]", page);
        case Kind::mapping:
            return add_rows(shape.each.front(), place + ".NAME", page);
        case Kind::either:
            for (const Shape& form : shape.forms) add_rows(form, place, page);
            return;
        default:
            return;
    }
}

}  // namespace

std::string parameters_page() {
    std::string page =
        "# Parameters of all tasks\n\n"
        "Written by `test_tasks` from what the tasks themselves read by; what it is all for stands "
        "on the pages of the tasks.\n"
        "`NAME` stands for any name, `[]` for each element of a list. Everything is checked by "
        "`stepwell validate`, when a file of\n"
        "workflows is read, and before the task does anything; all faults are told at once. A "
        "member may be computed (`x.$` for `x`, or\n"
        "`{% ... %}` in JSONata): then it is checked when it is known. null is as good as "
        "nothing.\n";
    for (const tasks::TaskType& type : tasks::builtin_tasks()) {
        if (type.parameters.kind == Kind::any) continue;
        page += "\n## " + type.name + "\n\n";
        for (const auto& group : type.parameters.just_one) {
            page += "Just one of ";
            for (std::size_t i = 0; i < group.size(); ++i)
                page += (i == 0 ? "`" : ", `") + group[i] + "`";
            page += " is there.\n\n";
        }
        page += "| parameter | value | default | meaning |\n|---|---|---|---|\n";
        add_rows(type.parameters, "", page);
    }
    return page;
}

}  // namespace stepwell::test

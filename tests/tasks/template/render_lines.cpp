// Renders templates in bulk: one JSON text a line in, {"text": ...} or {"error": ...} a line out.
// The first line is an object, the variables that every template sees. against_jinja.py compares
// with Jinja itself.
#include <cstdio>
#include <iostream>
#include <string>

#include "tasks/template/template.hpp"

namespace {

using namespace stepwell;
using namespace stepwell::tasks::jinja;

Json rendered(const Environment& environment, const std::string& source, const Json& given) {
    Variables variables;  // anew, as templates change lists
    for (const auto& [name, value] : given.items())
        variables.emplace_back(name, Value::from_json(value));
    const auto parsed = Template::parse(source, "t");
    if (!parsed) return {{"error", parsed.error().message}};
    const auto text = render(environment, *parsed, variables);
    if (!text) return {{"error", text.error().message}};
    return {{"text", *text}};
}

}  // namespace

int main() {
    const Environment environment;
    std::string line;
    std::getline(std::cin, line);
    const Json variables = Json::parse(line);
    while (std::getline(std::cin, line)) {
        const Json answer = rendered(environment, Json::parse(line).get<std::string>(), variables);
        const std::string text = answer.dump(-1, ' ', false, Json::error_handler_t::replace);
        std::puts(text.c_str());
        std::fflush(stdout);  // so that a crash shows which one it was
    }
}

#include "tests/definition/support.hpp"

namespace stepwell::test {

definition::Parsed parse_yaml_file(const std::string& text) {
    definition::ParseOptions options;
    options.format = definition::ParseOptions::Format::yaml;
    options.default_name = "file";
    options.builtin_tasks = {"etl", "shell", "validate"};
    return definition::parse(text, options);
}

definition::Parsed parse_for_api(const std::string& text) {
    definition::ParseOptions options;
    options.allow_workflow_members = false;
    options.default_name = "machine";
    return definition::parse(text, options);
}

std::string line_of(const definition::Diagnostic& diagnostic) {
    std::string text =
        std::to_string(diagnostic.position.line) + ":" + std::to_string(diagnostic.position.column);
    if (diagnostic.severity == definition::Severity::warning) text += " warning";
    if (diagnostic.code != "SCHEMA_VALIDATION_FAILED") text += " " + diagnostic.code;
    if (!diagnostic.location.empty()) text += " at " + diagnostic.location;
    text += ": " + diagnostic.message;
    if (!diagnostic.hint.empty()) text += " (" + diagnostic.hint + ")";
    return text;
}

std::vector<std::string> lines_of(const definition::Parsed& parsed) {
    std::vector<std::string> lines;
    for (const auto& diagnostic : parsed.diagnostics) lines.push_back(line_of(diagnostic));
    return lines;
}

std::string text_of(const definition::Parsed& parsed) {
    std::string text;
    for (const std::string& line : lines_of(parsed)) text += (text.empty() ? "" : "\n") + line;
    return text;
}

}  // namespace stepwell::test

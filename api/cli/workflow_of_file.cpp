#include "api/cli/workflow_of_file.hpp"

#include "api/cli/options.hpp"

namespace stepwell::api::cli {

Result<definition::Workflow> workflow_of_file(const std::string& file, const Terminal& terminal,
                                              const definition::BuiltinTasks& builtin_tasks) {
    const std::string text = SW_TRY(read_file(file));
    definition::ParseOptions options;
    options.format = definition::format_of(file).value_or(definition::ParseOptions::Format::yaml);
    options.default_name = definition::workflow_name_of(file);
    options.builtin_tasks = builtin_tasks;
    auto parsed = definition::parse(text, options);
    if (parsed.is_valid()) return std::move(parsed.workflow);
    if (!terminal.is_json) {
        terminal.err << printable(definition::render(parsed.diagnostics, file, text));
    }
    return fail(ErrorCode::invalid, "expected a workflow in " + file +
                                        ", but it has faults; `stepwell validate` lists them");
}

}  // namespace stepwell::api::cli

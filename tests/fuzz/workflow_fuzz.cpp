// Any bytes as a workflow file: as YAML, and as JSON. Faults have a place and words; a good one's
// definition, written down, is the same definition.
#include "engine/definition/workflow.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace stepwell;

namespace {

using definition::Parsed;
using definition::ParseOptions;

void check_faults(const Parsed& parsed, const std::string& text) {
    SW_ASSERT(!parsed.diagnostics.empty());
    SW_ASSERT(!definition::render(parsed.diagnostics, "workflow", text).empty());
    for (const auto& one : parsed.diagnostics) SW_ASSERT(!one.message.empty());
}

void check_written(const Parsed& parsed) {
    const definition::Definition& definition = *parsed.workflow.definition;
    SW_ASSERT(!definition.states.empty() && !definition.scopes.empty());
    ParseOptions options;
    options.default_name = "again";
    options.allow_workflow_members = false;
    const Parsed again = definition::parse(parsed.workflow.asl, options);
    SW_ASSERT(again.is_valid());
    SW_ASSERT(again.workflow.asl == parsed.workflow.asl);
    SW_ASSERT(again.workflow.definition->states.size() == definition.states.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(test::text_of(data, size));
    for (const auto format : {ParseOptions::Format::yaml, ParseOptions::Format::json}) {
        ParseOptions options;
        options.format = format;
        options.default_name = "fuzzed";
        const Parsed parsed = definition::parse(text, options);
        if (parsed.is_valid()) {
            check_written(parsed);
        } else {
            check_faults(parsed, text);
        }
    }
    return 0;
}

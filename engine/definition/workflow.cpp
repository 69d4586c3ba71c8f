#include "engine/definition/workflow.hpp"

#include <algorithm>
#include <array>

#include "engine/definition/document.hpp"
#include "engine/definition/outline.hpp"
#include "engine/definition/state_reader.hpp"
#include "engine/definition/variable_scopes.hpp"
#include "engine/definition/workflow_members.hpp"

namespace stepwell::definition {
namespace {

struct Ending {
    std::string_view text;
    ParseOptions::Format format;
};

// The longer ones first: "x.asl.json" is the workflow x.
constexpr std::array kEndings = {
    Ending{".asl.json", ParseOptions::Format::json},
    Ending{".asl.yaml", ParseOptions::Format::yaml},
    Ending{".asl.yml", ParseOptions::Format::yaml},
    Ending{".json", ParseOptions::Format::json},
    Ending{".yaml", ParseOptions::Format::yaml},
    Ending{".yml", ParseOptions::Format::yaml},
};

const Ending* ending_of(std::string_view file_name) {
    for (const Ending& ending : kEndings) {
        if (file_name.size() > ending.text.size() &&
            file_name.substr(file_name.size() - ending.text.size()) == ending.text) {
            return &ending;
        }
    }
    return nullptr;
}

std::string_view base_name(std::string_view file_name) {
    const auto slash = file_name.rfind('/');
    return slash == file_name.npos ? file_name : file_name.substr(slash + 1);
}

/// Byte order marks are for other programs.
std::string_view without_mark(std::string_view text) {
    constexpr std::string_view kMark = "\xEF\xBB\xBF";
    return text.substr(0, kMark.size()) == kMark ? text.substr(kMark.size()) : text;
}

Diagnostic of_document(std::string message) {
    return {.code = kSchemaFailed,
            .message = std::move(message),
            .location = "",
            .hint = "",
            .position = {1, 1}};
}

std::string too_large(std::size_t bytes) {
    return "expected at most " + std::to_string(kDefinitionBytesMax) + " bytes, but there are " +
           std::to_string(bytes);
}

Document read(std::string_view text, const ParseOptions& options) {
    if (options.format == ParseOptions::Format::yaml) return read_yaml(text);
    // A definition for AWS runs as it stands; in a file of ours the author can mend it.
    return read_json(text,
                     options.allow_workflow_members ? RepeatedKeys::error : RepeatedKeys::warning);
}

DefinitionPtr read_definition(const Json& machine, const ParseOptions& options, Report& report) {
    const Place root;
    const Outline outline(machine, root, report);
    auto definition = std::make_shared<Definition>();
    definition->states.resize(outline.state_count());
    definition->scopes.resize(outline.scope_count());
    Reading reading{options, outline, report, *definition};
    read_machine(reading, machine, root, std::nullopt);
    check_variable_scopes(machine, root, report);
    return definition;
}

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

std::optional<ParseOptions::Format> format_of(std::string_view file_name) {
    const Ending* ending = ending_of(base_name(file_name));
    if (ending == nullptr) return std::nullopt;
    return ending->format;
}

std::string workflow_name_of(std::string_view file_name) {
    const std::string_view base = base_name(file_name);
    const Ending* ending = ending_of(base);
    return std::string(base.substr(0, base.size() - (ending ? ending->text.size() : 0)));
}

Parsed parse(std::string_view text, const ParseOptions& options) {
    Parsed parsed;
    parsed.workflow.name = options.default_name;
    text = without_mark(text);
    const bool is_new = options.purpose == ParseOptions::Purpose::accept;
    if (is_new && text.size() > kDefinitionBytesMax) {
        parsed.diagnostics.push_back(of_document(too_large(text.size())));
        return parsed;
    }
    Document document;
    if (!is_blank(text)) document = read(text, options);
    Report report(document, is_new);
    for (Diagnostic& fault : document.faults) report.add(std::move(fault));
    const bool is_unread = !document.is_complete && report.has_errors();
    if (!document.value.is_object() && !is_unread) {
        report.add(of_document("Definition must be a valid JSON object"));
    }
    if (document.is_complete && document.value.is_object()) {
        const Json asl = split_members(document.value, options, parsed.workflow, report);
        auto definition = read_definition(asl, options, report);
        parsed.workflow.asl = to_text(asl);
        if (!report.has_errors()) parsed.workflow.definition = std::move(definition);
    }
    parsed.diagnostics = report.take();
    parsed.references = report.take_references();
    return parsed;
}

Result<Json> parse_yaml(std::string_view text) {
    text = without_mark(text);
    if (text.size() > kDefinitionBytesMax) return fail(ErrorCode::invalid, too_large(text.size()));
    Document document = read_yaml(text);
    if (document.faults.empty()) return std::move(document.value);
    std::string message;
    for (const Diagnostic& fault : document.faults) {
        message += (message.empty() ? "line " : "; line ") + std::to_string(fault.position.line) +
                   ", column " + std::to_string(fault.position.column) + ": " + fault.message;
    }
    return fail(ErrorCode::invalid, message);
}

}  // namespace stepwell::definition

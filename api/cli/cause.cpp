#include "api/cli/cause.hpp"

#include "api/cli/terminal.hpp"
#include "api/read/text.hpp"

namespace stepwell::api::cli {
namespace {

constexpr std::size_t kDetailsMax = 10;
constexpr std::size_t kExamplesMax = 3;
constexpr std::size_t kExampleColumns = 60;

std::string example_text(const Json& sample) {
    const Json* line = find(sample, "line");
    const Json* value = find(sample, "value");
    std::string text = line ? "line " + to_text(*line) : "";
    if (value) text += (text.empty() ? "" : ": ") + to_text(*value);
    if (text.empty()) text = to_text(sample);
    return shortened(printable_line(text), kExampleColumns);
}

std::string check_text(const Json& check) {
    const std::string message = printable_line(string_or(check, "message", ""));
    std::string text =
        printable_line(string_or(check, "name", "")) + (message.empty() ? "" : ": " + message);
    const Json* samples = find(check, "samples");
    if (!samples || !samples->is_array()) return text;
    for (std::size_t i = 0; i < samples->size() && i < kExamplesMax; ++i)
        text += (i == 0 ? "; for example " : ", ") + example_text((*samples)[i]);
    return text;
}

/// The checks of that status, as lines.
std::vector<std::string> checks_of(const Json& envelope, std::string_view status) {
    std::vector<std::string> lines;
    const Json* checks = find(envelope, "checks");
    if (!checks || !checks->is_array()) return lines;
    for (const Json& check : *checks) {
        if (string_or(check, "status", "") == status) lines.push_back(check_text(check));
    }
    return lines;
}

bool is_true(const Json& object, std::string_view member) {
    const Json* found = find(object, member);
    return found && *found == true;
}

}  // namespace

std::string cause_sentence(const std::string& cause) {
    return printable(answers::message_of(cause));
}

std::vector<std::string> cause_details(const std::string& cause) {
    if (!cause.starts_with('{')) return {};
    const auto envelope = parse_json(cause);
    if (!envelope) return {};
    std::vector<std::string> lines = checks_of(*envelope, "fail");
    if (lines.size() > kDetailsMax) {
        const std::size_t more = lines.size() - (kDetailsMax - 1);
        lines.resize(kDetailsMax - 1);
        lines.push_back("and " + count_text(static_cast<std::int64_t>(more)) + " more");
    }
    return lines;
}

std::string result_text(const Json& envelope) {
    const Json* rows = find(envelope, "rows");
    std::string text = rows ? rows_text(*rows) : "";
    const auto add = [&text](const std::string& part) {
        text += (text.empty() ? "" : ", ") + part;
    };
    const Json* commit = find(envelope, "commit");
    if (is_true(envelope, "unchanged")) add("unchanged");
    if (commit && is_true(*commit, "replayed")) add("had been done before");
    if (string_or(envelope, "status", "") != "warn") return text;
    std::string warning = printable_line(string_or(envelope, "message", ""));
    for (const auto& line : checks_of(envelope, "warn"))
        warning += (warning.empty() ? "" : "; ") + line;
    return warning.empty() ? text : text + (text.empty() ? "" : "; ") + "warning: " + warning;
}

}  // namespace stepwell::api::cli

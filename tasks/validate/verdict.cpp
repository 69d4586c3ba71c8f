// What a validation comes to, in one sentence: which rule, how many rows, how many were allowed,
// and some of them. The terminal, the log, notifications and the API say it as it stands here.
#include <algorithm>

#include "tasks/support/sentences.hpp"
#include "tasks/validate/validate.hpp"

namespace stepwell::tasks::data {
namespace {

/// "'abc' (line 3)"; of a repeated key: "id 3 (2 times)".
std::string example_of(const Json& sample) {
    std::string text;
    if (const Json* value = find(sample, "value")) {
        text = value->is_null()     ? "a missing one"
               : value->is_string() ? "'" + value->get<std::string>() + "'"
                                    : to_text(*value);
    } else {
        const Json* row = find(sample, "row");
        for (const auto& [name, member] : (row ? *row : sample).items()) {
            if (name == "line" || name == "file" || name == "count") continue;
            text += (text.empty() ? "" : ", ") + name + " " +
                    (member.is_string() ? "'" + member.get<std::string>() + "'" : to_text(member));
        }
    }
    if (const Json* line = find(sample, "line"); line && !line->is_null()) {
        text += " (line " + to_text(*line) + ")";
    }
    if (const Json* count = find(sample, "count")) text += " (" + to_text(*count) + " times)";
    return text;
}

std::string sentence_of(const Check& check) {
    std::vector<std::string> examples;
    if (const Json* samples = find(check.extra, "samples")) {
        for (const Json& sample : *samples) {
            if (examples.size() < 3) examples.push_back(example_of(sample));
        }
    }
    return check.name + (check.message.empty() ? "" : ": " + check.message) +
           examples_text(examples);
}

bool is_rejecting(const Check& check) {
    return check.is_row_check() || !check.keys.empty() || check.kind == "structure" ||
           check.extra.contains("rejects");
}

struct Failing {
    int count = 0;
    bool is_hard = false;  // a check of the whole: no row can be set apart for it
    const Check* first = nullptr;
};

/// A check of the whole comes before those of single rows.
Failing failing_of(const std::vector<Check>& checks) {
    Failing found;
    for (const auto& check : checks) {
        if (!check.is_failing()) continue;
        ++found.count;
        const bool is_hard = !is_rejecting(check);
        if (!found.first || (is_hard && !found.is_hard)) found.first = &check;
        found.is_hard = found.is_hard || is_hard;
    }
    return found;
}

}  // namespace

DataResult<void> judge(Validation& validation) {
    const auto& parameters = validation.parameters;
    Json& result = validation.session.result();
    const Failing failing = failing_of(validation.checks);
    if (failing.count == 0) {
        const bool has_warning =
            std::any_of(validation.checks.begin(), validation.checks.end(),
                        [](const Check& check) { return check.status == "warn"; });
        result["status"] = has_warning ? "warn" : "success";
        return {};
    }
    const std::string first = sentence_of(*failing.first);
    const std::string count =
        std::to_string(failing.count) + (failing.count == 1 ? " check fails" : " checks fail");
    if (parameters.on_fail == "warn") {
        result["status"] = "warn";
        result["message"] = count + "; " + first;
        return {};
    }
    if (parameters.on_fail == "fail" || failing.is_hard) {
        return data_fail("E_QUALITY", count + "; " + first);
    }
    const std::string rejected = part_text(validation.rejected, validation.read) +
                                 " rows rejected (" +
                                 share_text(validation.rejected, validation.read) + ")";
    if (parameters.max_bad &&
        parameters.max_bad->is_exceeded(validation.rejected, validation.read)) {
        return data_fail("E_QUALITY", rejected + ", at most " + parameters.max_bad->display() +
                                          " allowed; " + first);
    }
    result["status"] = "warn";
    result["message"] = rejected;
    return {};
}

}  // namespace stepwell::tasks::data

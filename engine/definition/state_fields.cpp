#include "engine/definition/state_fields.hpp"

#include <algorithm>
#include <array>

namespace stepwell::definition {
namespace {

enum class In { both, jsonpath, jsonata };

struct FieldRow {
    std::string_view name;
    In in;
    std::string_view kinds;  // letters of kKinds
};

struct KindLetter {
    char letter;
    StateKind kind;
    std::string_view name;
};

// In the order in which AWS lists them.
constexpr std::array kKinds = {
    KindLetter{'T', StateKind::task, "Task"},
    KindLetter{'W', StateKind::wait, "Wait"},
    KindLetter{'P', StateKind::pass, "Pass"},
    KindLetter{'S', StateKind::succeed, "Succeed"},
    KindLetter{'F', StateKind::fail, "Fail"},
    KindLetter{'C', StateKind::choice, "Choice"},
    KindLetter{'R', StateKind::parallel, "Parallel"},
    KindLetter{'M', StateKind::map, "Map"},
};

constexpr std::array kFields = {
    FieldRow{"Type", In::both, "TWPSFCRM"},
    FieldRow{"Comment", In::both, "TWPSFCRM"},
    FieldRow{"QueryLanguage", In::both, "TWPSFCRM"},
    FieldRow{"Next", In::both, "TWPRM"},
    FieldRow{"End", In::both, "TWPRM"},
    FieldRow{"InputPath", In::jsonpath, "TWPSCRM"},
    FieldRow{"OutputPath", In::jsonpath, "TWPSCRM"},
    FieldRow{"Parameters", In::jsonpath, "TPRM"},
    FieldRow{"Arguments", In::jsonata, "TR"},
    FieldRow{"ResultSelector", In::jsonpath, "TRM"},
    FieldRow{"ResultPath", In::jsonpath, "TPRM"},
    FieldRow{"Output", In::jsonata, "TWPSCRM"},
    FieldRow{"Assign", In::both, "TWPCRM"},
    FieldRow{"Retry", In::both, "TRM"},
    FieldRow{"Catch", In::both, "TRM"},
    FieldRow{"Result", In::jsonpath, "P"},
    FieldRow{"Resource", In::both, "T"},
    FieldRow{"TimeoutSeconds", In::both, "T"},
    FieldRow{"TimeoutSecondsPath", In::jsonpath, "T"},
    FieldRow{"HeartbeatSeconds", In::both, "T"},
    FieldRow{"HeartbeatSecondsPath", In::jsonpath, "T"},
    FieldRow{"Credentials", In::both, "T"},
    FieldRow{"Branches", In::both, "R"},
    FieldRow{"Seconds", In::both, "W"},
    FieldRow{"SecondsPath", In::jsonpath, "W"},
    FieldRow{"Timestamp", In::both, "W"},
    FieldRow{"TimestampPath", In::jsonpath, "W"},
    FieldRow{"Choices", In::both, "C"},
    FieldRow{"Default", In::both, "C"},
    FieldRow{"Error", In::both, "F"},
    FieldRow{"ErrorPath", In::jsonpath, "F"},
    FieldRow{"Cause", In::both, "F"},
    FieldRow{"CausePath", In::jsonpath, "F"},
    FieldRow{"ItemProcessor", In::both, "M"},
    FieldRow{"Iterator", In::both, "M"},
    FieldRow{"ItemsPath", In::jsonpath, "M"},
    FieldRow{"Items", In::jsonata, "M"},
    FieldRow{"ItemSelector", In::both, "M"},
    FieldRow{"MaxConcurrency", In::both, "M"},
    FieldRow{"MaxConcurrencyPath", In::jsonpath, "M"},
    FieldRow{"ToleratedFailureCount", In::both, "M"},
    FieldRow{"ToleratedFailureCountPath", In::jsonpath, "M"},
    FieldRow{"ToleratedFailurePercentage", In::both, "M"},
    FieldRow{"ToleratedFailurePercentagePath", In::jsonpath, "M"},
    FieldRow{"ItemReader", In::both, "M"},
    FieldRow{"ItemBatcher", In::both, "M"},
    FieldRow{"ResultWriter", In::both, "M"},
    FieldRow{"Label", In::both, "M"},
};

char letter_of(StateKind kind) {
    return std::find_if(kKinds.begin(), kKinds.end(),
                        [kind](const KindLetter& each) { return each.kind == kind; })
        ->letter;
}

bool is_in(const FieldRow& row, QueryLanguage language) {
    if (row.in == In::both) return true;
    return (row.in == In::jsonpath) == (language == QueryLanguage::jsonpath);
}

bool is_of(const FieldRow& row, StateKind kind) {
    return row.kinds.find(letter_of(kind)) != row.kinds.npos;
}

std::vector<std::string> fields_of(StateKind kind, QueryLanguage language) {
    std::vector<std::string> names;
    for (const FieldRow& row : kFields) {
        if (is_of(row, kind) && is_in(row, language)) names.emplace_back(row.name);
    }
    return names;
}

std::string kinds_text(const FieldRow& row) {
    std::vector<std::string> names;
    for (const KindLetter& each : kKinds) {
        if (row.kinds.find(each.letter) != row.kinds.npos) names.emplace_back(each.name);
    }
    return quoted_list(names);
}

Fault stray_field(const std::string& name, StateKind kind, QueryLanguage language) {
    const std::string owner = std::string("a ") + name_of(kind) + " state";
    const auto* row = std::find_if(kFields.begin(), kFields.end(),
                                   [&](const FieldRow& each) { return each.name == name; });
    if (row == kFields.end()) {
        const auto allowed = fields_of(kind, language);
        std::string hint = suggest(name, allowed);
        if (hint.empty()) hint = "its fields are " + quoted_list(allowed);
        return {"expected a field of " + owner + ", but '" + name + "' is none", hint};
    }
    if (!is_of(*row, kind)) {
        return {"expected a field of " + owner + ", but '" + name + "' is none",
                "'" + name + "' belongs to states of the types " + kinds_text(*row)};
    }
    const bool is_jsonpath = language == QueryLanguage::jsonpath;
    return {std::string("expected a field of the query language ") +
                (is_jsonpath ? "JSONPath" : "JSONata") + ", but '" + name + "' is one of " +
                (is_jsonpath ? "JSONata" : "JSONPath"),
            ""};
}

}  // namespace

const char* name_of(StateKind kind) {
    const auto* found = std::find_if(kKinds.begin(), kKinds.end(),
                                     [kind](const KindLetter& each) { return each.kind == kind; });
    return found->name.data();
}

std::optional<StateKind> state_kind_of(std::string_view name) {
    for (const KindLetter& each : kKinds) {
        if (each.name == name) return each.kind;
    }
    return std::nullopt;
}

const std::vector<std::string>& state_kind_names() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> list;
        for (const KindLetter& each : kKinds) list.emplace_back(each.name);
        return list;
    }();
    return names;
}

void check_state_fields(const Json& state, const Fields& fields, StateKind kind,
                        QueryLanguage language) {
    const auto allowed = fields_of(kind, language);
    for (auto it = state.begin(); it != state.end(); ++it) {
        if (std::find(allowed.begin(), allowed.end(), it.key()) != allowed.end()) continue;
        fields.report().add_at_name(fields.place().member(it.key()),
                                    rule(stray_field(it.key(), kind, language)));
    }
}

}  // namespace stepwell::definition

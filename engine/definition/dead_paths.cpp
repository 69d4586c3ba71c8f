// Warnings of paths that nothing evaluates: the user most likely meant them to be.
#include "engine/definition/state_reader.hpp"
#include "engine/definition/variable_name.hpp"

namespace stepwell::definition {
namespace {

bool looks_like_path(const Json& value) {
    if (!value.is_string()) return false;
    const auto& text = value.get_ref<const std::string&>();
    return text.rfind("$.", 0) == 0 || text.rfind("$$.", 0) == 0 || text.rfind("$[", 0) == 0;
}

bool has_path_mark(const std::string& name) {
    return without_path_mark(name).size() < name.size();
}

/// Calls visit(name, value, place) for each member at any depth.
template <class Visit>
void for_each_member(const Json& value, const Place& place, const Visit& visit) {
    if (value.is_array()) {
        for (std::size_t i = 0; i < value.size(); ++i) {
            for_each_member(value[i], place.item(i), visit);
        }
    }
    if (!value.is_object()) return;
    for (auto it = value.begin(); it != value.end(); ++it) {
        const Place at = place.member(it.key());
        visit(it.key(), it.value(), at);
        for_each_member(it.value(), at, visit);
    }
}

void warn_in_template(Report& report, const Json& source, const Place& place) {
    for_each_member(
        source, place, [&](const std::string& name, const Json& value, const Place& at) {
            if (has_path_mark(name) || !looks_like_path(value)) return;
            report.add(
                at,
                {"'" + name + "' is the text " + excerpt(value) + ", not what it points to",
                 "name it '" + name + ".$' to have it looked up", "NO_DOLLAR", Severity::warning});
        });
}

void warn_in_result(Report& report, const Json& result, const Place& place) {
    for_each_member(
        result, place, [&](const std::string& name, const Json& value, const Place& at) {
            if (!has_path_mark(name) && !looks_like_path(value)) return;
            report.add(at, {"'Result' is taken as it stands: '" + name + "' is not looked up",
                            "use 'Parameters' for values that are", "PASS_RESULT_IS_STATIC",
                            Severity::warning});
        });
}

}  // namespace

void warn_of_dead_paths(const StateReading& at) {
    for (const char* name : {"Parameters", "ResultSelector", "ItemSelector", "Assign"}) {
        const Json* source = at.fields.find(name);
        if (source != nullptr) {
            warn_in_template(at.reading.report, *source, at.fields.place().member(name));
        }
    }
    if (const Json* result = at.fields.find("Result")) {
        warn_in_result(at.reading.report, *result, at.fields.place().member("Result"));
    }
}

}  // namespace stepwell::definition

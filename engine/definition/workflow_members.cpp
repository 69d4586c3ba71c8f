#include "engine/definition/workflow_members.hpp"

#include <algorithm>
#include <array>

#include "engine/definition/fields.hpp"
#include "engine/definition/inputs.hpp"
#include "engine/definition/operations.hpp"
#include "engine/definition/starts.hpp"
#include "engine/definition/variable_name.hpp"

namespace stepwell::definition {
namespace {

/// A member's outer form: one of the JSON types that are named, letter by letter: s string,
/// n number, o object, L list of objects, T list of strings.
struct Member {
    std::string_view name;
    std::string_view forms;
    std::string_view what;  // for people
};

constexpr std::array kMembers = {
    Member{"name", "s", "a string"},
    Member{"description", "s", "a string"},
    Member{"schedules", "L", "a list of objects"},
    Member{"triggers", "L", "a list of objects"},
    Member{"notify", "o", "an object from events to lists of channels"},
    Member{"tags", "oT", "an object or a list of strings"},
    Member{"owner", "s", "a string"},
    Member{"docs", "s", "a string"},
    Member{"concurrency", "no", "a number or an object"},
    Member{"priority", "n", "a number"},
    Member{"pool", "so", "a string or an object from states to pools"},
    Member{"deadlines", "oL", "an object or a list of objects"},
    Member{"retention", "so", "a string or an object"},
    Member{"parameters", "o", "an object"},
    Member{"version", "sn", "a string or a number"},
};

bool is_list_of(const Json& value, bool (*is_item)(const Json&)) {
    return value.is_array() && std::all_of(value.begin(), value.end(), is_item);
}

bool fits(const Json& value, char form) {
    switch (form) {
        case 's':
            return value.is_string();
        case 'n':
            return value.is_number();
        case 'o':
            return value.is_object();
        case 'L':
            return is_list_of(value, [](const Json& item) { return item.is_object(); });
        case 'T':
            return is_list_of(value, [](const Json& item) { return item.is_string(); });
        default:
            return false;
    }
}

const Member* member_named(const std::string& name) {
    const auto* found = std::find_if(kMembers.begin(), kMembers.end(),
                                     [&](const Member& each) { return each.name == name; });
    return found == kMembers.end() ? nullptr : found;
}

bool check_form(const Member& member, const Fields& fields) {
    const Json& value = *fields.find(member.name);
    const bool is_right = std::any_of(member.forms.begin(), member.forms.end(),
                                      [&](char form) { return fits(value, form); });
    if (!is_right) fields.report_type(member.name, std::string(member.what));
    return is_right;
}

bool is_forbidden(unsigned char c) {
    return c <= 0x20 || c == 0x7F ||
           std::string_view("<>{}[]?*\"#%\\^|~`$&,;:/").find(static_cast<char>(c)) !=
               std::string_view::npos;
}

/// Pools and channels.
void refer_to_configuration(const Operations& operations, const Json& members, Report& report) {
    const Place root;
    const Json* pools = find(members, "pool");
    for (const auto& [state, pool] : operations.pools) {
        const bool is_of_all = pools != nullptr && pools->is_string();
        report.refer(root.member("pool"), is_of_all ? "" : pointer_part(state), "pools", pool);
    }
    for (const auto& [event, channels] : operations.notify) {
        for (std::size_t i = 0; i < channels.size(); ++i) {
            report.refer(root.member("notify"), pointer_part(event) + "/" + std::to_string(i),
                         "channels", channels[i]);
        }
    }
}

/// Accepted once, and without effect ever since.
void refuse_limits(const Place& place, Report& report) {
    report.add_at_name(
        place, rule({"expected no 'limits', for a workflow has none of its own",
                     "'TimeoutSeconds', 'concurrency', 'pool' and 'retention' limit its runs; the "
                     "limits of all runs stand in the configuration"}));
}

/// Whether a text stands there that is filled in when something starts.
bool is_filled_in_later(const Json& input, const std::string& pointer) {
    const Json* at = &input;
    for (const std::string& step : pointer_steps(pointer)) {
        const Json* below = find(*at, step);
        if (below == nullptr) return false;
        at = below;
    }
    return at->is_string() && at->get_ref<const std::string&>().find("{{") != std::string::npos;
}

/// What schedules and arriving files give as input has to fit the parameters, as every start's.
void check_start_inputs(const Json& members, const Inputs& inputs, Report& report) {
    if (inputs.is_empty()) return;
    const Place root;
    for (const char* member : {"schedules", "triggers"}) {
        const Json* list = find(members, member);
        const Place all = root.member(member);
        for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
            const Json& start = (*list)[i];
            if (find(start, "webhook") != nullptr) continue;  // the caller's
            const Json* given = find(start, "input");
            const Json input = given == nullptr ? Json::object() : *given;
            for (const ShapeFault& wrong : shape_faults(inputs.shape(), input, Written::plainly)) {
                if (is_filled_in_later(input, wrong.pointer)) continue;
                report.add_below(all.item(i), "/input" + wrong.pointer,
                                 rule({wrong.message, wrong.hint}), Said::of_itself);
            }
        }
    }
}

}  // namespace

const std::vector<std::string>& workflow_member_names() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> list;
        for (const Member& member : kMembers) list.emplace_back(member.name);
        return list;
    }();
    return names;
}

void check_workflow_name(const std::string& name, const Place& place, Report& report) {
    constexpr std::size_t kNameMax = 80;
    const std::size_t length = character_count(name);
    if (length == 0) {
        report.add(place, {"expected a name, but it is empty", "", "STATE_MACHINE_NAME_EMPTY"});
    } else if (length > kNameMax) {
        report.add(place, {"expected a name of at most 80 characters, but it has " +
                               std::to_string(length),
                           "", "STATE_MACHINE_NAME_TOO_LONG"});
    } else if (std::any_of(name.begin(), name.end(), is_forbidden)) {
        report.add(place,
                   {"expected a name of letters, digits, '-' and '_', but it is '" + name + "'",
                    "blanks and < > { } [ ] ? * \" # % \\ ^ | ~ ` $ & , ; : / are not allowed",
                    "STATE_MACHINE_NAME_INVALID"});
    }
}

Json split_members(const Json& root, const ParseOptions& options, Workflow& workflow,
                   Report& report) {
    const Place place;
    const Fields fields(report, root, place);
    workflow.name = options.default_name;
    if (!options.allow_workflow_members) return root;
    Json asl = Json::object();
    Json well_formed = Json::object();
    for (auto it = root.begin(); it != root.end(); ++it) {
        if (it.key() == "limits") {
            refuse_limits(place.member("limits"), report);
            continue;
        }
        const Member* member = member_named(it.key());
        if (member == nullptr) {
            asl.get_ref<Json::object_t&>().emplace(it.key(), it.value());
            continue;
        }
        if (check_form(*member, fields)) well_formed[it.key()] = it.value();
        if (it.key() != "name" && it.key() != "description")
            workflow.options[it.key()] = it.value();
    }
    const auto tell = [&](const std::string& pointer, const std::string& message) {
        const std::size_t end = std::min(pointer.find('/', 1), pointer.size());
        const std::string member = pointer.substr(1, end - 1);
        report.add_below(place.member(member), pointer.substr(end), {message}, Said::of_itself);
    };
    refer_to_configuration(read_operations(well_formed, tell), well_formed, report);
    // What was accepted before anything was said of parameters goes on.
    const Inputs inputs =
        read_inputs(well_formed, [&](const std::string& pointer, const std::string& message) {
            constexpr std::string_view kMember = "/parameters";
            report.add_below(place.member("parameters"), pointer.substr(kMember.size()),
                             rule({message}), Said::of_itself);
        });
    read_starts(root, report);
    check_start_inputs(well_formed, inputs, report);
    workflow.description = string_or(root, "description", "");
    const Json* name = fields.find("name");
    if (name != nullptr && name->is_string()) {
        workflow.name = name->get<std::string>();
        check_workflow_name(workflow.name, place.member("name"), report);
    } else if (name == nullptr && !workflow.name.empty()) {
        check_workflow_name(workflow.name, place, report);
    }
    return asl;
}

}  // namespace stepwell::definition

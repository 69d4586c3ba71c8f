// What the readers of schedules, triggers and deadlines share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/definition/fields.hpp"
#include "engine/definition/starts.hpp"

namespace stepwell::definition {

/// The elements of the list `name` that are objects, each with its fields and its place.
template <class Read>
void for_each_object(const Json& root, Report& report, std::string_view name, Read read) {
    const Json* list = find(root, name);
    if (list == nullptr || !list->is_array()) return;
    const Place top;
    const Place at = top.member(name);
    for (std::size_t i = 0; i < list->size(); ++i) {
        const Place place = at.item(i);
        if ((*list)[i].is_object()) read(Fields(report, (*list)[i], place), i);
    }
}

/// A member that is itself an object. `read` gets its fields; a value of another kind is reported.
template <class Read>
void with_object(const Fields& fields, std::string_view name, Read read) {
    const Json* value = fields.find(name);
    if (value == nullptr) return;
    if (!value->is_object()) return fields.report_type(name, "an object");
    const Place place = fields.place().member(name);
    read(Fields(fields.report(), *value, place));
}

/// A span of time such as "10s"; stays as it is where the field is absent or wrong.
void read_span(const Fields& fields, std::string_view name, Duration min, Duration& out);
void read_boolean(const Fields& fields, std::string_view name, bool& out);
/// A text or a list of texts, none of them empty.
void read_texts(const Fields& fields, std::string_view name, std::vector<std::string>& out);
/// A name of letters, digits, '-', '_' and '.'; `otherwise` where it is absent.
std::string read_name(const Fields& fields, std::string otherwise);
/// An object that becomes the run's input; `placeholders` are those that its texts may hold,
/// `reserved` is the member that the run gets from us.
void read_input(const Fields& fields, const std::vector<std::string>& placeholders,
                const std::string& reserved, Json& out);
/// The member `timezone`; reported where there is no such zone.
void read_timezone(const Fields& fields, std::string& out);

/// The value that goes with the text, in the order of `names`; stays where absent or wrong.
template <class Value>
void read_choice(const Fields& fields, std::string_view name, const std::vector<std::string>& names,
                 const std::vector<Value>& values, Value& out) {
    const auto chosen = fields.read_enum(name, names);
    for (std::size_t i = 0; chosen && i < names.size(); ++i) {
        if (names[i] == *chosen) out = values[i];
    }
}

/// Reports names that stand twice.
class Names {
public:
    void add(const Fields& fields, const std::string& name, const std::string& what);

private:
    std::vector<std::string> taken_;
};

void read_schedules(const Json& root, Report& report, Starts& starts);
void read_triggers(const Json& root, Report& report, Starts& starts);
/// REQUIRES: the triggers are read.
void read_deadlines(const Json& root, Report& report, Starts& starts);

}  // namespace stepwell::definition

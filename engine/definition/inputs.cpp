#include "engine/definition/inputs.hpp"

#include <algorithm>
#include <cctype>

#include "engine/base/time.hpp"

namespace stepwell::definition {
namespace {

using shape::object;
using shape::text;

/// What starts put beside what is given: schedules, arriving files, other runs.
constexpr const char* kAdded[] = {"schedule", "trigger",
                                  "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID"};

const std::vector<std::string>& type_names() {
    static const std::vector<std::string> names = {"text", "integer",   "number", "flag",
                                                   "date", "timestamp", "list",   "object"};
    return names;
}

bool is_date(const Json& value) {
    constexpr std::size_t kLength = 10;  // of 2024-01-31
    return value.is_string() && value.get_ref<const std::string&>().size() == kLength &&
           parse_rfc3339(value.get<std::string>() + "T00:00:00Z").has_value();
}

bool is_timestamp(const Json& value) {
    return value.is_string() && parse_rfc3339(value.get<std::string>()).has_value();
}

bool is_name(const std::string& name) {
    constexpr std::size_t kNameMax = 80;
    const auto is_part = [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '_' || c == '-';
    };
    return !name.empty() && name.size() <= kNameMax &&
           std::isdigit(static_cast<unsigned char>(name[0])) == 0 &&
           std::all_of(name.begin(), name.end(), is_part);
}

/// What is said of one parameter.
const Shape& declaration_shape() {
    static const Shape type = text("type", "what its values are").one_of(type_names());
    static const Shape shape = shape::either(
        "", "",
        {type, object({Shape(type).needed(), shape::flag("required", "it has no default"),
                       shape::any("default", "where a start does not give it"),
                       text("description", "for people"),
                       shape::list("choices", "the only values", shape::scalar("", "")).filled(),
                       shape::number("min", "of numbers"), shape::number("max", "of numbers")})});
    return shape;
}

Shape shape_of_type(const std::string& type) {
    if (type == "text") return text("", "");
    if (type == "integer") return shape::whole("", "");
    if (type == "number") return shape::number("", "");
    if (type == "flag") return shape::flag("", "");
    if (type == "list") return shape::list("", "", shape::any("", ""));
    if (type == "object") return shape::mapping("", "", shape::any("", ""));
    if (type == "date") {
        return shape::special("", "", "a date such as 2024-01-31", is_date, {"string"});
    }
    return shape::special("", "", "a time such as 2024-01-31T08:00:00Z", is_timestamp, {"string"});
}

/// Tells what does not go together in a declaration that is right as far as its form goes.
class Declaration {
public:
    Declaration(const std::string& name, const Json& value, const MemberFault& fault)
        : pointer_("/parameters" + pointer_part(name)),
          type_(value.is_string() ? value.get<std::string>() : string_or(value, "type", "")),
          value_(value.is_object() ? value : Json::object()),
          fault_(fault) {
        shape_ = shape_of_type(type_);
        shape_.named(name, string_or(value_, "description", ""));
    }

    Shape shape() {
        const Json* required = find(value_, "required");
        shape_.is_required = required != nullptr && *required == true;
        read_choices();
        read_range();
        check_default();
        return shape_;
    }

    [[nodiscard]] const Json* otherwise() const {
        const Json* found = find(value_, "default");
        return found != nullptr && found->is_null() ? nullptr : found;
    }

private:
    void tell(const std::string& member, const std::string& message) {
        if (fault_) fault_(pointer_ + "/" + member, message);
    }

    void read_choices() {
        const Json* choices = find(value_, "choices");
        if (choices == nullptr) return;
        if (type_ != "text")
            return tell("choices", "expected choices of a text, but it is " + type_);
        for (const Json& choice : *choices) {
            if (choice.is_string()) {
                shape_.choices.push_back(choice);
            } else {
                tell("choices", "expected texts, but there is " + to_text(choice));
            }
        }
    }

    void read_range() {
        const bool is_number = type_ == "integer" || type_ == "number";
        for (const char* name : {"min", "max"}) {
            const Json* bound = find(value_, name);
            if (bound == nullptr) continue;
            if (!is_number) {
                tell(name, "expected a limit of a number, but it is " + type_);
            } else {
                (name == std::string_view("min") ? shape_.min : shape_.max) = bound->get<double>();
            }
        }
        if (shape_.min > shape_.max) tell("max", "expected no less than min");
    }

    void check_default() {
        if (otherwise() == nullptr) return;
        if (shape_.is_required) {
            tell("required", "expected either required or a default, but there are both");
        }
        for (const ShapeFault& wrong : shape_faults(shape_, *otherwise(), Written::plainly)) {
            tell("default" + wrong.pointer, wrong.message);
        }
    }

    std::string pointer_;
    std::string type_;
    Json value_;
    const MemberFault& fault_;
    Shape shape_;
};

bool is_added(const std::string& name) {
    return std::find(std::begin(kAdded), std::end(kAdded), name) != std::end(kAdded);
}

/// Whether the declaration can be read on.
bool check_declaration(const std::string& name, const Json& value, const MemberFault& fault) {
    const std::string pointer = "/parameters" + pointer_part(name);
    const auto faults = shape_faults(declaration_shape(), value, Written::plainly);
    for (const ShapeFault& wrong : faults) {
        if (!fault) continue;
        fault(pointer + wrong.pointer,
              wrong.message + (wrong.hint.empty() ? "" : "; " + wrong.hint));
    }
    if (!is_name(name) || is_added(name)) {
        if (fault) {
            fault(pointer, is_added(name)
                               ? "expected another name: starts add '" + name + "' by themselves"
                               : "expected a name of letters, digits, '_' and '-', but it is '" +
                                     name + "'");
        }
        return false;
    }
    return faults.empty();
}

}  // namespace

Result<Json> Inputs::complete(const Json& input) const {
    if (is_empty()) return input;
    const auto faults = shape_faults(shape_, input, Written::plainly);
    if (!faults.empty()) {
        std::string all;
        for (const ShapeFault& fault : faults) {
            all += (all.empty() ? "" : "; ") + (fault.place.empty() ? "" : fault.place + ": ") +
                   fault.message + (fault.hint.empty() ? "" : " (" + fault.hint + ")");
        }
        return fail(ErrorCode::invalid, "the input does not fit the workflow's parameters: " + all);
    }
    Json completed = input;
    for (const auto& [name, value] : defaults_) {
        const Json* given = find(completed, name);
        if (given == nullptr || given->is_null()) completed[name] = value;
    }
    return completed;
}

Inputs read_inputs(const Json& members, const MemberFault& fault) {
    Inputs inputs;
    const Json* parameters = find(members, "parameters");
    if (parameters == nullptr || !parameters->is_object()) return inputs;
    for (const auto& [name, value] : parameters->items()) {
        if (!check_declaration(name, value, fault)) continue;
        Declaration declaration(name, value, fault);
        inputs.shape_.members.push_back(declaration.shape());
        if (const Json* otherwise = declaration.otherwise()) {
            inputs.defaults_.emplace_back(name, *otherwise);
        }
    }
    if (inputs.is_empty()) return inputs;
    for (const char* name : kAdded) inputs.shape_.members.push_back(shape::any(name, ""));
    return inputs;
}

Inputs inputs_of(const std::string& settings) {
    const auto parsed = parse_json(settings);
    const Json* options = parsed ? find(*parsed, "options") : nullptr;
    return options ? read_inputs(*options, nullptr) : Inputs();
}

}  // namespace stepwell::definition

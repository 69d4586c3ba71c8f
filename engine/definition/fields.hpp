// Reading the members of one JSON object, with a fault for each that is not as it should be.
//
// Each read_*() gives nothing where the field is absent or wrong; what is wrong has been reported.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/definition/definition.hpp"
#include "engine/definition/report.hpp"

namespace stepwell::definition {

/// Inclusive at both ends.
struct IntegerRange {
    std::int64_t min = 0;
    std::int64_t max = std::numeric_limits<std::int64_t>::max();
};
struct NumberRange {
    double min = 0;
    double max = std::numeric_limits<double>::max();
};

/// `of_input`: a reference that does not lead into the context object.
enum class PathForm { any, reference, of_input, result_path };

class Fields {
public:
    /// REQUIRES: `object` is an object; all arguments outlive this.
    Fields(Report& report, const Json& object, const Place& place)
        : report_(report), object_(object), place_(place) {}

    [[nodiscard]] const Json* find(std::string_view name) const {
        return stepwell::find(object_, name);
    }
    [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
    [[nodiscard]] const Place& place() const { return place_; }
    [[nodiscard]] Report& report() const { return report_; }

    /// Reports its absence in AWS's words.
    const Json* require(std::string_view name) const;
    /// At most one of the two.
    void exclude(const std::string& one, const std::string& other) const;
    void only(const std::vector<std::string>& allowed, const std::string& owner) const;

    [[nodiscard]] std::optional<std::string> read_string(std::string_view name) const;
    [[nodiscard]] std::optional<std::string> read_enum(
        std::string_view name, const std::vector<std::string>& values) const;
    [[nodiscard]] std::optional<std::int64_t> read_integer(std::string_view name,
                                                           IntegerRange range) const;
    [[nodiscard]] std::optional<double> read_number(std::string_view name, NumberRange range) const;
    [[nodiscard]] std::optional<Path> read_path(std::string_view name, PathForm form) const;
    /// `name`, or `name` + "Path".
    [[nodiscard]] NumberOrPath read_integer_or_path(const std::string& name, IntegerRange range,
                                                    PathForm form = PathForm::reference) const;
    /// `name`, or `name` + "Path".
    [[nodiscard]] StringOrPath read_string_or_path(const std::string& name) const;
    /// InputPath, OutputPath, ResultPath: a path, null, or absent.
    [[nodiscard]] Selection read_selection(std::string_view name, PathForm form) const;

    enum class TemplateRoot { object, any };
    [[nodiscard]] std::optional<PayloadTemplate> read_template(std::string_view name,
                                                               TemplateRoot root) const;
    /// A template whose names are variables.
    [[nodiscard]] std::optional<PayloadTemplate> read_assign() const;

    // The same in JSONata. `sees` says what `$states` has there.
    struct Sees {
        bool result = false;
        bool error_output = false;
    };
    [[nodiscard]] std::optional<QueryTemplate> read_query(std::string_view name, TemplateRoot root,
                                                          Sees sees) const;
    [[nodiscard]] std::optional<QueryTemplate> read_query_assign(Sees sees) const;
    /// The expression that the member is; nothing where it is something else.
    [[nodiscard]] std::optional<Query> read_expression(std::string_view name) const;
    /// Written down, or an expression.
    [[nodiscard]] NumberOrPath read_integer_or_query(const std::string& name,
                                                     IntegerRange range) const;
    [[nodiscard]] StringOrPath read_string_or_query(const std::string& name) const;

    /// Expected `what`, but it is the member's value: "expected 'X' to be a string, but it is 5".
    void report_type(std::string_view name, const std::string& what) const;

private:
    void report_template_faults(const Place& at,
                                const std::vector<expression::TemplateFault>& faults) const;
    void report_repeated_names(const Json& source, const Place& at) const;
    void report_variable_names(const Json& value, const Place& at) const;
    void report_query_faults(const Place& at,
                             const std::vector<expression::TemplateFault>& faults) const;
    void report_unseen(const Place& at, Sees sees, const auto& query) const;

    Report& report_;
    const Json& object_;
    const Place& place_;
};

/// A value as a message quotes it: short, on one line.
std::string excerpt(const Json& value);

}  // namespace stepwell::definition

// What the input of a workflow's runs is made of: the member `parameters` of a workflow file.
//
//   parameters:
//     day: {type: date, required: true, description: the day that is loaded}
//     region: {type: text, choices: [eu, us], default: eu}
//     rows: {type: integer, min: 1, max: 1000}
//     dry: flag                             # as {type: flag}
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/shape.hpp"
#include "engine/definition/operations.hpp"

namespace stepwell::definition {

/// Immutable. Without parameters every input is taken as it is.
class Inputs {
public:
    [[nodiscard]] bool is_empty() const { return shape_.members.empty(); }

    /// The input with the defaults of what it does not give. Fails with `invalid` and all faults.
    [[nodiscard]] Result<Json> complete(const Json& input) const;

    /// What an input may be, with the members that starts add by themselves.
    [[nodiscard]] const Shape& shape() const { return shape_; }

private:
    friend Inputs read_inputs(const Json& members, const MemberFault& fault);
    Shape shape_ = shape::object({});
    std::vector<std::pair<std::string, Json>> defaults_;
};

/// Reads `parameters` of the members as far as it is right, and tells `fault` (which may be empty)
/// of the rest.
Inputs read_inputs(const Json& members, const MemberFault& fault);
/// As above, out of the settings of a version.
Inputs inputs_of(const std::string& settings);

}  // namespace stepwell::definition

// A small JSON Schema, for the bodies of requests: type (one or several), enum, minLength,
// maxLength, pattern, minimum, maximum, items, minItems, maxItems, properties, required,
// additionalProperties (false, or a schema), and $ref to "#/components/schemas/NAME". Any other
// keyword is documentation.
//
// Thread safety: complete, once made.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/http/problem.hpp"
#include "engine/base/json.hpp"

namespace stepwell::api {

class Schema {
public:
    /// REQUIRES: `document` is a schema of ours, and `components` outlives it (where $ref is used).
    Schema(const Json& document, const std::map<std::string, Json>& components);
    ~Schema();
    Schema(Schema&&) noexcept;
    Schema& operator=(Schema&&) noexcept;

    /// Appends what is wrong with `value`: "expected 'input.name' to be ..."; twenty at most, and
    /// how many more.
    void check(const Json& value, std::vector<Fault>& faults) const;

private:
    struct Node;
    std::unique_ptr<Node> root_;
};

}  // namespace stepwell::api

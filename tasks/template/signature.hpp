// The parameters of a native function, checked before it is called, as Python does.
//
// Threads: immutable.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tasks/template/value.hpp"

namespace stepwell::tasks::jinja {

class Signature {
public:
    /// "name(a, b=, *, **)": `b` may be missing, `*` takes further values, `**` further names. A
    /// `/` before the first parameter: none may be given by name. A `!` before the name: the
    /// function changes what it is a method of.
    explicit Signature(std::string_view text);  // NOLINT: parsed once, when tables are built

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] bool changes_self() const { return changes_self_; }
    /// Fails where arguments are missing, too many, or have names that are none.
    [[nodiscard]] Outcome<void> check(const Arguments& arguments) const;

private:
    struct Parameter {
        std::string name;
        bool is_optional = false;
    };
    [[nodiscard]] std::size_t position_of(std::string_view name) const;

    std::string name_;
    std::vector<Parameter> parameters_;
    bool by_position_only_ = false;
    bool takes_more_ = false;
    bool takes_names_ = false;
    bool changes_self_ = false;
};

}  // namespace stepwell::tasks::jinja

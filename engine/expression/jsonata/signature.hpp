// What a function takes, as `<a<n>s?:x>` says it. Internal to engine/expression/jsonata.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/expression/jsonata/fault.hpp"
#include "engine/expression/jsonata/value.hpp"

namespace stepwell::expression::jsonata {

class Signature {
public:
    /// Fails with S0401 or S0402.
    static Result<Signature, Fault> parse(std::string_view text);

    /// What the function is called with: arguments that are left out are taken from the context or
    /// undefined, single values for arrays become arrays. Fails with T0410, T0411 or T0412.
    Result<void, Fault> check(std::span<const Value> given, const Value& context, Arena& arena,
                              std::vector<Value>& checked) const;

private:
    struct Parameter {
        std::string accepts;  // letters of kinds; 'm' is undefined
        std::string subtype;  // of an array
        bool is_array = false;
        bool takes_context = false;
        bool is_optional = false;
        bool is_repeated = false;
    };
    struct Matched {
        std::size_t begin = 0;
        std::size_t end = 0;
    };
    Result<void, Fault> parse_next(std::string_view text, std::size_t& at);
    [[nodiscard]] bool match(std::string_view letters, std::size_t parameter, std::size_t at,
                             bool to_the_end, std::vector<Matched>& matched) const;
    [[nodiscard]] Fault mismatch(std::string_view letters, std::span<const Value> given) const;

    std::vector<Parameter> parameters_;
};

/// The letter of a value's kind in a signature.
char letter_of(const Value& value);

}  // namespace stepwell::expression::jsonata

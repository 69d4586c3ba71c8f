// What the tests of expressions look at: data, a context object and variables, given as JSON text.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/json.hpp"
#include "engine/expression/environment.hpp"

namespace stepwell::test {

inline Json json_of(std::string_view text) {
    return parse_json(text).value();
}

class World : public expression::ContextSource, public expression::VariableSource {
public:
    static World of(Json document) {
        World world("{}");
        world.data = std::move(document);
        return world;
    }
    explicit World(std::string_view data_text, std::string_view context_text = "{}",
                   std::string_view variables_text = "{}")
        : data(json_of(data_text)),
          context(json_of(context_text)),
          variables(json_of(variables_text)) {}

    [[nodiscard]] const Json* find(std::string_view name) const override {
        return stepwell::find(variables, name);
    }
    [[nodiscard]] const Json& object() const override { return context; }

    [[nodiscard]] expression::Environment environment() const {
        return {data, *this, *this, random, work, data};
    }

    Json data;
    Json context = Json::object();
    Json variables = Json::object();
    mutable Prng random{7};
    mutable Work work{2'000'000};
};

/// The JSON text of a value, or "ERROR: DETAIL".
inline std::string outcome(const expression::Evaluated<Json>& value) {
    return value ? to_text(*value) : value.error().error + ": " + value.error().detail;
}

}  // namespace stepwell::test

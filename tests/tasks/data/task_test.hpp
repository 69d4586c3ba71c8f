// Runs data tasks as a host would, and looks at what they left.
#pragma once

#include <string>

#include "tests/tasks/data/data_test.hpp"

namespace stepwell::test {

struct Outcome {
    Json result;        // the envelope, of success and of failure
    std::string error;  // "" = it succeeded
    [[nodiscard]] std::string message() const {
        return result.contains("message") && result["message"].is_string()
                   ? result["message"].get<std::string>()
                   : "";
    }
};

/// Runs the task `name` once.
Outcome run_task(const std::string& name, const Json& parameters, TestContext& context);

/// The rows of a query as "a,b;c,d"; `{}` in it stands for `table`.
std::string query_text(TestContext& context, const std::string& connection,
                       const std::string& table, std::string sql);

}  // namespace stepwell::test

// What stepwell:http is asked to do.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/json.hpp"
#include "tasks/http/http_client.hpp"
#include "tasks/task.hpp"

namespace stepwell::tasks {

struct StatusRange {
    int first = 200;
    int last = 299;
};

/// What it takes.
Shape http_shape();

struct HttpParameters {
    HttpRequest request;
    std::vector<StatusRange> expected;
    /// How long in all to wait for a server that asks for it with Retry-After.
    std::chrono::milliseconds retry_after_max{0};
    std::optional<std::string> save_to;  // a place, as data tasks name it

    /// The error has all faults.
    static Result<HttpParameters, TaskError> read(const Json& json, HttpRoute route);

    [[nodiscard]] bool expects(int status) const;
    /// "200-299, 404".
    [[nodiscard]] std::string expected_text() const;
};

}  // namespace stepwell::tasks

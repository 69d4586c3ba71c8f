// URLs as tasks and configurations name them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stepwell::tasks {

/// What is wrong with a URL for a request, beginning with "expected"; nothing where it is http or
/// https with a host, and without blanks, control characters, user and password.
std::optional<std::string> fault_of_url(std::string_view url);

/// The scheme, host and port of a URL, for messages: the rest may hold secrets.
std::string url_origin(std::string_view url);

/// For a query or a form: everything but letters, digits and "-._~" as %XX.
std::string percent_encode(std::string_view text);

}  // namespace stepwell::tasks

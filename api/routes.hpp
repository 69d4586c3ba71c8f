// Which request goes where: POST / is the AWS API, /healthz says that we live, /api/v1 is our own.
//
// Threads: handle() may be called from any.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "api/aws/api.hpp"
#include "api/http.hpp"
#include "api/readers.hpp"

namespace stepwell::api {

class Routes {
public:
    /// REQUIRES: all outlive it, and every answer that it has asked for.
    Routes(runtime::Engine& engine, Readers& readers, aws::Api& aws,
           std::filesystem::path data_folder)
        : engine_(engine), readers_(readers), aws_(aws), data_folder_(std::move(data_folder)) {}

    void handle(Request& request, Responder respond);

private:
    void handle_native(Request& request, Responder respond);
    Result<Json> read(const std::vector<std::string>& path, std::string_view query);
    void start_run(const Json& body, Responder respond);
    void stop_run(const std::string& run, const Json& body, Responder respond);

    runtime::Engine& engine_;
    Readers& readers_;
    aws::Api& aws_;
    const std::filesystem::path data_folder_;
};

/// "%2F" as "/"; a broken escape stays as it is.
std::string percent_decode(std::string_view text);
/// Everything but letters, digits and "-._~" as "%XX".
std::string percent_encode(std::string_view text);

}  // namespace stepwell::api

#include "api/daemon/rejected_rows.hpp"

#include <string_view>
#include <utility>

#include "tasks/validate/rejected_rows.hpp"

namespace stepwell::api {
namespace {

/// Somebody waits in front of a page.
constexpr std::int64_t kSecondsMax = 60;

runtime::TaskRequest request_for(const answers::RejectedQuery& query) {
    runtime::TaskRequest request;
    request.resource = tasks::data::kReadRejected;
    request.state_name = "Rejected rows";
    request.parameters = Payload(Json{{"Uri", query.uri},
                                      {"Check", query.check},
                                      {"Offset", query.offset},
                                      {"Limit", query.limit}});
    request.timeout_seconds = kSecondsMax;
    return request;
}

ErrorCode code_of(std::string_view error) {
    if (error == "E_NOT_FOUND") return ErrorCode::not_found;
    if (error == "E_DENIED" || error == "E_FORMAT") return ErrorCode::conflict;
    return ErrorCode::unavailable;
}

Result<Json> page_of(aws::TaskEnd end) {
    if (auto* page = std::get_if<Payload>(&end)) return page->json();
    const auto& failure = std::get<core::ErrorInfo>(end);
    const std::string error = failure.error.value_or("");
    return fail(code_of(error),
                failure.cause.value_or("the rejected rows could not be read: " + error));
}

}  // namespace

answers::ReadRejected rejected_rows_reader(aws::RunTask run_task) {
    return [run_task = std::move(run_task)](const answers::RejectedQuery& query,
                                            answers::RejectedDone done) {
        run_task(request_for(query),
                 [done = std::move(done)](aws::TaskEnd end) { done(page_of(std::move(end))); });
    };
}

}  // namespace stepwell::api

// One request about many runs.
#include <mutex>

#include "api/http/problem.hpp"
#include "api/system/routes.hpp"

namespace stepwell::api {
namespace {

/// Collects what became of each; the last answer sends them all.
class Collection {
public:
    Collection(Call call, std::size_t count) : call_(std::move(call)), left_(count) {}

    void add(const std::string& run, const Result<Timestamp>& result) {
        bool is_last = false;
        {
            const std::lock_guard lock(mutex_);
            if (result) {
                done_.push_back({{"run", run}, {"stopped_at", to_iso8601(*result)}});
            } else {
                refused_.push_back({{"run", run}, {"message", result.error().message}});
            }
            is_last = --left_ == 0;
        }
        if (is_last) call_.answer(Json{{"done", done_}, {"refused", refused_}});
    }

private:
    const Call call_;
    std::mutex mutex_;
    std::size_t left_;
    Json done_ = Json::array();
    Json refused_ = Json::array();
};

void stop_all(runtime::Engine& engine, Readers& readers, const Call& call) {
    auto reader = readers.take();
    if (!reader) return call.respond(problem(reader.error()));
    const Json& runs = call.body()["runs"];
    core::StopExecution how;
    if (const Json* cause = find(call.body(), "cause")) how.cause = cause->get<std::string>();
    const auto collection = std::make_shared<Collection>(call, runs.size());
    for (const Json& one : runs) {
        const auto run = one.get<std::string>();
        const auto id = (*reader)->find(run);
        if (!id) {
            collection->add(run, fail(id.error()));
            continue;
        }
        engine.stop_execution(
            *id, how, [collection, run](const Result<Timestamp>& at) { collection->add(run, at); });
    }
}

}  // namespace

void add_bulk_routes(Router& router, runtime::Engine& engine, Readers& readers) {
    router.add({.method = "POST",
                .pattern = "/api/v1/bulk/stop",
                .operation = "stopRuns",
                .role = Role::operator_,
                .tag = "runs",
                .summary = "Stop many runs; says what was done and what was refused, and why",
                .body = json_body(R"({
                    "type": "object", "required": ["runs"], "additionalProperties": false,
                    "properties": {
                        "runs": {"type": "array", "minItems": 1, "maxItems": 1000,
                            "items": {"type": "string", "minLength": 1, "maxLength": 2000}},
                        "cause": {"type": "string", "maxLength": 32768}}})",
                                  true),
                .answer = R"({"type": "object", "required": ["done", "refused"], "properties": {
                    "done": {"type": "array", "items": {"type": "object"}},
                    "refused": {"type": "array", "items": {"type": "object"}}}})",
                .act = [&engine, &readers](const Call& call) { stop_all(engine, readers, call); }});
}

}  // namespace stepwell::api

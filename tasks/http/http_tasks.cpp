#include "tasks/http/http_tasks.hpp"

#include <condition_variable>
#include <mutex>

#include "engine/base/ascii.hpp"
#include "engine/base/digest.hpp"
#include "engine/base/utf8.hpp"
#include "tasks/files/locations.hpp"
#include "tasks/http/http_parameters.hpp"
#include "tasks/http/saved_body.hpp"
#include "tasks/http/url.hpp"

namespace stepwell::tasks {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t kExcerptBytes = 2u << 10;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

TaskError failure_error(const HttpFailure& failure) {
    switch (failure.kind) {
        case HttpFailure::Kind::invalid:
            return invalid_parameters("stepwell:http", failure.message);
        case HttpFailure::Kind::timeout:
            return {"Http.Timeout", failure.message};
        case HttpFailure::Kind::too_large:
            return {"Http.ResponseTooLarge", failure.message};
        case HttpFailure::Kind::redirect:
            return {"Http.Redirect", failure.message};
        case HttpFailure::Kind::stopped:
            return {"Stepwell.Cancelled", failure.message};
        case HttpFailure::Kind::refused:
        case HttpFailure::Kind::connection:
            break;
    }
    return {"Http.Connection", failure.message};
}

Json headers_json(const Headers& headers) {
    Json json = Json::object();
    for (const auto& [name, value] : headers) {
        if (Json& member = json[name]; member.is_string()) {
            member = member.get<std::string>() + ", " + value;
        } else {
            member = value;
        }
    }
    return json;
}

/// The members that tell a body: JSON with every digit as it came, a text, or the bytes in base64.
std::string body_members(const std::string& type, std::string_view body) {
    std::string_view text = body;
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    const auto depth = has_part(type, "json") ? check_json(text) : kJsonDepthMax;
    if (depth && *depth < kJsonDepthMax) return R"("body":)" + std::string(text);
    if (has_part(type, "charset=iso-8859-1") || has_part(type, "charset=\"iso-8859-1\"")) {
        return R"("body":)" + to_text(Json(utf8_of_latin1(body)));
    }
    if (is_utf8(text) && text.find('\0') == std::string_view::npos) {
        return R"("body":)" + to_text(Json(text));
    }
    return R"("body":")" + base64_encode(body) + R"(","body_encoding":"base64")";
}

std::string saved_members(const std::string& uri, const SavedBody& saved) {
    const Json json = {{"uri", uri}, {"bytes", saved.bytes()}, {"sha256", saved.sha256()}};
    return R"("saved":)" + to_text(json);
}

/// Waits, at most until the attempt is cancelled. Whether it was not.
bool rest(TaskContext& context, milliseconds span) {
    std::mutex mutex;
    std::condition_variable changed;
    bool is_cancelled = false;
    const auto guard = context.on_cancel([&] {
        const std::lock_guard lock(mutex);
        is_cancelled = true;
        changed.notify_all();
    });
    std::unique_lock lock(mutex);
    return !changed.wait_for(lock, span, [&] { return is_cancelled; });
}

/// One attempt: sends the request, again where the server asks for patience, and tells the answer.
class HttpAttempt {
public:
    HttpAttempt(HttpParameters parameters, TaskContext& context)
        : parameters_(std::move(parameters)),
          context_(context),
          origin_(url_origin(parameters_.request.url)) {}

    TaskText run() {
        SW_TRY(begin_saving());
        context_.log(parameters_.request.method + " " + origin_);
        while (true) {
            const HttpReply reply = SW_TRY(send());
            if (parameters_.expects(reply.status)) return result(reply);
            if (!is_to_wait(reply)) return fail(status_error(reply));
            const auto wait = std::chrono::duration_cast<milliseconds>(*reply.retry_after);
            waited_ += wait;
            context_.log(origin_ + " answered " + std::to_string(reply.status) +
                         "; asked again in " + std::to_string(reply.retry_after->count()) +
                         " s, as it wishes");
            if (!rest(context_, wait)) {
                return fail(TaskError{"Stepwell.Cancelled", "cancelled before it was asked again"});
            }
        }
    }

private:
    Result<void, TaskError> begin_saving() {
        if (!parameters_.save_to) return {};
        const data::Locations locations(context_.settings());
        auto path = locations.target(*parameters_.save_to);
        if (!path) {
            return fail(invalid_parameters("stepwell:http", "save_to: " + path.error().message));
        }
        saved_uri_ = locations.uri_of(*path);
        const std::string& key = context_.request().run_key;
        auto saved = SavedBody::begin(*path, key.empty() ? context_.request().execution_arn : key);
        if (!saved) return fail(save_error(saved.error()));
        saved_ = std::move(*saved);
        return {};
    }

    static TaskError save_error(const Error& error) { return {"Http.SaveFailed", error.message}; }

    Result<HttpReply, TaskError> send() {
        HttpRequest request = parameters_.request;
        std::string refused_body;
        std::optional<Error> fault;
        if (saved_) {
            if (auto cleared = saved_->clear(); !cleared) return fail(save_error(cleared.error()));
            request.sink = [&](int status, std::string_view piece) {
                if (!parameters_.expects(status)) {
                    refused_body += piece.substr(0, kExcerptBytes - refused_body.size());
                    return true;
                }
                auto written = saved_->write(piece);
                if (!written) fault = written.error();
                return written.has_value();
            };
        }
        HttpCall call(std::move(request));
        const auto stop_guard = context_.on_cancel([&call] { call.stop(); });
        auto reply = call.run();
        if (fault) return fail(save_error(*fault));
        if (!reply) return fail(failure_error(reply.error()));
        if (saved_) reply->body = std::move(refused_body);
        return std::move(*reply);
    }

    [[nodiscard]] bool is_to_wait(const HttpReply& reply) const {
        const bool is_busy = reply.status == 429 || reply.status == 503;
        return is_busy && reply.retry_after &&
               waited_ + *reply.retry_after <= parameters_.retry_after_max;
    }

    [[nodiscard]] TaskError status_error(const HttpReply& reply) const {
        const std::string status = std::to_string(reply.status);
        std::string cause =
            origin_ + " answered " + status + " (expected " + parameters_.expected_text() + ")";
        if (reply.retry_after) {
            cause += ", and to ask again in " + std::to_string(reply.retry_after->count()) + " s";
        }
        if (!reply.body.empty()) cause += ": " + reply.body.substr(0, kExcerptBytes);
        return {"Http.StatusCode." + status, std::move(cause)};
    }

    TaskText result(const HttpReply& reply) {
        const Json headers = headers_json(reply.headers);
        std::string text = R"({"status":)" + std::to_string(reply.status) + R"(,"headers":)" +
                           to_text(headers) + ",";
        if (saved_) {
            if (auto done = saved_->publish(); !done) return fail(save_error(done.error()));
            return text + saved_members(saved_uri_, *saved_) + "}";
        }
        return text + body_members(string_or(headers, "content-type", ""), reply.body) + "}";
    }

    const HttpParameters parameters_;
    TaskContext& context_;
    const std::string origin_;
    std::string saved_uri_;
    std::unique_ptr<SavedBody> saved_;
    milliseconds waited_{0};
};

TaskText run_http(TaskContext& context) {
    auto route = HttpRoute::read(find(context.settings().configuration, "http"));
    if (!route) return fail(invalid_parameters("stepwell:http", route.error().message));
    HttpParameters parameters =
        SW_TRY(HttpParameters::read(context.request().parameters.json(), std::move(*route)));
    return HttpAttempt(std::move(parameters), context).run();
}

}  // namespace

std::vector<TaskType> http_tasks() {
    TaskType http;
    http.name = "http";
    http.run_text = run_http;
    http.parameters = http_shape();
    http.sections = {"http"};
    return {http};
}

}  // namespace stepwell::tasks

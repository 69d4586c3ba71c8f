#include "api/http/conditions.hpp"

#include "api/http/compression.hpp"
#include "engine/base/digest.hpp"

namespace stepwell::api {
namespace {

constexpr std::size_t kTagDigits = 32;

bool is_text(std::string_view content_type) {
    return content_type.starts_with("application/json") || content_type.starts_with("text/");
}

/// Without `,"as_of":"812"}`, where it ends so.
std::string_view without_moment(std::string_view body) {
    constexpr std::string_view kMoment = R"(,"as_of":")";
    constexpr std::string_view kEnd = R"("})";
    const std::size_t at = body.rfind(kMoment);
    if (at == body.npos || !body.ends_with(kEnd)) return body;
    const std::size_t digits = body.find_first_not_of("0123456789", at + kMoment.size());
    return digits == body.size() - kEnd.size() ? body.substr(0, at) : body;
}

void compress(const Request& request, Response& response, bool& is_compressed) {
    is_compressed = false;
    if (response.body.size() < kCompressedFrom) return;
    response.headers += "Vary: Accept-Encoding\r\n";
    if (!takes_gzip(request.header("Accept-Encoding"))) return;
    response.body = gzip(response.body);
    response.headers += "Content-Encoding: gzip\r\n";
    is_compressed = true;
}

/// What another stream says, compressed.
class GzipStream final : public Stream {
public:
    explicit GzipStream(std::shared_ptr<Stream> inner) : inner_(std::move(inner)) {}

    [[nodiscard]] bool is_behind() const override { return inner_->is_behind(); }
    Next next(std::string& out) override {
        std::string part;
        const Next next = inner_->next(part);
        if (next != Next::broken) gzip_.add(part, next == Next::end, out);
        return next;
    }
    std::string idle() override { return ""; }
    void on_ready(std::function<void()> waker) override { inner_->on_ready(std::move(waker)); }

private:
    const std::shared_ptr<Stream> inner_;
    Gzip gzip_;
};

/// Events are read as they come; what is a whole at its end may come compressed.
void compress_stream(const Request& request, Response& response) {
    if (response.content_type == "text/event-stream") return;
    response.headers += "Vary: Accept-Encoding\r\n";
    if (!takes_gzip(request.header("Accept-Encoding"))) return;
    response.stream = std::make_shared<GzipStream>(std::move(response.stream));
    response.headers += "Content-Encoding: gzip\r\n";
}

}  // namespace

std::string etag_of(std::string_view body) {
    body = without_moment(body);
    return "\"" + digest_hex("SHA-256", body).value_or("").substr(0, kTagDigits) + "\"";
}

bool names_etag(std::string_view header, std::string_view etag) {
    while (!header.empty()) {
        const std::size_t end = std::min(header.find(','), header.size());
        std::string_view tag = header.substr(0, end);
        while (!tag.empty() && tag.front() == ' ') tag.remove_prefix(1);
        while (!tag.empty() && tag.back() == ' ') tag.remove_suffix(1);
        if (tag.starts_with("W/")) tag.remove_prefix(2);
        if (tag == etag || tag == "*") return true;
        header.remove_prefix(std::min(end + 1, header.size()));
    }
    return false;
}

void finish_answer(const Request& request, Response& response) {
    if (response.stream) return compress_stream(request, response);
    // A problem gets the request's id yet.
    if (response.status >= 300 || !is_text(response.content_type)) return;
    const bool is_read = request.method() == "GET" || request.method() == "HEAD";
    const bool has_tag = is_read && response.status == 200 && !response.body.empty();
    const std::string etag = has_tag ? etag_of(response.body) : "";
    const bool is_known = has_tag && names_etag(request.header("If-None-Match"), etag);
    bool is_compressed = false;
    if (is_known) {
        response.status = 304;
        response.body.clear();
    } else {
        compress(request, response, is_compressed);
    }
    if (has_tag)
        response.headers += "ETag: " + std::string(is_compressed ? "W/" : "") + etag + "\r\n";
}

}  // namespace stepwell::api

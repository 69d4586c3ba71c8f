#include "api/web/site.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "api/http/compression.hpp"
#include "api/http/conditions.hpp"
#include "api/http/problem.hpp"
#include "api/http/url.hpp"

namespace stepwell::api::web {
namespace {

constexpr std::string_view kIndex = "/index.html";
constexpr std::string_view kFiles = "/assets/";

/// Where pages are: the page that is loaded there looks at the rest of the path itself.
constexpr std::array<std::string_view, 7> kPlaces{"/workflows",  "/runs",   "/data",  "/logs",
                                                  "/operations", "/signin", "/answer"};

/// No script or style but from files of ours, no request but to us, in no page of others.
constexpr std::string_view kPolicy =
    "Content-Security-Policy: default-src 'self'; base-uri 'none'; object-src 'none'; "
    "form-action 'self'; frame-ancestors 'none'\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n";

bool is_page(std::string_view path) {
    if (path == "/") return true;
    return std::any_of(kPlaces.begin(), kPlaces.end(), [&](std::string_view place) {
        return path.starts_with(place) &&
               (path.size() == place.size() || path[place.size()] == '/');
    });
}

/// The smallest form of the file that the client takes.
void choose_form(const Asset& asset, std::string_view accepted, Response& response) {
    if (!asset.gzip.empty() || !asset.brotli.empty()) {
        response.headers += "Vary: Accept-Encoding\r\n";
    }
    if (!asset.brotli.empty() && takes_encoding(accepted, "br")) {
        response.body = asset.brotli;
        response.headers += "Content-Encoding: br\r\n";
    } else if (!asset.gzip.empty() && takes_encoding(accepted, "gzip")) {
        response.body = asset.gzip;
        response.headers += "Content-Encoding: gzip\r\n";
    } else {
        response.body = asset.plain;
    }
}

}  // namespace

bool Site::has(std::string_view path) const {
    if (assets_.empty()) return false;
    return is_page(path) || path.starts_with(kFiles) || (path != kIndex && find(path) != nullptr);
}

const Asset* Site::find(std::string_view path) const {
    const auto found = std::find_if(assets_.begin(), assets_.end(),
                                    [&](const Asset& asset) { return asset.path == path; });
    return found == assets_.end() ? nullptr : &*found;
}

Response Site::answer(const Request& request) const {
    const std::string_view path = split_target(request.target()).first;
    const Asset* asset = find(is_page(path) ? kIndex : path);
    if (!asset) return problem(404, "there is no such file of the dashboard");
    Response response;
    response.content_type = asset->content_type;
    response.headers = kPolicy;
    response.headers += asset->is_immutable
                            ? "Cache-Control: public, max-age=31536000, immutable\r\n"
                            : "Cache-Control: no-cache\r\n";
    // Weak: it is that of all forms of the file.
    const std::string tag = "\"" + std::string(asset->digest) + "\"";
    response.headers += "ETag: W/" + tag + "\r\n";
    if (names_etag(request.header("If-None-Match"), tag)) {
        response.status = 304;
    } else {
        choose_form(*asset, request.header("Accept-Encoding"), response);
    }
    return response;
}

}  // namespace stepwell::api::web

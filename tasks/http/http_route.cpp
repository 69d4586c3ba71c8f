#include "tasks/fields.hpp"
#include "tasks/http/http_client.hpp"
#include "tasks/http/url.hpp"

namespace stepwell::tasks {

namespace {

/// The proxy's URL may have a user and a password.
bool is_proxy_url(const std::string& text) {
    for (const std::string_view scheme : {"http://", "https://", "socks5://", "socks5h://"}) {
        if (text.starts_with(scheme) && text.size() > scheme.size()) return true;
    }
    return false;
}

}  // namespace

Result<HttpRoute> HttpRoute::read(const Json* section) {
    HttpRoute route;
    if (!section || section->is_null()) return route;
    Fields fields(*section);
    route.proxy = fields.text("proxy");
    if (route.proxy == "none") {
        route.proxy = "";
    } else if (route.proxy && !is_proxy_url(*route.proxy)) {
        fields.fault(
            "expected 'proxy' to be none, or a URL that begins with http://, https://, socks5:// "
            "or socks5h://");
    }
    for (const std::string& host : fields.texts("no_proxy")) {
        route.no_proxy += (route.no_proxy.empty() ? "" : ",") + host;
    }
    route.ca_file = fields.text("ca_file", "");
    if (const auto faults = fields.finish()) return fail(ErrorCode::invalid, "http: " + *faults);
    return route;
}

}  // namespace stepwell::tasks

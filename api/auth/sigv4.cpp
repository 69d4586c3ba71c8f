#include "api/auth/sigv4.hpp"

#include <algorithm>
#include <array>

#include "api/http/url.hpp"
#include "api/secrets/crypto.hpp"
#include "engine/base/ascii.hpp"
#include "engine/base/digest.hpp"

namespace stepwell::api {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kTerminator = "aws4_request";
constexpr std::size_t kHeadersMax = 64;
constexpr std::size_t kSignatureDigits = 64;

std::vector<std::string> split_at(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (true) {
        const std::size_t end = text.find(separator);
        parts.emplace_back(text.substr(0, end));
        if (end == text.npos) return parts;
        text.remove_prefix(end + 1);
    }
}

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
    std::string out;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i > 0) out += between;
        out += parts[i];
    }
    return out;
}

/// What stands after "NAME=" up to a comma or the end.
std::optional<std::string> component(std::string_view text, std::string_view name) {
    const std::string label = std::string(name) + "=";
    const std::size_t at = text.find(label);
    if (at == text.npos) return std::nullopt;
    text.remove_prefix(at + label.size());
    text = text.substr(0, text.find(','));
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return std::string(text);
}

/// Dots resolved, and every segment encoded once more than it came.
std::string canonical_path(std::string_view path) {
    std::vector<std::string> kept;
    for (const std::string& segment : split_at(path, '/')) {
        if (segment.empty() || segment == ".") continue;
        if (segment == "..") {
            if (!kept.empty()) kept.pop_back();
        } else {
            kept.push_back(percent_encode(segment));
        }
    }
    const bool is_folder = path.size() > 1 && path.back() == '/' && !kept.empty();
    return "/" + joined(kept, "/") + (is_folder ? "/" : "");
}

std::string canonical_query(std::string_view query) {
    if (query.empty()) return "";
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const std::string& one : split_at(query, '&')) {
        const std::size_t equals = std::min(one.find('='), one.size());
        pairs.emplace_back(one.substr(0, equals), one.substr(std::min(equals + 1, one.size())));
    }
    std::sort(pairs.begin(), pairs.end());
    std::vector<std::string> parts;
    for (const auto& [name, value] : pairs) parts.push_back(name + "=" + value);
    return joined(parts, "&");
}

/// Without blanks around it, and one for several within it.
std::string canonical_value(std::string_view value) {
    std::string out;
    for (const char c : value) {
        const bool is_blank = c == ' ' || c == '\t';
        if (is_blank && (out.empty() || out.back() == ' ')) continue;
        out += is_blank ? ' ' : c;
    }
    if (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
}

std::string sha256(std::string_view text) {
    return digest_hex("SHA-256", text).value_or("");
}

std::string canonical_request(const SignatureClaim& claim, const Request& request) {
    const auto [path, query] = split_target(request.target());
    std::string out = std::string(request.method()) + "\n" + canonical_path(path) + "\n" +
                      canonical_query(query) + "\n";
    for (const std::string& name : claim.signed_headers) {
        out += name + ":" + canonical_value(request.header(name)) + "\n";
    }
    return out + "\n" + joined(claim.signed_headers, ";") + "\n" + sha256(request.body());
}

std::string signing_key(const SignatureClaim& claim, std::string_view secret) {
    std::string key = "AWS4" + std::string(secret);
    for (const std::string_view step :
         {std::string_view(claim.date), std::string_view(claim.region),
          std::string_view(claim.service), kTerminator}) {
        key = derive_key(key, step);
    }
    return key;
}

/// "20260102T030405Z".
std::optional<Timestamp> parse_amz_date(std::string_view text) {
    if (text.size() != 16) return std::nullopt;
    const auto part = [&](std::size_t at, std::size_t size) {
        return std::string(text.substr(at, size));
    };
    const auto instant = parse_rfc3339(part(0, 4) + "-" + part(4, 2) + "-" + part(6, 5) + ":" +
                                       part(11, 2) + ":" + part(13, 3));
    if (!instant) return std::nullopt;
    return from_ms(instant->seconds * 1'000);
}

bool is_signed(const SignatureClaim& claim, std::string_view name) {
    const auto& names = claim.signed_headers;
    return std::find(names.begin(), names.end(), name) != names.end();
}

std::optional<std::string> date_fault(const SignatureClaim& claim, std::string_view date,
                                      Timestamp now) {
    const auto at = parse_amz_date(date);
    if (!at || date.substr(0, 8) != claim.date) {
        return "expected X-Amz-Date to be a time such as 20260102T030405Z, on the day that the "
               "signature's credential names";
    }
    const Duration skew = *at > now ? *at - now : now - *at;
    if (skew <= kSignatureSkew) return std::nullopt;
    return "Signature expired: it is of " + to_iso8601(*at) + ", and here it is " +
           to_iso8601(now) + "; set the clock of whoever is wrong";
}

}  // namespace

std::optional<SignatureClaim> read_signature(std::string_view authorization) {
    if (!authorization.starts_with(std::string(kAlgorithm) + " ")) return std::nullopt;
    const auto credential = component(authorization, "Credential");
    const auto headers = component(authorization, "SignedHeaders");
    const auto signature = component(authorization, "Signature");
    if (!credential || !headers || !signature) return std::nullopt;
    const std::vector<std::string> scope = split_at(*credential, '/');
    SignatureClaim claim;
    if (scope.size() != 5 || scope[4] != kTerminator) return std::nullopt;
    claim = {scope[0], scope[1], scope[2], scope[3], split_at(*headers, ';'), *signature};
    const bool is_good = claim.signed_headers.size() <= kHeadersMax &&
                         claim.signature.size() == kSignatureDigits &&
                         std::all_of(claim.signature.begin(), claim.signature.end(),
                                     [](char c) { return hex_value(c) >= 0; });
    if (!is_good) return std::nullopt;
    return claim;
}

std::optional<std::string> signature_fault(const SignatureClaim& claim, const Request& request,
                                           std::string_view secret, Timestamp now) {
    constexpr std::array<std::string_view, 3> kCovered{"host", "x-amz-date", "x-amz-target"};
    for (const std::string_view name : kCovered) {
        const bool is_needed = name != "x-amz-target" || !request.header(name).empty();
        if (is_needed && !is_signed(claim, name)) {
            return "expected the signature to cover the header '" + std::string(name) + "'";
        }
    }
    const std::string_view date = request.header("X-Amz-Date");
    if (auto fault = date_fault(claim, date, now)) return fault;
    const std::string scope =
        joined({claim.date, claim.region, claim.service, std::string(kTerminator)}, "/");
    const std::string text = std::string(kAlgorithm) + "\n" + std::string(date) + "\n" + scope +
                             "\n" + sha256(canonical_request(claim, request));
    const std::string expected = hmac_sha256_hex(signing_key(claim, secret), text);
    if (equal_in_constant_time(expected, claim.signature)) return std::nullopt;
    return "The request signature we calculated does not match the signature you provided. Check "
           "your AWS Secret Access Key and signing method.";
}

}  // namespace stepwell::api

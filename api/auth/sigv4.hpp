// AWS's Signature Version 4, as SDKs put it into the Authorization header: whoever signs shows that
// they have an access key's secret without sending it, and nobody on the way changes what was
// signed.
//
// Threads: all of it is pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/http.hpp"
#include "engine/base/time.hpp"

namespace stepwell::api {

/// How far the date of a signature may be from now.
inline constexpr Duration kSignatureSkew = std::chrono::minutes(5);

/// What an Authorization header says of its signature.
struct SignatureClaim {
    std::string key_id;
    std::string date;  // "20260102"
    std::string region;
    std::string service;
    std::vector<std::string> signed_headers;  // lower case, in the order in which they were signed
    std::string signature;                    // 64 hexadecimal digits
};

/// Nothing where it is no signature of this version, or not well formed.
std::optional<SignatureClaim> read_signature(std::string_view authorization);

/// Why the request was not signed by `secret`, in a sentence; nothing where it was. The signature
/// has to cover host, X-Amz-Date and X-Amz-Target, and the body as it came.
std::optional<std::string> signature_fault(const SignatureClaim& claim, const Request& request,
                                           std::string_view secret, Timestamp now);

}  // namespace stepwell::api

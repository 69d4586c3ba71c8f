#include "engine/runtime/loop/admission.hpp"

#include "engine/runtime/confidentiality.hpp"

namespace stepwell::runtime {

Result<void> check_start(const EngineSettings& settings, const StartRequest& request) {
    if (!request.input.is_within_limits()) {
        return fail(ErrorCode::invalid,
                    "1 validation error detected: Value at 'input' failed to satisfy constraint: "
                    "Member must have length less than or equal to " +
                        std::to_string(kPayloadBytesMax) + ", and nesting at most " +
                        std::to_string(kJsonDepthMax) + " deep");
    }
    Confidentiality* secrets = settings.secrets;
    if (!secrets) return {};
    const std::string who =
        request.principal.empty() ? request.origin + " " + request.workflow : request.principal;
    if (request.name) SW_TRY(secrets->check_start(who, "the name", *request.name));
    for (const journal::Claim& claim : request.claims) {
        SW_TRY(secrets->check_start(who, "the key", claim.key));
    }
    return secrets->check_start(who, "the input", request.input.text());
}

}  // namespace stepwell::runtime

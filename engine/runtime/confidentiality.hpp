// What keeps secrets out of the journal and the logs: the engine shows it all that comes in. What a
// task or a caller reports is masked; a start or a definition that holds a secret is refused, for
// it could not run with a mask in it.
//
// Threads: called from any, at the same time.
#pragma once

#include <string>

#include "engine/base/json.hpp"
#include "engine/base/payload.hpp"
#include "engine/core/input.hpp"

namespace stepwell::runtime {

class Confidentiality {
public:
    virtual ~Confidentiality() = default;
    virtual Payload mask(Payload document) = 0;
    virtual Json mask(Json document) = 0;
    /// A text, or a JSON document as text.
    virtual std::string mask(std::string text) = 0;
    /// Fails with `invalid` where a secret is in `text`; `place` is what the message begins with:
    /// "the input".
    virtual Result<void> check(const std::string& place, std::string_view text) = 0;
    /// The same for what starts a run, which `who` asks for: the message does not say which secret
    /// it is. Fails with `unavailable` where `who` has had too many refused.
    virtual Result<void> check_start(const std::string& who, const std::string& place,
                                     std::string_view text) = 0;
};

/// What a report or a stop says, without secrets.
core::Input masked(Confidentiality& secrets, core::Input input);

}  // namespace stepwell::runtime

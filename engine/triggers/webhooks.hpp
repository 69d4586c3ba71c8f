// Webhooks in: a call of POST /hooks/NAME starts a run with its body as the input. The caller shows
// a token, or signs the body; a call that comes again starts nothing again.
//
// Thread safety: complete.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/runtime/engine.hpp"
#include "engine/triggers/plan.hpp"

namespace stepwell::triggers {

/// Gives the secret that "secret:NAME", "env:NAME" or "file:PATH" names. Any thread.
using SecretSource = std::function<Result<std::string>(const std::string& reference)>;

struct HookCall {
    std::string name;
    /// The value of a header; empty where there is none.
    std::function<std::string(const std::string& header)> header;
    std::string body;
    Timestamp now;
};

enum class HookRefusal { unknown, unauthorized, invalid, conflict, unavailable };

struct HookError {
    HookRefusal refusal = HookRefusal::unknown;
    std::string message;
};

class Webhooks {
public:
    /// REQUIRES: the engine outlives it, and every answer.
    Webhooks(runtime::Engine& engine, SecretSource secrets);

    /// Of two webhooks of one name, the one of the workflow that comes first in the alphabet
    /// counts.
    void load(const std::vector<WorkflowPlan>& plans);

    /// Answers at once where the call is refused, else from the engine's thread.
    void call(const HookCall& call,
              std::function<void(const Result<runtime::Started, HookError>&)> answer) const;

private:
    struct Hook {
        std::string workflow;
        definition::WebhookSpec spec;
    };
    using Hooks = std::map<std::string, Hook>;
    [[nodiscard]] Result<void, HookError> check_caller(const Hook& hook, const HookCall& call,
                                                       std::string& replay_key) const;
    [[nodiscard]] Result<void, HookError> check_signature(const Hook& hook, const HookCall& call,
                                                          const std::string& secret,
                                                          std::string& replay_key) const;
    [[nodiscard]] Result<std::string, HookError> secret_of(const std::string& reference) const;

    runtime::Engine& engine_;
    SecretSource secrets_;
    mutable std::mutex mutex_;
    std::shared_ptr<const Hooks> hooks_;  // null until they are loaded
};

}  // namespace stepwell::triggers

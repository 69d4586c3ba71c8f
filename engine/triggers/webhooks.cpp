#include "engine/triggers/webhooks.hpp"

#include <charconv>

#include "engine/base/digest.hpp"

namespace stepwell::triggers {
namespace {

constexpr std::size_t kKeyBytesMax = 256;

Failure<HookError> refuse(HookRefusal refusal, std::string message) {
    return stepwell::fail(HookError{refusal, std::move(message)});
}

/// One answer for all that a stranger may get wrong: what exactly helps only him.
Failure<HookError> unauthorized() {
    return refuse(HookRefusal::unauthorized,
                  "expected the webhook's token or signature, but it is missing or wrong");
}

std::string_view without_prefix(std::string_view text, std::string_view prefix) {
    return text.substr(0, prefix.size()) == prefix ? text.substr(prefix.size()) : text;
}

std::string lower_hex(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

/// "sha256=HEX", or with its time as Stepwell's own webhooks send it: "t=SECONDS,v1=HEX".
struct Signature {
    std::string stamp;
    std::string hex;
};
Signature signature_of(const std::string& header) {
    const std::size_t comma = header.find(",v1=");
    if (header.substr(0, 2) != "t=" || comma == header.npos) {
        return {"", lower_hex(without_prefix(header, "sha256="))};
    }
    return {header.substr(2, comma - 2), lower_hex(std::string_view(header).substr(comma + 4))};
}

std::optional<std::int64_t> seconds_of(const std::string& text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool is_good = !text.empty() && error == std::errc{} &&
                         end == text.data() + text.size() && value >= 0 && value < 100'000'000'000;
    return is_good ? std::optional(value) : std::nullopt;
}

HookError of_engine(const Error& error) {
    switch (error.code) {
        case ErrorCode::conflict:
            return {HookRefusal::conflict, error.message};
        case ErrorCode::invalid:
            return {HookRefusal::invalid, error.message};
        case ErrorCode::not_found:
            return {HookRefusal::unknown, error.message};
        default:
            return {HookRefusal::unavailable, error.message};
    }
}

}  // namespace

Webhooks::Webhooks(runtime::Engine& engine, SecretSource secrets)
    : engine_(engine), secrets_(std::move(secrets)) {}

void Webhooks::load(const std::vector<WorkflowPlan>& plans) {
    auto hooks = std::make_shared<Hooks>();
    for (const WorkflowPlan& plan : plans) {
        for (const definition::WebhookSpec& spec : plan.starts.webhooks) {
            if (spec.is_enabled) hooks->try_emplace(spec.name, Hook{plan.workflow, spec});
        }
    }
    const std::lock_guard lock(mutex_);
    hooks_ = std::move(hooks);
}

Result<std::string, HookError> Webhooks::secret_of(const std::string& reference) const {
    // "${secret:NAME}"; the file's check saw to the form.
    const auto secret = secrets_ ? secrets_(reference.substr(2, reference.size() - 3))
                                 : Result<std::string>(fail(ErrorCode::not_found, "none"));
    if (secret && !secret->empty()) return *secret;
    return refuse(HookRefusal::unavailable,
                  "expected the webhook's secret, but this daemon cannot find it where the "
                  "workflow says it is kept");
}

Result<void, HookError> Webhooks::check_caller(const Hook& hook, const HookCall& call,
                                               std::string& replay_key) const {
    const bool is_signed = !hook.spec.hmac_secret.empty();
    // Who shows nothing at all costs nothing: the secret is not even looked for.
    const std::string bearer = call.header("Authorization");
    const std::string given = bearer.empty() ? call.header("X-Stepwell-Token")
                                             : std::string(without_prefix(bearer, "Bearer "));
    const std::string shown = is_signed ? call.header(hook.spec.signature_header) : given;
    if (shown.empty()) return unauthorized();
    const auto secret = secret_of(is_signed ? hook.spec.hmac_secret : hook.spec.token);
    if (!secret) return stepwell::fail(secret.error());
    if (is_signed) return check_signature(hook, call, *secret, replay_key);
    if (!equal_in_constant_time(given, *secret)) return unauthorized();
    return {};
}

Result<void, HookError> Webhooks::check_signature(const Hook& hook, const HookCall& call,
                                                  const std::string& secret,
                                                  std::string& replay_key) const {
    const definition::WebhookSpec& spec = hook.spec;
    const bool is_timed = !spec.timestamp_header.empty();
    Signature signature = signature_of(call.header(spec.signature_header));
    if (is_timed && signature.stamp.empty()) signature.stamp = call.header(spec.timestamp_header);
    const auto signed_at = is_timed ? seconds_of(signature.stamp) : std::nullopt;
    if (is_timed && !signed_at) return unauthorized();
    const std::string text = is_timed ? signature.stamp + "." + call.body : call.body;
    const std::string& given = signature.hex;
    if (!equal_in_constant_time(given, hmac_sha256_hex(secret, text))) return unauthorized();
    if (!signed_at) return {};
    const Duration age = call.now - from_ms(*signed_at * 1000);
    if (age > spec.tolerance || age < -spec.tolerance) return unauthorized();
    // What was signed with its time is one call, however often it is sent.
    replay_key = "signature:" + given;
    return {};
}

void Webhooks::call(const HookCall& call,
                    std::function<void(const Result<runtime::Started, HookError>&)> answer) const {
    const auto hooks = [&] {
        const std::lock_guard lock(mutex_);
        return hooks_;
    }();
    if (!hooks) {
        return answer(refuse(HookRefusal::unavailable,
                             "expected the webhooks to be known, but they are still being read"));
    }
    const auto found = hooks->find(call.name);
    if (found == hooks->end()) {
        return answer(refuse(HookRefusal::unknown,
                             "expected the name of a webhook, but there is none of that name"));
    }
    const Hook& hook = found->second;
    std::string replay_key;
    if (const auto done = check_caller(hook, call, replay_key); !done) {
        return answer(stepwell::fail(done.error()));
    }
    const std::string given_key = call.header(hook.spec.idempotency_header);
    if (given_key.size() > kKeyBytesMax) {
        return answer(refuse(HookRefusal::invalid, "expected '" + hook.spec.idempotency_header +
                                                       "' to have at most " +
                                                       std::to_string(kKeyBytesMax) + " bytes"));
    }
    if (call.body.size() > kPayloadBytesMax) {
        return answer(refuse(HookRefusal::invalid,
                             "expected a body of at most " + std::to_string(kPayloadBytesMax) +
                                 " bytes, but it has " + std::to_string(call.body.size())));
    }
    auto input = call.body.empty() ? Result<Payload>(Payload()) : Payload::from_text(call.body);
    if (!input) {
        return answer(
            refuse(HookRefusal::invalid, "expected the body to be JSON: " + input.error().message));
    }
    runtime::StartRequest request;
    request.workflow = hook.workflow;
    request.origin = "webhook";
    request.input = std::move(*input);
    const std::string key = given_key.empty() ? replay_key : "key:" + given_key;
    if (!key.empty()) {
        const std::string digest = digest_hex("SHA-256", call.body).value_or("");
        request.claims.push_back(
            {hook_source(call.name), key, to_text(Json{{"body_sha256", digest}})});
    }
    engine_.start_execution(std::move(request),
                            [answer = std::move(answer)](const Result<runtime::Started>& started) {
                                if (started) return answer(*started);
                                answer(stepwell::fail(of_engine(started.error())));
                            });
}

}  // namespace stepwell::triggers

#include "api/aws/configurations.hpp"

namespace stepwell::api::aws {
namespace {

constexpr const char* kLogging = "loggingConfiguration";
constexpr const char* kTracing = "tracingConfiguration";
constexpr const char* kEncryption = "encryptionConfiguration";
constexpr const char* kOwnedKey = "AWS_OWNED_KEY";
constexpr const char* kCustomerKey = "CUSTOMER_MANAGED_KMS_KEY";
constexpr std::int64_t kReuseSeconds = 300;  // of a data key, as AWS has it unless it is told

Json default_logging() {
    return Json{{"level", "OFF"}, {"includeExecutionData", false}};
}
Json default_tracing() {
    return Json{{"enabled", false}};
}
Json default_encryption() {
    return Json{{"type", kOwnedKey}};
}

Failure<AwsError> bad_logging(std::string_view text) {
    return refuse("InvalidLoggingConfiguration",
                  "Invalid Logging Configuration: " + std::string(text));
}
Failure<AwsError> bad_encryption(std::string_view text) {
    return refuse("InvalidEncryptionConfiguration",
                  "Invalid Encryption Configuration: " + std::string(text));
}

std::string log_group_of(const Json& destination) {
    const Json* group = find(destination, "cloudWatchLogsLogGroup");
    return group ? string_or(*group, "logGroupArn", "") : std::string();
}

Json read_logging(Members& members, const Json& asked) {
    Members inner(asked, std::string(kLogging) + ".");
    Json logging{{"level", inner.choice("level", {"ALL", "ERROR", "FATAL", "OFF"}).value_or("OFF")},
                 {"includeExecutionData", inner.flag("includeExecutionData", false)}};
    if (const Json* destinations = inner.list("destinations")) {
        for (const Json& one : *destinations) {
            if (!one.is_object()) inner.expect_type("destinations", "a list of objects");
        }
        logging["destinations"] = *destinations;
    }
    members.take_over(inner);
    return logging;
}

Json read_tracing(Members& members, const Json& asked) {
    Members inner(asked, std::string(kTracing) + ".");
    Json tracing{{"enabled", inner.flag("enabled", false)}};
    members.take_over(inner);
    return tracing;
}

Json read_encryption(Members& members, const Json& asked) {
    Members inner(asked, std::string(kEncryption) + ".");
    const auto type = inner.choice("type", {kOwnedKey, kCustomerKey});
    if (!type) inner.violate("type", nullptr, "Member must not be null");
    const auto key = inner.text("kmsKeyId", {1, 2'048});
    const auto seconds = inner.number("kmsDataKeyReusePeriodSeconds", kReuseSeconds, 900, 60);
    Json encryption{{"type", type.value_or(kOwnedKey)}};
    if (key) encryption["kmsKeyId"] = *key;
    if (type == kCustomerKey) encryption["kmsDataKeyReusePeriodSeconds"] = seconds;
    members.take_over(inner);
    return encryption;
}

AwsResult<void> check_logging(const Json& logging) {
    const Json* destinations = find(logging, "destinations");
    const std::size_t count = destinations ? destinations->size() : 0;
    const bool is_off = string_or(logging, "level", "OFF") == "OFF";
    if (count > 1 || (count == 0 && !is_off)) {
        return bad_logging("Must specify exactly one Log Destination.");
    }
    if (count == 0) return {};
    const std::string arn = log_group_of(destinations->front());
    if (arn.empty()) return bad_logging("Must specify exactly one Log Destination.");
    const bool is_log_group =
        arn.starts_with("arn:") && arn.find(":log-group:") != arn.npos && arn.ends_with(":*");
    return is_log_group ? AwsResult<void>() : bad_logging("Log Destination not found.");
}

AwsResult<void> check_encryption(const Json& encryption) {
    const bool has_key = find(encryption, "kmsKeyId") != nullptr;
    const bool is_customers = string_or(encryption, "type", "") == kCustomerKey;
    if (is_customers && !has_key) {
        return bad_encryption("kmsKeyId must be specified for type CUSTOMER_MANAGED_KMS_KEY.");
    }
    if (!is_customers && has_key) {
        return bad_encryption("kmsKeyId must not be specified for type AWS_OWNED_KEY.");
    }
    return {};
}

}  // namespace

Configurations read_configurations(Members& members) {
    Configurations asked;
    if (const Json* one = members.object(kLogging)) asked.logging = read_logging(members, *one);
    if (const Json* one = members.object(kTracing)) asked.tracing = read_tracing(members, *one);
    if (const Json* one = members.object(kEncryption)) {
        asked.encryption = read_encryption(members, *one);
    }
    return asked;
}

AwsResult<void> check_configurations(const Configurations& asked) {
    if (asked.logging) SW_TRY(check_logging(*asked.logging));
    if (asked.encryption) SW_TRY(check_encryption(*asked.encryption));
    return {};
}

std::string settings_with(const Configurations& asked, std::string_view settings) {
    Json out = parse_json(settings).value_or(Json::object());
    if (asked.logging || !find(out, kLogging)) {
        out[kLogging] = asked.logging.value_or(default_logging());
    }
    if (asked.tracing || !find(out, kTracing)) {
        out[kTracing] = asked.tracing.value_or(default_tracing());
    }
    // The default is not written down: so a machine of an older Stepwell is the same as a new one.
    if (asked.encryption && *asked.encryption != default_encryption()) {
        out[kEncryption] = *asked.encryption;
    } else if (asked.encryption) {
        out.erase(kEncryption);
    }
    return to_text(out);
}

void describe_configurations(Json& out, std::string_view settings) {
    const Json said = parse_json(settings).value_or(Json::object());
    const auto describe = [&](const char* name, const Json& otherwise) {
        const Json* found = find(said, name);
        out[name] = found ? *found : otherwise;
    };
    describe(kLogging, default_logging());
    describe(kTracing, default_tracing());
    describe(kEncryption, default_encryption());
}

}  // namespace stepwell::api::aws

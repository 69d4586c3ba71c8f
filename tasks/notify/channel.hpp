// Where notifications go: the channels that the configuration names, and how each spells a message.
//
//   notifications:
//     channels:
//       ops:  {type: webhook, url: "https://...", hmac: "..."}
//       chat: {type: slack, webhook: "https://hooks.slack.com/..."}
//     topics:
//       "arn:aws:sns:*:*:analytics-*": [ops, chat]
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.hpp"
#include "tasks/http/http_client.hpp"

namespace stepwell::tasks {

struct Message {
    std::string id;
    std::string channel;
    std::string subject;
    std::string text;
    Json payload;  // null: none
    std::string workflow;
    std::string execution;
    std::int64_t run = 0;  // the execution's number; 0: it is about none, or says so itself
    std::string state;
    std::string topic;  // of sns:publish
    std::int64_t created_ms = 0;
};

Json to_json(const Message& message);
Message message_from_json(const Json& json);

/// The command that shows more; empty where the message is about no run.
std::string look_command(const Message& message);

struct Channel {
    enum class Type { webhook, slack };
    Type type = Type::webhook;
    std::string url;
    std::string hmac_key;  // empty: not signed
    Headers headers;
    std::chrono::milliseconds timeout{10'000};
};

struct Topic {
    std::string pattern;
    std::vector<std::string> channels;
};

class Notifications {
public:
    /// Reads the configuration's `notifications`; null is none. The error has all faults.
    static Result<Notifications> read(const Json* section);

    [[nodiscard]] const Channel* find(const std::string& name) const;
    /// The channels of the first topic that fits an ARN, or its last part.
    [[nodiscard]] const std::vector<std::string>* channels_of(std::string_view topic_arn) const;
    [[nodiscard]] std::vector<std::string> names() const;

private:
    std::map<std::string, Channel> channels_;
    std::vector<Topic> topics_;
};

/// The request that delivers a message; `now_s`: seconds since the epoch, for the signature.
HttpRequest delivery_request(const Channel& channel, const Message& message, std::int64_t now_s);

}  // namespace stepwell::tasks

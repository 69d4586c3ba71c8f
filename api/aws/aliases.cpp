// The actions on aliases of state machines.
#include <algorithm>

#include "api/aws/api.hpp"
#include "api/aws/members.hpp"
#include "api/aws/published.hpp"

namespace stepwell::api::aws {
namespace {

constexpr Length kNameLength{1, 80};
constexpr Length kDescriptionLength{0, 256};
constexpr Length kLongArnLength{1, 2'000};

/// As a request has it.
struct AskedRouting {
    std::vector<std::string> arns;
    std::vector<std::int64_t> weights;  // one for each
};

/// What it says of where an alias leads.
struct Routing {
    std::string machine;  // whose versions these are; empty: there are no routes
    std::vector<runtime::Alias::Route> routes;
};

bool is_alias_name(std::string_view name) {
    bool has_more_than_digits = false;
    for (const char c : name) {
        const bool is_digit = c >= '0' && c <= '9';
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_digit && !is_letter && c != '_' && c != '-' && c != '.') return false;
        has_more_than_digits = has_more_than_digits || !is_digit;
    }
    return has_more_than_digits;
}

std::string read_alias_name(Members& members) {
    std::string name = members.required_text("name", kNameLength);
    if (!name.empty() && !is_alias_name(name)) {
        members.violate_shown("name", "'" + name + "'",
                              "Member must satisfy regular expression pattern: "
                              R"(^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$)");
    }
    return name;
}

/// As AWS shows a list in an error.
std::string shown(const AskedRouting& routing) {
    std::string text;
    for (std::size_t i = 0; i < routing.arns.size(); ++i) {
        text += (i == 0 ? "" : ", ") +
                ("RoutingConfigurationListItem(stateMachineVersionArn=" + routing.arns[i]) +
                ", weight=" + std::to_string(routing.weights[i]) + ")";
    }
    return "'[" + text + "]'";
}

std::int64_t read_weight(Members& members, const std::string& path, const Json* weight) {
    if (!weight || !weight->is_number_integer()) {
        if (weight) members.expect_type(path, "an integer");
        if (!weight) members.violate(path, nullptr, "Member must not be null");
        return 0;
    }
    const auto value = weight->get<std::int64_t>();
    if (value > 100) {
        members.violate(path, weight, "Member must have value less than or equal to 100");
    }
    if (value < 0) {
        members.violate(path, weight, "Member must have value greater than or equal to 0");
    }
    return value;
}

/// Nothing where it is missing.
std::optional<AskedRouting> read_routing(Members& members) {
    const std::string name = "routingConfiguration";
    const Json* list = members.list(name);
    if (!list) return std::nullopt;
    AskedRouting routing;
    for (const Json& item : *list) {
        const std::string path = name + "." + std::to_string(routing.arns.size() + 1) + ".member.";
        routing.arns.push_back(members.required_text_at(
            path + "stateMachineVersionArn", find(item, "stateMachineVersionArn"), {1, 256}));
        routing.weights.push_back(read_weight(members, path + "weight", find(item, "weight")));
    }
    if (routing.arns.size() > 2) {
        members.violate_shown(name, shown(routing),
                              "Member must have length less than or equal to 2");
    }
    if (routing.arns.empty()) {
        members.violate_shown(name, "'[]'", "Member must have length greater than or equal to 1");
    }
    return routing;
}

Failure<AwsError> no_such_resource() {
    return refuse("ResourceNotFound", "Request references a resource that does not exist.");
}

Failure<AwsError> bad_routing(const std::string& message) {
    return refuse("ValidationException", message, "INVALID_ROUTING_CONFIGURATION");
}

/// "Words. Received: [a, b]"
Failure<AwsError> bad_routing(std::string_view words, const std::vector<std::string>& received) {
    std::string list;
    for (const std::string& one : received) list += (list.empty() ? "" : ", ") + one;
    return bad_routing(std::string(words) + ". Received: [" + list + "]");
}

AwsResult<std::vector<Arn>> version_arns(const std::vector<std::string>& texts,
                                         const Account& account) {
    std::vector<Arn> arns;
    for (const std::string& text : texts) {
        auto arn = parse_arn(text, "stateMachine");
        const bool is_version = arn && runtime::version_number_in(arn->qualifier);
        if (!is_version) {
            return bad_routing("Routing configuration must contain state machine version ARNs",
                               texts);
        }
        if (arn->region != account.region || arn->account != account.account) {
            return no_such_resource();
        }
        arns.push_back(std::move(arn).value());
    }
    return arns;
}

AwsResult<Routing> routing_of(const AskedRouting& asked, const Account& account) {
    const auto arns = SW_TRY(version_arns(asked.arns, account));
    const bool is_distinct = arns.size() < 2 || asked.arns[0] != asked.arns[1];
    if (!is_distinct) {
        return bad_routing("Routing configuration must contain distinct state machine version ARNs",
                           asked.arns);
    }
    std::int64_t sum = 0;
    std::vector<std::string> weights;
    for (const std::int64_t weight : asked.weights) {
        sum += weight;
        weights.push_back(std::to_string(weight));
    }
    if (sum != 100) {
        return bad_routing("Sum of routing configuration weights must equal 100", weights);
    }
    Routing routing{arns.front().name, {}};
    for (std::size_t i = 0; i < arns.size(); ++i) {
        if (arns[i].name != routing.machine) {
            return bad_routing(
                "Routing configuration must contain versions of the same state machine",
                asked.arns);
        }
        routing.routes.push_back({*runtime::version_number_in(arns[i].qualifier),
                                  static_cast<std::uint32_t>(asked.weights[i])});
    }
    return routing;
}

AwsResult<void> check_versions(runtime::ChangeView& view, const Routing& routing) {
    for (const auto& route : routing.routes) {
        const auto there = SW_TRY(or_internal(view.document(
            runtime::kPublishedVersions, runtime::version_key(routing.machine, route.version))));
        if (!there) return no_such_resource();
    }
    return {};
}

AwsResult<std::optional<runtime::Alias>> alias_at(runtime::ChangeView& view,
                                                  const std::string& machine,
                                                  const std::string& name) {
    const auto document =
        SW_TRY(or_internal(view.document(runtime::kAliases, runtime::alias_key(machine, name))));
    if (!document) return std::optional<runtime::Alias>();
    return std::optional(SW_TRY(or_internal(runtime::alias_in(*document))));
}

AwsResult<void> check_room(runtime::ChangeView& view, const std::string& machine) {
    const auto there =
        SW_TRY(or_internal(view.documents(runtime::kAliases, runtime::published_prefix(machine))));
    if (there.size() < kAliasesMax) return {};
    return refuse(
        "ServiceQuotaExceededException",
        "Maximum number of aliases for the State Machine exceeded: " + std::to_string(kAliasesMax));
}

}  // namespace

void Api::create_state_machine_alias(const Json& body, const Principal&, Reply reply) {
    Members members(body);
    runtime::Alias alias;
    alias.name = read_alias_name(members);
    alias.description = members.text("description", kDescriptionLength).value_or("");
    const auto asked = read_routing(members);
    if (!asked) members.violate("routingConfiguration", nullptr, "Member must not be null");
    if (auto checked = members.check(); !checked) return reply(fail(std::move(checked).error()));
    auto routing = routing_of(*asked, account_);
    if (!routing) return reply(fail(std::move(routing).error()));
    alias.routes = routing->routes;
    change(
        [alias, routing = std::move(routing).value(),
         account = account_](runtime::ChangeView& view) -> AwsResult<Decided> {
            runtime::Alias made = alias;
            Decided decided;
            SW_TRY(check_versions(view, routing));
            if (auto there = SW_TRY(alias_at(view, routing.machine, alias.name))) {
                if (there->description != alias.description || there->routes != alias.routes) {
                    return refuse("ConflictException",
                                  "Failed to create alias because an alias with the same name and "
                                  "a different routing configuration already exists.");
                }
                made = *std::move(there);
            } else {
                SW_TRY(check_room(view, routing.machine));
                made.created_at = made.updated_at = view.now();
                decided.writes.push_back(runtime::to_write(made, routing.machine));
            }
            decided.answer = to_text(
                Json{{"stateMachineAliasArn", qualified_arn(account, routing.machine, made.name)},
                     {"creationDate", to_epoch_seconds(made.created_at)}});
            return decided;
        },
        std::move(reply));
}

AwsResult<Arn> Api::own_alias(std::string_view text) const {
    Arn arn = SW_TRY(parse_arn(text, "stateMachine"));
    const bool is_alias =
        !arn.qualifier.empty() && !runtime::version_number_in(arn.qualifier).has_value();
    if (!is_alias) {
        return refuse_quoting("InvalidArn", "Invalid Arn",
                              "Resource type not valid in this context: " + arn.kind);
    }
    return arn;
}

void Api::update_state_machine_alias(const Json& body, const Principal&, Reply reply) {
    Members members(body);
    const std::string text = members.required_text("stateMachineAliasArn", kLongArnLength);
    const auto description = members.text("description", kDescriptionLength);
    const auto asked = read_routing(members);
    if (auto checked = members.check(); !checked) return reply(fail(std::move(checked).error()));
    auto arn = own_alias(text);
    if (!arn) return reply(fail(std::move(arn).error()));
    if (!is_own(*arn)) return reply(no_such_resource());
    if (!description && !asked) {
        return reply(refuse("ValidationException",
                            "Either the description or the routing configuration must be specified",
                            "MISSING_REQUIRED_PARAMETER"));
    }
    std::optional<Routing> routing;
    if (asked) {
        auto read = routing_of(*asked, account_);
        if (!read) return reply(fail(std::move(read).error()));
        if (read->machine != arn->name) {
            return reply(bad_routing(
                "Routing configuration must contain versions of the alias's state machine",
                asked->arns));
        }
        routing = std::move(read).value();
    }
    change(
        [machine = arn->name, name = arn->qualifier, description,
         routing](runtime::ChangeView& view) -> AwsResult<Decided> {
            auto alias = SW_TRY(alias_at(view, machine, name));
            if (!alias) return no_such_resource();
            if (routing) SW_TRY(check_versions(view, *routing));
            if (routing) alias->routes = routing->routes;
            if (description) alias->description = *description;
            alias->updated_at = view.now();
            return Decided{
                {runtime::to_write(*alias, machine)},
                to_text(Json{{"updateDate", to_epoch_seconds(alias->updated_at)}}),
            };
        },
        std::move(reply));
}

void Api::delete_state_machine_alias(const Json& body, const Principal&, Reply reply) {
    Members members(body);
    const std::string text = members.required_text("stateMachineAliasArn", kLongArnLength);
    if (auto checked = members.check(); !checked) return reply(fail(std::move(checked).error()));
    auto arn = own_alias(text);
    if (!arn) return reply(fail(std::move(arn).error()));
    if (!is_own(*arn)) return reply(std::string("{}"));
    change(
        [key = runtime::alias_key(arn->name, arn->qualifier)](
            runtime::ChangeView& view) -> AwsResult<Decided> {
            Decided decided{{}, "{}"};
            const auto there = SW_TRY(or_internal(view.document(runtime::kAliases, key)));
            if (there) decided.writes.push_back(runtime::removal_of(runtime::kAliases, key));
            return decided;
        },
        std::move(reply));
}

AwsResult<Json> Api::describe_state_machine_alias(const Json& body) {
    Members members(body);
    const std::string text = members.required_text("stateMachineAliasArn", kLongArnLength);
    SW_TRY(members.check());
    const Arn arn = SW_TRY(own_alias(text));
    if (!is_own(arn)) return no_such_resource();
    auto reader = SW_TRY(this->reader());
    const auto alias = SW_TRY(find_alias(reader, arn.name, arn.qualifier));
    if (!alias) return no_such_resource();
    Json routing = Json::array();
    for (const auto& [version, weight] : alias->routes) {
        const std::string number = std::to_string(version);
        routing.push_back({{"stateMachineVersionArn", qualified_arn(account_, arn.name, number)},
                           {"weight", weight}});
    }
    Json out{{"stateMachineAliasArn", arn.text}, {"name", alias->name}};
    if (!alias->description.empty()) out["description"] = alias->description;
    out["routingConfiguration"] = std::move(routing);
    out["creationDate"] = to_epoch_seconds(alias->created_at);
    out["updateDate"] = to_epoch_seconds(alias->updated_at);
    return out;
}

AwsResult<Json> Api::list_state_machine_aliases(const Json& body) {
    Members members(body);
    const std::string text = members.required_text("stateMachineArn", kArnLength);
    const auto asked = static_cast<std::size_t>(members.number("maxResults", 0, 1'000));
    const auto token = members.text("nextToken", {1, 1'024});
    SW_TRY(members.check());
    const Arn arn = SW_TRY(own_machine_or_version(text));
    const auto version = runtime::version_number_in(arn.qualifier);
    SW_TRY(workflow(arn));
    auto reader = SW_TRY(this->reader());
    if (version && !SW_TRY(find_version(reader, arn.name, *version))) return no_such_resource();
    auto aliases = SW_TRY(aliases_of(reader, arn.name));
    std::erase_if(aliases, [&](const runtime::Alias& alias) {
        return version && std::none_of(alias.routes.begin(), alias.routes.end(),
                                       [&](const auto& route) { return route.version == version; });
    });
    const std::string list = "aliases/" + arn.name + ":" + arn.qualifier;
    if (const auto last = SW_TRY(key_in_token(list, token))) {
        std::erase_if(aliases, [&](const runtime::Alias& alias) { return alias.name <= *last; });
    }
    const std::size_t limit = asked == 0 ? 100 : asked;
    Json out{{"stateMachineAliases", Json::array()}};
    for (std::size_t i = 0; i < std::min(limit, aliases.size()); ++i) {
        out["stateMachineAliases"].push_back(
            {{"stateMachineAliasArn", qualified_arn(account_, arn.name, aliases[i].name)},
             {"creationDate", to_epoch_seconds(aliases[i].created_at)}});
        const bool goes_on = i + 1 == limit && limit < aliases.size();
        if (goes_on) out["nextToken"] = token_behind(list, aliases[i].name);
    }
    return out;
}

}  // namespace stepwell::api::aws

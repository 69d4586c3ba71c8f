// The actions on published versions of state machines.
#include <algorithm>

#include "api/aws/api.hpp"
#include "api/aws/members.hpp"
#include "api/aws/published.hpp"

namespace stepwell::api::aws {
namespace {

/// How AWS calls a revision that no update has made.
std::string shown_revision(const std::string& id) {
    return id.empty() ? "INITIAL" : id;
}

AwsResult<void> check_revision(const std::optional<std::string>& asked,
                               const runtime::WorkflowStatus& newest) {
    if (!asked || *asked == shown_revision(newest.revision_id)) return {};
    return refuse("ConflictException", "Failed to publish the State Machine version for revision " +
                                           *asked + ". The current State Machine revision is " +
                                           shown_revision(newest.revision_id) + ".");
}

/// `routes` lead to the version.
bool leads_to(const runtime::Alias& alias, std::uint32_t number) {
    return std::any_of(alias.routes.begin(), alias.routes.end(),
                       [&](const auto& route) { return route.version == number; });
}

AwsResult<std::string> aliases_of_version(runtime::ChangeView& view, const std::string& machine,
                                          std::uint32_t number) {
    std::string names;
    const auto documents =
        SW_TRY(or_internal(view.documents(runtime::kAliases, runtime::published_prefix(machine))));
    for (const auto& document : documents) {
        const auto alias = SW_TRY(or_internal(runtime::alias_in(document.value)));
        if (leads_to(alias, number)) names += (names.empty() ? "" : ", ") + alias.name;
    }
    return names;
}

}  // namespace

void Api::change(Decide decide, Reply reply) {
    auto outcome = std::make_shared<AwsResult<std::string>>(std::string());
    engine_.change(
        [decide = std::move(decide),
         outcome](runtime::ChangeView& view) -> Result<runtime::Writes> {
            auto decided = decide(view);
            if (!decided) {
                *outcome = fail(std::move(decided).error());
                return runtime::Writes{};
            }
            *outcome = std::move(decided->answer);
            return runtime::Writes{std::move(decided->writes), {}};
        },
        [reply = std::move(reply), outcome](Result<void> done) {
            if (!done) return reply(fail(internal_error(done.error())));
            reply(std::move(*outcome));
        });
}

void Api::publish_state_machine_version(const Json& body, const Principal&, Reply reply) {
    Members members(body);
    const std::string text = members.required_text("stateMachineArn", kArnLength);
    const auto revision = members.text("revisionId", {0, 100});
    const auto description = members.text("description", {0, 256});
    if (auto checked = members.check(); !checked) return reply(fail(std::move(checked).error()));
    auto arn = own_state_machine(text);
    if (!arn) return reply(fail(std::move(arn).error()));
    change(
        [machine = arn->name, text, revision, description,
         account = account_](runtime::ChangeView& view) -> AwsResult<Decided> {
            const auto newest = view.workflow(machine);
            if (!newest && newest.error().code == ErrorCode::not_found) {
                return refuse_quoting("StateMachineDoesNotExist", "State Machine Does Not Exist",
                                      text);
            }
            if (!newest) return fail(internal_error(newest.error()));
            SW_TRY(check_revision(revision, *newest));
            auto made = SW_TRY(publication_of(view, machine, *newest, description.value_or("")));
            const std::string number = std::to_string(made.version.number);
            return Decided{std::move(made.writes),
                           to_text(Json{
                               {"creationDate", to_epoch_seconds(made.version.created_at)},
                               {"stateMachineVersionArn", qualified_arn(account, machine, number)},
                           })};
        },
        std::move(reply));
}

void Api::delete_state_machine_version(const Json& body, const Principal&, Reply reply) {
    Members members(body);
    const std::string text = members.required_text("stateMachineVersionArn", {1, 2'000});
    if (auto checked = members.check(); !checked) return reply(fail(std::move(checked).error()));
    auto arn = parse_arn(text, "stateMachine");
    if (!arn) return reply(fail(std::move(arn).error()));
    const auto number = runtime::version_number_in(arn->qualifier);
    if (!number) {
        return reply(refuse_quoting("InvalidArn", "Invalid Arn",
                                    "Resource type not valid in this context: " + arn->kind));
    }
    if (!is_own(*arn)) return reply(std::string("{}"));
    change(
        [machine = arn->name, number = *number](runtime::ChangeView& view) -> AwsResult<Decided> {
            const std::string key = runtime::version_key(machine, number);
            Decided decided{{}, "{}"};
            const auto there = SW_TRY(or_internal(view.document(runtime::kPublishedVersions, key)));
            if (!there) return decided;
            const std::string aliases = SW_TRY(aliases_of_version(view, machine, number));
            if (!aliases.empty()) {
                return refuse("ConflictException",
                              "Version to be deleted must not be referenced by an alias. Current "
                              "list of aliases referencing this version: [" +
                                  aliases + "]");
            }
            decided.writes.push_back(runtime::removal_of(runtime::kPublishedVersions, key));
            return decided;
        },
        std::move(reply));
}

AwsResult<Json> Api::list_state_machine_versions(const Json& body) {
    Members members(body);
    const std::string text = members.required_text("stateMachineArn", kArnLength);
    const auto asked = static_cast<std::size_t>(members.number("maxResults", 0, 1'000));
    const auto token = members.text("nextToken", {1, 1'024});
    SW_TRY(members.check());
    const Arn arn = SW_TRY(parse_arn(text, "stateMachine"));
    Json out{{"stateMachineVersions", Json::array()}};
    if (!is_own(arn) || !arn.qualifier.empty()) return out;
    auto reader = SW_TRY(this->reader());
    auto versions = SW_TRY(versions_of(reader, arn.name));
    std::reverse(versions.begin(), versions.end());
    const std::string list = "versions/" + arn.name;
    if (const auto last = SW_TRY(key_in_token(list, token))) {
        const std::uint32_t number = runtime::version_number_in(*last).value_or(0);
        std::erase_if(versions, [&](const auto& version) { return version.number >= number; });
    }
    const std::size_t limit = asked == 0 ? 100 : asked;
    for (std::size_t i = 0; i < std::min(limit, versions.size()); ++i) {
        const std::string number = std::to_string(versions[i].number);
        out["stateMachineVersions"].push_back(
            {{"stateMachineVersionArn", qualified_arn(account_, arn.name, number)},
             {"creationDate", to_epoch_seconds(versions[i].created_at)}});
        const bool goes_on = i + 1 == limit && limit < versions.size();
        if (goes_on) out["nextToken"] = token_behind(list, number);
    }
    return out;
}

}  // namespace stepwell::api::aws

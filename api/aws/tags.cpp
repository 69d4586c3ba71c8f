// Tags of state machines and activities, and the actions on them.
#include "api/aws/tags.hpp"

#include <algorithm>

#include "api/aws/api.hpp"
#include "api/aws/published.hpp"
#include "engine/runtime/activity.hpp"

namespace stepwell::api::aws {
namespace {

constexpr Length kKeyLength{1, 128};
constexpr Length kValueLength{0, 256};
constexpr std::size_t kTagsMax = 50;

Failure<AwsError> no_such_resource(const std::string& arn) {
    return {AwsError{"ResourceNotFound", "Resource not found: '" + arn + "'", {}, arn}};
}

AwsResult<std::vector<runtime::Tag>> tags_at(runtime::ChangeView& view, const std::string& key) {
    const auto document = SW_TRY(or_internal(view.document(runtime::kTags, key)));
    if (!document) return std::vector<runtime::Tag>();
    return or_internal(runtime::tags_in(*document));
}

AwsResult<void> check_is_there(runtime::ChangeView& view, const Arn& arn) {
    if (arn.kind == "activity") {
        const auto record =
            SW_TRY(or_internal(view.document(std::string(runtime::kActivities), arn.name)));
        if (!record) return no_such_resource(arn.text);
        return {};
    }
    const auto machine = view.workflow(arn.name);
    if (machine) return {};
    if (machine.error().code == ErrorCode::not_found) return no_such_resource(arn.text);
    return fail(internal_error(machine.error()));
}

/// What is told of tags whose form is right.
AwsResult<void> check_reserved(const std::vector<runtime::Tag>& tags) {
    for (const auto& tag : tags) {
        if (!tag.key.starts_with("aws:")) continue;
        return refuse("ValidationException",
                      "Tag keys starting with 'aws:' are reserved for system use: " + tag.key);
    }
    return {};
}

std::vector<std::string> read_keys(Members& members) {
    std::vector<std::string> keys;
    const Json* list = members.list("tagKeys");
    if (!list) {
        members.violate("tagKeys", nullptr, "Member must not be null");
        return keys;
    }
    for (const Json& key : *list) {
        const std::string path = "tagKeys." + std::to_string(keys.size() + 1) + ".member";
        keys.push_back(members.required_text_at(path, &key, kKeyLength));
    }
    return keys;
}

}  // namespace

std::vector<runtime::Tag> read_tags(Members& members) {
    std::vector<runtime::Tag> tags;
    const Json* list = members.list("tags");
    if (!list) return tags;
    for (const Json& tag : *list) {
        const std::string path = "tags." + std::to_string(tags.size() + 1) + ".member.";
        const Json* key = find(tag, "key");
        const Json* value = find(tag, "value");
        // The model has both as optional; a tag without a key could never be named.
        tags.push_back({members.required_text_at(path + "key", key, kKeyLength),
                        value ? members.required_text_at(path + "value", value, kValueLength)
                              : std::string()});
    }
    return tags;
}

AwsResult<std::vector<runtime::Tag>> with_tags(std::vector<runtime::Tag> there,
                                               const std::vector<runtime::Tag>& added,
                                               const std::string& arn) {
    SW_TRY(check_reserved(added));
    for (const auto& tag : added) {
        const auto at = std::find_if(there.begin(), there.end(),
                                     [&](const auto& one) { return one.key == tag.key; });
        if (at != there.end()) {
            at->value = tag.value;
        } else {
            there.push_back(tag);
        }
    }
    if (there.size() <= kTagsMax) return there;
    return Failure<AwsError>{AwsError{
        "TooManyTags",
        "You've exceeded the number of tags allowed for a resource: " + std::to_string(kTagsMax),
        {},
        arn}};
}

AwsResult<Arn> Api::tagged(const std::string& text) const {
    const bool is_activity = text.find(":activity:") != text.npos;
    Arn arn = SW_TRY(parse_arn(text, is_activity ? "activity" : "stateMachine"));
    if (!is_own(arn) || !arn.qualifier.empty()) return no_such_resource(text);
    return arn;
}

void Api::tag_resource(const Json& body, const Principal&, Reply reply) {
    Members members(body);
    const std::string text = members.required_text("resourceArn", kArnLength);
    auto tags = read_tags(members);
    if (!find(body, "tags")) members.violate("tags", nullptr, "Member must not be null");
    if (auto checked = members.check(); !checked) return reply(fail(std::move(checked).error()));
    auto arn = tagged(text);
    if (!arn) return reply(fail(std::move(arn).error()));
    change(
        [arn = std::move(arn).value(),
         tags = std::move(tags)](runtime::ChangeView& view) -> AwsResult<Decided> {
            SW_TRY(check_is_there(view, arn));
            const std::string key = runtime::tags_key(arn.kind, arn.name);
            auto there = SW_TRY(tags_at(view, key));
            const auto all = SW_TRY(with_tags(std::move(there), tags, arn.text));
            return Decided{{runtime::to_write(all, key)}, "{}"};
        },
        std::move(reply));
}

void Api::untag_resource(const Json& body, const Principal&, Reply reply) {
    Members members(body);
    const std::string text = members.required_text("resourceArn", kArnLength);
    auto keys = read_keys(members);
    if (auto checked = members.check(); !checked) return reply(fail(std::move(checked).error()));
    auto arn = tagged(text);
    if (!arn) return reply(fail(std::move(arn).error()));
    change(
        [arn = std::move(arn).value(),
         keys = std::move(keys)](runtime::ChangeView& view) -> AwsResult<Decided> {
            SW_TRY(check_is_there(view, arn));
            const std::string key = runtime::tags_key(arn.kind, arn.name);
            auto tags = SW_TRY(tags_at(view, key));
            std::erase_if(tags, [&](const runtime::Tag& tag) {
                return std::find(keys.begin(), keys.end(), tag.key) != keys.end();
            });
            return Decided{{runtime::to_write(tags, key)}, "{}"};
        },
        std::move(reply));
}

AwsResult<Json> Api::list_tags_for_resource(const Json& body) {
    Members members(body);
    const std::string text = members.required_text("resourceArn", kArnLength);
    SW_TRY(members.check());
    const Arn arn = SW_TRY(tagged(text));
    const bool is_there = arn.kind == "activity" ? static_cast<bool>(activity(text))
                                                 : static_cast<bool>(workflow(arn));
    if (!is_there) return no_such_resource(text);
    auto reader = SW_TRY(this->reader());
    const auto document = SW_TRY(
        or_internal(reader->document(runtime::kTags, runtime::tags_key(arn.kind, arn.name))));
    Json tags = Json::array();
    if (document) {
        const auto there = SW_TRY(or_internal(runtime::tags_in(*document)));
        for (const auto& [key, value] : there) tags.push_back({{"key", key}, {"value", value}});
    }
    return Json{{"tags", std::move(tags)}};
}

}  // namespace stepwell::api::aws

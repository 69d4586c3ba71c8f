#include "engine/runtime/published.hpp"

#include <charconv>
#include <utility>

namespace stepwell::runtime {
namespace {

constexpr std::size_t kNumberDigits = 10;

Result<Json> object_in(const std::string& document, std::string_view what) {
    auto json = parse_json(document);
    if (json && json->is_object()) return std::move(json).value();
    return fail(ErrorCode::corruption,
                "expected " + std::string(what) +
                    " to be a JSON object, but got: " + document.substr(0, 100));
}

std::uint32_t number_in(const Json& json, std::string_view member) {
    return static_cast<std::uint32_t>(unsigned_in(json, member));
}

Timestamp required_time(const Json& json, std::string_view member) {
    return time_in(json, member).value_or(Timestamp{});
}

journal::DocumentWrite write_of(std::string collection, std::string key, const Json& value) {
    journal::DocumentWrite write = removal_of(std::move(collection), std::move(key));
    write.value = to_text(value);
    return write;
}

}  // namespace

std::string published_prefix(std::string_view workflow) {
    return std::string(workflow) + "/";
}

std::string version_key(std::string_view workflow, std::uint32_t number) {
    const std::string digits = std::to_string(number);
    return published_prefix(workflow) + std::string(kNumberDigits - digits.size(), '0') + digits;
}

std::string alias_key(std::string_view workflow, std::string_view alias) {
    return published_prefix(workflow) + std::string(alias);
}

std::string tags_key(std::string_view kind, std::string_view name) {
    return std::string(kind) + ":" + std::string(name);
}

journal::DocumentWrite removal_of(std::string collection, std::string key) {
    journal::DocumentWrite write;
    write.collection = std::move(collection);
    write.key = std::move(key);
    return write;
}

journal::DocumentWrite to_write(const PublishedVersion& version, std::string_view workflow) {
    Json value{{"number", version.number},
               {"revision", version.revision},
               {"id", value_of(version.id)},
               {"at", to_ms(version.created_at)}};
    if (!version.description.empty()) value["description"] = version.description;
    if (version.is_first) value["first"] = true;
    return write_of(kPublishedVersions, version_key(workflow, version.number), value);
}

journal::DocumentWrite to_last_published(std::string_view workflow, std::uint32_t number) {
    return write_of(kLastPublished, std::string(workflow), number);
}

journal::DocumentWrite to_write(const Alias& alias, std::string_view workflow) {
    Json routes = Json::array();
    for (const auto& [version, weight] : alias.routes) {
        routes.push_back({{"version", version}, {"weight", weight}});
    }
    Json value{{"name", alias.name},
               {"routes", std::move(routes)},
               {"at", to_ms(alias.created_at)},
               {"updated", to_ms(alias.updated_at)}};
    if (!alias.description.empty()) value["description"] = alias.description;
    return write_of(kAliases, alias_key(workflow, alias.name), value);
}

journal::DocumentWrite to_write(const std::vector<Tag>& tags, std::string key) {
    if (tags.empty()) return removal_of(kTags, std::move(key));
    Json list = Json::array();
    for (const auto& [name, value] : tags) list.push_back({{"key", name}, {"value", value}});
    return write_of(kTags, std::move(key), Json{{"tags", std::move(list)}});
}

Result<PublishedVersion> published_version_in(const std::string& document) {
    const Json json = SW_TRY(object_in(document, "a published version"));
    PublishedVersion version;
    version.number = number_in(json, "number");
    version.revision = number_in(json, "revision");
    version.id = static_cast<VersionId>(unsigned_in(json, "id"));
    version.description = string_or(json, "description", "");
    version.created_at = required_time(json, "at");
    version.is_first = find(json, "first") != nullptr;
    return version;
}

Result<Alias> alias_in(const std::string& document) {
    const Json json = SW_TRY(object_in(document, "an alias"));
    Alias alias;
    alias.name = string_or(json, "name", "");
    alias.description = string_or(json, "description", "");
    alias.created_at = required_time(json, "at");
    alias.updated_at = required_time(json, "updated");
    const Json* routes = find(json, "routes");
    if (!routes || !routes->is_array() || routes->empty()) {
        return fail(ErrorCode::corruption,
                    "expected alias '" + alias.name + "' to have routes, but it has none");
    }
    for (const Json& route : *routes) {
        alias.routes.push_back({number_in(route, "version"), number_in(route, "weight")});
    }
    return alias;
}

Result<std::vector<Tag>> tags_in(const std::string& document) {
    const Json json = SW_TRY(object_in(document, "tags"));
    std::vector<Tag> tags;
    const Json* list = find(json, "tags");
    if (!list || !list->is_array()) return tags;
    for (const Json& tag : *list) {
        tags.push_back({string_or(tag, "key", ""), string_or(tag, "value", "")});
    }
    return tags;
}

std::uint32_t last_published_in(const std::optional<std::string>& document) {
    return document ? version_number_in(*document).value_or(0) : 0;
}

std::optional<std::uint32_t> version_number_in(std::string_view text) {
    std::uint32_t number = 0;
    const char* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, number);
    const bool is_number = error == std::errc() && at == end && number > 0 && text[0] != '0';
    return is_number ? std::optional(number) : std::nullopt;
}

std::uint32_t version_drawn(const Alias& alias, std::uint64_t draw) {
    for (const auto& [version, weight] : alias.routes) {
        if (draw < weight) return version;
        draw -= weight;
    }
    return alias.routes.back().version;
}

}  // namespace stepwell::runtime

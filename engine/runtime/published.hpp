// What is published of a workflow: versions, each of which names one of its revisions for good, and
// aliases, each of which names one version or two. And the tags of what has an ARN.
//
// They are documents; those of a workflow are removed with it, in the same transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/ids.hpp"
#include "engine/base/json.hpp"
#include "engine/journal/records.hpp"

namespace stepwell::runtime {

inline constexpr const char* kPublishedVersions = "published_versions";  // by version_key()
/// The last number that was given to a version, by the workflow's name: none is used again.
inline constexpr const char* kLastPublished = "last_published";
inline constexpr const char* kAliases = "aliases";  // by alias_key()
inline constexpr const char* kTags = "tags";        // by tags_key()

struct PublishedVersion {
    std::uint32_t number = 0;    // from 1
    std::uint32_t revision = 0;  // the number of the workflow's revision
    VersionId id{};              // of the revision
    std::string description;
    Timestamp created_at;
    bool is_first = false;  // published by the request that made the workflow
};

struct Alias {
    struct Route {
        std::uint32_t version = 0;  // its number
        std::uint32_t weight = 0;   // of 100
        bool operator==(const Route&) const = default;
    };
    std::string name;
    std::string description;
    std::vector<Route> routes;  // one or two; their weights add up to 100
    Timestamp created_at;
    Timestamp updated_at;
};

struct Tag {
    std::string key;
    std::string value;
    bool operator==(const Tag&) const = default;
};

/// What the keys of all documents of a workflow in a collection begin with, but for kLastPublished.
std::string published_prefix(std::string_view workflow);
/// In the order of the numbers.
std::string version_key(std::string_view workflow, std::uint32_t number);
std::string alias_key(std::string_view workflow, std::string_view alias);
/// `kind` as ARNs say it: "stateMachine", "activity".
std::string tags_key(std::string_view kind, std::string_view name);

journal::DocumentWrite to_write(const PublishedVersion& version, std::string_view workflow);
/// The number is given away.
journal::DocumentWrite to_last_published(std::string_view workflow, std::uint32_t number);
journal::DocumentWrite to_write(const Alias& alias, std::string_view workflow);
/// Without any: they are removed.
journal::DocumentWrite to_write(const std::vector<Tag>& tags, std::string key);
journal::DocumentWrite removal_of(std::string collection, std::string key);

/// What the documents say. Fails with `corruption` where one is not of its form.
Result<PublishedVersion> published_version_in(const std::string& document);
Result<Alias> alias_in(const std::string& document);
Result<std::vector<Tag>> tags_in(const std::string& document);
/// 0: none was published.
std::uint32_t last_published_in(const std::optional<std::string>& document);

/// The version number that `text` is; nothing where it is none, and then perhaps an alias.
std::optional<std::uint32_t> version_number_in(std::string_view text);

/// Where a start goes. REQUIRES: `draw` is less than 100.
std::uint32_t version_drawn(const Alias& alias, std::uint64_t draw);

}  // namespace stepwell::runtime

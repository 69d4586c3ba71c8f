#include "api/aws/published.hpp"

#include <algorithm>

#include "engine/base/digest.hpp"

namespace stepwell::api::aws {
namespace {

constexpr std::size_t kDocumentsPerPage = 500;

template <class T>
AwsResult<std::vector<T>> all_of_kind(Readers::Lease& reader, const char* collection,
                                      std::string_view machine,
                                      Result<T> (*read)(const std::string&)) {
    std::vector<T> all;
    for (const auto& document : SW_TRY(documents_of(reader, collection, machine))) {
        all.push_back(SW_TRY(or_internal(read(document.value))));
    }
    return all;
}

template <class T>
AwsResult<std::optional<T>> one_of_kind(Readers::Lease& reader, const char* collection,
                                        const std::string& key,
                                        Result<T> (*read)(const std::string&)) {
    const auto document = SW_TRY(or_internal(reader->document(collection, key)));
    if (!document) return std::optional<T>();
    return std::optional(SW_TRY(or_internal(read(*document))));
}

}  // namespace

std::string qualified_arn(const Account& account, std::string_view name,
                          std::string_view qualifier) {
    return state_machine_arn(account, name) + ":" + std::string(qualifier);
}

AwsResult<std::vector<journal::DocumentRecord>> documents_of(Readers::Lease& reader,
                                                             const std::string& collection,
                                                             std::string_view machine) {
    const std::string prefix = runtime::published_prefix(machine);
    std::vector<journal::DocumentRecord> all;
    for (std::string after = prefix;;) {
        auto page = SW_TRY(or_internal(reader->documents(collection, after, kDocumentsPerPage)));
        const auto end = std::find_if(page.begin(), page.end(), [&](const auto& one) {
            return !one.key.starts_with(prefix);
        });
        const bool is_last = end != page.end() || page.size() < kDocumentsPerPage;
        std::move(page.begin(), end, std::back_inserter(all));
        if (is_last) return all;
        after = all.back().key;
    }
}

AwsResult<std::vector<runtime::PublishedVersion>> versions_of(Readers::Lease& reader,
                                                              std::string_view machine) {
    return all_of_kind(reader, runtime::kPublishedVersions, machine,
                       &runtime::published_version_in);
}

AwsResult<std::vector<runtime::Alias>> aliases_of(Readers::Lease& reader,
                                                  std::string_view machine) {
    return all_of_kind(reader, runtime::kAliases, machine, &runtime::alias_in);
}

AwsResult<std::optional<runtime::PublishedVersion>> find_version(Readers::Lease& reader,
                                                                 std::string_view machine,
                                                                 std::uint32_t number) {
    return one_of_kind(reader, runtime::kPublishedVersions, runtime::version_key(machine, number),
                       &runtime::published_version_in);
}

AwsResult<std::optional<runtime::Alias>> find_alias(Readers::Lease& reader,
                                                    std::string_view machine,
                                                    std::string_view name) {
    return one_of_kind(reader, runtime::kAliases, runtime::alias_key(machine, name),
                       &runtime::alias_in);
}

std::string token_behind(const std::string& list, const std::string& key) {
    return base64_encode(list + "#" + key);
}

AwsResult<std::optional<std::string>> key_in_token(const std::string& list,
                                                   const std::optional<std::string>& token) {
    if (!token) return std::optional<std::string>();
    const std::string start = list + "#";
    const auto text = base64_decode(*token);
    if (text && text->starts_with(start)) return std::optional(text->substr(start.size()));
    return refuse_quoting("InvalidToken", "Invalid Token", "Invalid token");
}

AwsResult<Publication> publication_of(runtime::ChangeView& view, const std::string& machine,
                                      const runtime::WorkflowStatus& newest,
                                      const std::string& description) {
    const auto counter = SW_TRY(or_internal(view.document(runtime::kLastPublished, machine)));
    const std::uint32_t last = runtime::last_published_in(counter);
    const auto published = SW_TRY(or_internal(
        view.document(runtime::kPublishedVersions, runtime::version_key(machine, last))));
    // A revision has one version at most, and the newest revision's is the newest version.
    if (published) {
        auto version = SW_TRY(or_internal(runtime::published_version_in(*published)));
        if (version.id == newest.version) return Publication{std::move(version), {}};
    }
    if (last >= kVersionsMax) {
        const auto there = SW_TRY(or_internal(
            view.documents(runtime::kPublishedVersions, runtime::published_prefix(machine))));
        if (there.size() >= kVersionsMax) {
            return refuse("ServiceQuotaExceededException",
                          "Maximum number of versions for the State Machine exceeded: " +
                              std::to_string(kVersionsMax));
        }
    }
    Publication made;
    made.version.number = last + 1;
    made.version.revision = newest.number;
    made.version.id = newest.version;
    made.version.description = description;
    made.version.created_at = view.now();
    made.version.is_first = newest.is_changed && newest.number == 1;
    made.writes = {runtime::to_write(made.version, machine),
                   runtime::to_last_published(machine, last + 1)};
    return made;
}

}  // namespace stepwell::api::aws

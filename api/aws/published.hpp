// What the actions on versions, aliases and tags share: to read and to change the documents that
// are kept of a state machine.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/aws/arn.hpp"
#include "api/aws/aws_error.hpp"
#include "api/read/readers.hpp"
#include "engine/runtime/engine_types.hpp"
#include "engine/runtime/published.hpp"

namespace stepwell::api::aws {

inline constexpr std::size_t kVersionsMax = 1'000;
inline constexpr std::size_t kAliasesMax = 100;

/// What the engine or the journal says, as no action has words for it.
template <class T>
AwsResult<T> or_internal(Result<T> result);

/// "arn:...:stateMachine:NAME:QUALIFIER".
std::string qualified_arn(const Account& account, std::string_view name,
                          std::string_view qualifier);

/// All documents of a state machine, by key.
AwsResult<std::vector<journal::DocumentRecord>> documents_of(Readers::Lease& reader,
                                                             const std::string& collection,
                                                             std::string_view machine);
AwsResult<std::vector<runtime::PublishedVersion>> versions_of(Readers::Lease& reader,
                                                              std::string_view machine);
AwsResult<std::vector<runtime::Alias>> aliases_of(Readers::Lease& reader, std::string_view machine);
AwsResult<std::optional<runtime::PublishedVersion>> find_version(Readers::Lease& reader,
                                                                 std::string_view machine,
                                                                 std::uint32_t number);
AwsResult<std::optional<runtime::Alias>> find_alias(Readers::Lease& reader,
                                                    std::string_view machine,
                                                    std::string_view name);

/// The token for what comes behind the item of this key; good for the list of its name only.
std::string token_behind(const std::string& list, const std::string& key);
/// The key in a token; nothing where there is no token. Fails with InvalidToken.
AwsResult<std::optional<std::string>> key_in_token(const std::string& list,
                                                   const std::optional<std::string>& token);

/// The version of a machine's newest revision: the one that is there, or a new one.
struct Publication {
    runtime::PublishedVersion version;
    std::vector<journal::DocumentWrite> writes;  // empty: it was there
};
/// Fails with ServiceQuotaExceededException.
AwsResult<Publication> publication_of(runtime::ChangeView& view, const std::string& machine,
                                      const runtime::WorkflowStatus& newest,
                                      const std::string& description);

template <class T>
AwsResult<T> or_internal(Result<T> result) {
    if (result) {
        if constexpr (std::is_void_v<T>)
            return {};
        else
            return std::move(result).value();
    }
    const Error& error = result.error();
    if (error.code == ErrorCode::unavailable) return refuse("ServiceUnavailable", error.message);
    return refuse("InternalFailure", error.message);
}

}  // namespace stepwell::api::aws

#include "engine/base/secret_reference.hpp"

#include <algorithm>
#include <optional>

#include "engine/base/ascii.hpp"
#include "engine/base/link_reference.hpp"

namespace stepwell {
namespace {

constexpr std::string_view kOpen = "${secret:";
constexpr std::string_view kResolve = "{{resolve:secretsmanager:";
constexpr std::size_t kNameBytesMax = 128;

struct Found {
    std::size_t begin = 0;
    std::size_t end = 0;  // exclusive
    SecretName name;
};

Failure<Error> malformed(std::string_view text, std::size_t begin) {
    return fail(ErrorCode::invalid,
                "expected a secret as ${secret:NAME} or ${secret:NAME#FIELD}, but got '" +
                    std::string(text.substr(begin, 40)) + "'");
}

/// "NAME#FIELD"; the field may be anything but empty.
std::optional<SecretName> own_form(std::string_view inside) {
    const std::size_t hash = inside.find('#');
    const bool has_field = hash != inside.npos;
    SecretName name{std::string(inside.substr(0, hash)),
                    has_field ? std::string(inside.substr(hash + 1)) : ""};
    if (!is_secret_name(name.name) || (has_field && name.field.empty())) return std::nullopt;
    return name;
}

/// "NAME[:SecretString[:FIELD[:STAGE[:VERSION]]]]"; there is one version here, the newest.
std::optional<SecretName> resolve_form(std::string_view inside) {
    const auto parts = split(inside, ':');
    SecretName name{std::string(parts[0]), parts.size() > 2 ? std::string(parts[2]) : ""};
    const bool is_text = parts.size() < 2 || parts[1].empty() || parts[1] == "SecretString";
    if (!is_secret_name(name.name) || !is_text || parts.size() > 5) return std::nullopt;
    return name;
}

Result<std::optional<Found>> next_reference(std::string_view text, std::size_t from) {
    const std::size_t own = text.find(kOpen, from);
    const std::size_t resolve = text.find(kResolve, from);
    const std::size_t begin = std::min(own, resolve);
    if (begin == text.npos) return std::optional<Found>();
    const bool is_own = own == begin;
    const std::string_view close = is_own ? "}" : "}}";
    const std::size_t inside = begin + (is_own ? kOpen.size() : kResolve.size());
    const std::size_t end = text.find(close, inside);
    if (end == text.npos) return malformed(text, begin);
    const std::string_view words = text.substr(inside, end - inside);
    auto name = is_own ? own_form(words) : resolve_form(words);
    if (!name) return malformed(text, begin);
    return std::optional(Found{begin, end + close.size(), *std::move(name)});
}

}  // namespace

bool is_secret_name(std::string_view name) {
    constexpr std::string_view kMarks = "_./-";
    return !name.empty() && name.size() <= kNameBytesMax &&
           std::all_of(name.begin(), name.end(), [&](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      kMarks.find(c) != kMarks.npos;
           });
}

bool names_secret(std::string_view text) {
    return text.find(kOpen) != text.npos || text.find(kResolve) != text.npos || names_link(text);
}

Result<std::vector<SecretName>> secrets_named_in(std::string_view text) {
    std::vector<SecretName> names;
    std::size_t from = 0;
    while (auto found = SW_TRY(next_reference(text, from))) {
        names.push_back(std::move(found->name));
        from = found->end;
    }
    return names;
}

Result<std::string> expand_secrets(std::string_view text, const SecretLookup& lookup) {
    std::string expanded;
    std::size_t from = 0;
    while (const auto found = SW_TRY(next_reference(text, from))) {
        expanded += text.substr(from, found->begin - from);
        expanded += SW_TRY(lookup(found->name));
        from = found->end;
    }
    expanded += text.substr(from);
    return expanded;
}

}  // namespace stepwell

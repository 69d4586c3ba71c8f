#include "api/auth/callback_links.hpp"

#include <charconv>

#include "engine/base/digest.hpp"

namespace stepwell::api {
namespace {

/// A longer text is none.
constexpr std::size_t kBytesMax = 256;

Refusal unknown_link() {
    return {
        401, "expected a link that was made here: this one is cut short, or of another daemon", {}};
}

/// What stands behind the last dot of `text`, which loses it and the dot.
std::string_view take_last(std::string_view& text) {
    const std::size_t dot = text.rfind('.');
    if (dot == text.npos) return {};
    const std::string_view last = text.substr(dot + 1);
    text.remove_suffix(text.size() - dot);
    return last;
}

}  // namespace

std::string CallbackLinks::seal_of(std::string_view text) const {
    return hmac_sha256_hex(key_, text);
}

std::string CallbackLinks::make(const TaskToken& token, LinkScope scope, Timestamp until) const {
    const std::int64_t seconds = to_ms(until) / 1'000;
    const std::string text =
        token.text() + "." + std::string(name_of(scope)) + "." + std::to_string(seconds);
    return text + "." + seal_of(text);
}

Result<Principal, Refusal> CallbackLinks::read(std::string_view link, Timestamp now) const {
    if (link.size() > kBytesMax) return fail(unknown_link());
    std::string_view rest = link;
    const std::string_view seal = take_last(rest);
    // Whatever the seal fits was made by make(), and has its form.
    if (seal.empty() || !equal_in_constant_time(seal_of(rest), seal)) return fail(unknown_link());
    const std::string_view until = take_last(rest);
    const auto scope = link_scope_named(take_last(rest));
    std::int64_t seconds = 0;
    std::from_chars(until.data(), until.data() + until.size(), seconds);
    if (!scope) return fail(unknown_link());
    if (to_ms(now) / 1'000 >= seconds) {
        return fail(Refusal{410,
                            "expected a link whose time is not over: this one was good until " +
                                to_iso8601(from_ms(seconds * 1'000)),
                            {}});
    }
    Principal holder{Principal::Kind::link, std::string(rest), "the holder of a link", Role::none,
                     "link"};
    holder.link_scope = *scope;
    return holder;
}

}  // namespace stepwell::api

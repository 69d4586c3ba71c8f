#include "api/router/paging.hpp"

#include <algorithm>

#include "api/router/parameters.hpp"
#include "engine/base/digest.hpp"

namespace stepwell::api {
namespace {

constexpr std::int64_t kPageMax = 1'000;
constexpr std::int64_t kPageUsual = 50;
constexpr std::size_t kMarkLength = 12;

/// Where a page ends: behind so many items, the last of which has that mark. As text "17.0f3a...".
struct PageEnd {
    std::size_t count = 0;
    std::string mark;
};

std::string mark_of(const Json& item, std::string_view key) {
    const Json* value = key.empty() ? nullptr : find(item, key);
    const auto digest = digest_hex("SHA-256", value ? to_text(*value) : "");
    return digest.value_or("").substr(0, kMarkLength);
}

std::optional<PageEnd> parse_page_end(std::string_view text) {
    const std::size_t dot = text.find('.');
    const auto count = parse_integer(text.substr(0, dot));
    const bool is_good =
        count && *count > 0 && dot != text.npos && text.size() - dot - 1 == kMarkLength;
    if (!is_good) return std::nullopt;
    return PageEnd{static_cast<std::size_t>(*count), std::string(text.substr(dot + 1))};
}

/// Behind the item of that mark; where it is gone, where it was.
std::size_t begin_behind(const PageEnd& end, const Json& items, std::string_view key) {
    const bool is_unmoved =
        end.count <= items.size() && mark_of(items[end.count - 1], key) == end.mark;
    if (is_unmoved || key.empty()) return std::min(end.count, items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (mark_of(items[i], key) == end.mark) return i + 1;
    }
    return std::min(end.count - 1, items.size());
}

Failure<Error> no_token(const std::string& after) {
    return fail(ErrorCode::invalid,
                "expected 'after' to be 'next' of the page before, but got '" + after + "'");
}

std::string text_of(const PageEnd& end) {
    return std::to_string(end.count) + "." + end.mark;
}

}  // namespace

std::string position_token(std::size_t count) {
    return text_of({count, mark_of({}, "")});
}

Result<std::size_t> position_in(const Call& call) {
    const auto after = call.text("after");
    if (!after) return std::size_t{0};
    const auto end = parse_page_end(*after);
    if (!end || end->mark != mark_of({}, "")) return no_token(*after);
    return end->count;
}

std::vector<Parameter> page_parameters(std::vector<Parameter> others) {
    others.push_back(integer_parameter("limit", "how many at most", 1, kPageMax, kPageUsual));
    others.push_back(text_parameter("after", "`next` of the page before", 200));
    return others;
}

std::string list_schema(std::string_view item, std::string_view more, std::string_view required) {
    return R"({"type": "object", "required": ["items")" + std::string(required) +
           R"(], "properties": {)" + std::string(more) + R"("items": {"type": "array", "items": )" +
           std::string(item) +
           R"(}, "next": {"type": "string",
              "description": "give it as `after`; absent on the last page"}}})";
}

std::string snapshot_schema(std::string_view item, std::string_view more,
                            std::string_view required) {
    return list_schema(item,
                       std::string(more) + R"("as_of": {"$ref": "#/components/schemas/AsOf"},)",
                       R"(, "as_of")" + std::string(required));
}

std::size_t items_needed(const Call& call) {
    const auto after = call.text("after");
    const auto end = after ? parse_page_end(*after) : std::nullopt;
    const auto limit = static_cast<std::size_t>(*call.integer("limit"));
    return (end ? end->count : 0) + limit + 1;
}

Result<Json> page_of(const Call& call, Json whole, std::string_view key) {
    Json items = std::move(whole["items"]);
    std::size_t begin = 0;
    if (const auto after = call.text("after")) {
        const auto end = parse_page_end(*after);
        if (!end) return no_token(*after);
        begin = begin_behind(*end, items, key);
    }
    const auto limit = static_cast<std::size_t>(*call.integer("limit"));
    const std::size_t end = std::min(begin + limit, items.size());
    std::string next;
    if (end < items.size()) next = text_of({end, mark_of(items[end - 1], key)});
    const auto at = [&](std::size_t index) {
        return items.begin() + static_cast<std::ptrdiff_t>(index);
    };
    items.erase(at(end), items.end());
    items.erase(items.begin(), at(begin));
    whole["items"] = std::move(items);
    if (!next.empty()) whole["next"] = std::move(next);
    return whole;
}

}  // namespace stepwell::api

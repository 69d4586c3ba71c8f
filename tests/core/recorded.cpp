#include "tests/core/recorded.hpp"

#include <algorithm>
#include <cctype>
#include <set>
#include <vector>

namespace stepwell::test {

namespace {

/// The end of the placeholder that begins at `at`; npos where none does.
std::size_t placeholder_end(const std::string& text, std::size_t at) {
    if (text[at] != '<' || at + 1 >= text.size() ||
        std::isalpha(static_cast<unsigned char>(text[at + 1])) == 0) {
        return std::string::npos;
    }
    for (std::size_t i = at + 1; i < text.size() && i <= at + 62; ++i) {
        const char c = text[i];
        if (c == '>') return i + 1;
        const bool is_part = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                             std::string_view("_:.- ").find(c) != std::string_view::npos;
        if (!is_part) return std::string::npos;
    }
    return std::string::npos;
}

/// The literal pieces between placeholders; one piece where there is none.
std::vector<std::string> pieces(const std::string& text) {
    std::vector<std::string> found(1);
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t end = placeholder_end(text, i);
        if (end == std::string::npos) {
            found.back() += text[i++];
        } else {
            found.emplace_back();
            i = end;
        }
    }
    return found;
}

bool matches(const std::vector<std::string>& literals, const std::string& text) {
    if (literals.size() == 1) return text == literals.front();
    if (!text.starts_with(literals.front()) || !text.ends_with(literals.back())) return false;
    std::size_t at = literals.front().size();
    for (std::size_t i = 1; i + 1 < literals.size(); ++i) {
        at = text.find(literals[i], at);
        if (at == std::string::npos) return false;
        at += literals[i].size();
    }
    return at + literals.back().size() <= text.size();
}

std::string differ(const Json& want, const Json& got, const std::string& at) {
    return at + ": " + to_text(got).substr(0, 200) + ", recorded " + to_text(want).substr(0, 200);
}

std::string object_difference(const Json& want, const Json& got, const std::string& at,
                              bool is_document) {
    std::set<std::string> rest;
    for (const auto& [key, value] : got.items()) {
        if (is_document || key != "timestamp") rest.insert(key);
    }
    for (const auto& [key, value] : want.items()) {
        if (!is_document && key == "timestamp") continue;
        const auto literals = pieces(key);
        const auto named = std::find_if(rest.begin(), rest.end(), [&](const std::string& name) {
            return matches(literals, name);
        });
        if (named == rest.end()) return at + "." + key + ": missing";
        auto fault = difference(value, got[*named], at + "." + key, is_document);
        if (!fault.empty()) return fault;
        rest.erase(named);
    }
    return rest.empty() ? "" : at + "." + *rest.begin() + ": not recorded";
}

Json without_ids(Json event) {
    event.erase("id");
    event.erase("previousEventId");
    return event;
}

}  // namespace

std::string difference(const Json& want, const Json& got, const std::string& at, bool is_document) {
    if (want.is_string()) {
        const auto literals = pieces(want.get_ref<const std::string&>());
        if (literals.size() > 1) {
            const std::string text = got.is_string() ? got.get<std::string>() : to_text(got);
            return matches(literals, text) ? "" : differ(want, got, at);
        }
    }
    if (got.is_string() && !want.is_string() && !is_document) {
        const auto parsed = parse_json(got.get_ref<const std::string&>());
        return parsed ? difference(want, *parsed, at, true) : differ(want, got, at);
    }
    if (want.is_object() && got.is_object()) {
        return object_difference(want, got, at, is_document);
    }
    if (want.is_array() && got.is_array() && want.size() == got.size()) {
        for (std::size_t i = 0; i < want.size(); ++i) {
            auto fault =
                difference(want[i], got[i], at + "[" + std::to_string(i) + "]", is_document);
            if (!fault.empty()) return fault;
        }
        return {};
    }
    const bool is_same_kind = want.is_number_float() == got.is_number_float();
    return is_same_kind && want == got ? "" : differ(want, got, at);
}

std::string history_difference(const Json& want, const Json& got, bool is_unordered) {
    if (!is_unordered) return difference(want, got, "events");
    std::vector<Json> left;
    for (const Json& event : got) left.push_back(without_ids(event));
    for (const Json& recorded : want) {
        const Json event = without_ids(recorded);
        const auto found = std::find_if(left.begin(), left.end(), [&](const Json& candidate) {
            return difference(event, candidate, "event").empty();
        });
        if (found == left.end()) return "no such event: " + to_text(event).substr(0, 300);
        left.erase(found);
    }
    return left.empty() ? "" : "not recorded: " + to_text(left[0]).substr(0, 300);
}

}  // namespace stepwell::test

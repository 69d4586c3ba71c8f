#include "api/router/samples.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace stepwell::api {
namespace {

constexpr const char* kHidden = "•••";
/// Texts in texts in texts: beyond it the whole text is hidden.
constexpr int kTextDepthMax = 4;

using Pending = std::vector<Json*>;

void push_members(Json& value, Pending& pending) {
    for (Json& member : value) pending.push_back(&member);
}

void hide_values(Json& root) {
    Pending pending{&root};
    while (!pending.empty()) {
        Json& value = *pending.back();
        pending.pop_back();
        if (value.is_structured()) {
            push_members(value, pending);
        } else if (!value.is_null()) {
            value = kHidden;
        }
    }
}

void hide_sample(Json& sample) {
    if (!sample.is_object()) return hide_values(sample);
    for (auto& [name, value] : sample.items()) {
        // Where it stands says nothing of what it is.
        if (name != "line" && name != "count" && name != "file") hide_values(value);
    }
}

void hide_checks(Json& checks) {
    for (Json& check : checks) {
        if (!check.is_object()) continue;
        for (const char* name : {"samples", "unexpected"}) {
            const auto samples = check.find(name);
            if (samples == check.end() || !samples->is_array()) continue;
            for (Json& sample : *samples) hide_sample(sample);
        }
    }
}

void hide(Json& root, int depth);

/// JSON, perhaps behind some words. What cannot be read any more (a text that was cut) is hidden
/// from its first brace on.
void hide_in_text(Json& value, int depth) {
    const std::string& text = value.get_ref<const std::string&>();
    const auto names = [&](std::string_view word) { return text.find(word) != text.npos; };
    const std::size_t begin = text.find_first_of("{[");
    if (begin == text.npos || !(names("\"samples") || names("\"unexpected"))) return;
    auto inner = depth < kTextDepthMax ? parse_json(std::string_view(text).substr(begin))
                                       : Result<Json>(Json());
    if (!inner || inner->is_null()) {
        value = text.substr(0, begin) + kHidden;
        return;
    }
    hide(*inner, depth + 1);
    value = text.substr(0, begin) + to_text(*inner);
}

void hide(Json& root, int depth) {
    Pending pending{&root};
    while (!pending.empty()) {
        Json& value = *pending.back();
        pending.pop_back();
        if (value.is_string()) {
            hide_in_text(value, depth);
        } else if (value.is_structured()) {
            const auto checks = value.is_object() ? value.find("checks") : value.end();
            if (checks != value.end() && checks->is_array()) hide_checks(*checks);
            push_members(value, pending);
        }
    }
}

}  // namespace

Json with_hidden_samples(Json value) {
    hide(value, 0);
    return value;
}

}  // namespace stepwell::api

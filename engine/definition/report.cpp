#include "engine/definition/report.hpp"

#include <algorithm>
#include <charconv>

#include "engine/base/nearest.hpp"
#include "engine/definition/workflow.hpp"

namespace stepwell::definition {
namespace {

bool into_text(Spot& spot, const std::string& step) {
    if (!spot.value->is_array()) return spot.into(std::string_view(step));
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
    return error == std::errc{} && end == step.data() + step.size() && spot.into(index);
}

Diagnostic diagnostic(const Place& place, Fault fault, Position position) {
    return {.severity = fault.severity,
            .code = std::move(fault.code),
            .message = std::move(fault.message),
            .location = place.location(),
            .hint = std::move(fault.hint),
            .position = position};
}

}  // namespace

bool Spot::into(std::string_view name) {
    if (!value->is_object()) return false;
    std::size_t index = 0;
    for (auto it = value->begin(); it != value->end(); ++it, ++index) {
        if (it.key() != name) continue;
        *this = {&it.value(), &source->children[index]};
        return true;
    }
    return false;
}

bool Spot::into(std::size_t index) {
    if (!value->is_array() || index >= value->size()) return false;
    *this = {&(*value)[index], &source->children[index]};
    return true;
}

std::string Place::location() const {
    if (parent_ == nullptr) return "/";
    std::string text = parent_->parent_ == nullptr ? "" : parent_->location();
    if (is_item_) return text + "[" + std::to_string(index_) + "]";
    return text + "/" + std::string(name_);
}

Spot Place::find(const Document& document) const {
    std::vector<const Place*> steps;
    for (const Place* place = this; place->parent_ != nullptr; place = place->parent_) {
        steps.push_back(place);
    }
    std::reverse(steps.begin(), steps.end());
    Spot spot{&document.value, &document.source};
    for (const Place* step : steps) {
        if (!(step->is_item_ ? spot.into(step->index_) : spot.into(step->name_))) break;
    }
    return spot;
}

void Report::add(Diagnostic diagnostic) {
    has_errors_ = has_errors_ || diagnostic.severity == Severity::error;
    diagnostics_.push_back(std::move(diagnostic));
}

bool Report::takes(Fault& fault) {
    if (fault.is_rule && !keeps_rules_) fault.severity = Severity::warning;
    has_errors_ = has_errors_ || fault.severity == Severity::error;
    if (!is_full()) return true;
    ++left_out_;
    return false;
}

void Report::add(const Place& place, Fault fault) {
    if (!takes(fault)) return;
    const Position position = place.find(document_).source->value;
    add(diagnostic(place, std::move(fault), position));
}

void Report::add_at_name(const Place& place, Fault fault) {
    if (!takes(fault)) return;
    const Position position = place.find(document_).source->key;
    add(diagnostic(place, std::move(fault), position));
}

std::pair<Spot, std::string> Report::below(const Place& place, std::string_view pointer) const {
    Spot spot = place.find(document_);
    std::string location;
    bool is_there = true;
    for (const std::string& step : pointer_steps(pointer)) {
        location += is_there && spot.value->is_array() ? "[" + step + "]" : "/" + step;
        is_there = is_there && into_text(spot, step);
    }
    return {spot, std::move(location)};
}

void Report::add_below(const Place& place, std::string_view pointer, Fault fault, Said said,
                       At at) {
    if (!takes(fault)) return;
    const auto [spot, location] = below(place, pointer);
    const Position position = at == At::name ? spot.source->key : spot.source->value;
    add(diagnostic(place, std::move(fault), position));
    if (said == Said::of_itself) diagnostics_.back().location += location;
}

void Report::refer(const Place& place, std::string_view pointer, std::string section,
                   std::string name) {
    const auto [spot, location] = below(place, pointer);
    references_.push_back(
        {std::move(section), std::move(name), place.location() + location, spot.source->value});
}

std::vector<Diagnostic> Report::take() {
    std::stable_sort(diagnostics_.begin(), diagnostics_.end(),
                     [](const Diagnostic& a, const Diagnostic& b) {
                         return std::pair(a.position.line, a.position.column) <
                                std::pair(b.position.line, b.position.column);
                     });
    if (left_out_ > 0) {
        add({.severity = Severity::error,
             .code = kSchemaFailed,
             .message = "expected fewer faults, but there are " + std::to_string(left_out_) +
                        " more than are shown",
             .location = "",
             .hint = "",
             .position = {}});
    }
    return std::move(diagnostics_);
}

std::vector<std::string> pointer_steps(std::string_view pointer) {
    std::vector<std::string> steps;
    for (std::size_t i = 0; i < pointer.size(); ++i) {
        if (pointer[i] == '/') {
            steps.emplace_back();
        } else if (steps.empty()) {
            return {};
        } else if (pointer[i] == '~' && i + 1 < pointer.size()) {
            steps.back() += pointer[++i] == '1' ? '/' : '~';
        } else {
            steps.back() += pointer[i];
        }
    }
    return steps;
}

std::string quoted_list(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
        text += "'" + names[i] + "'";
    }
    return text;
}

std::string suggest(std::string_view word, const std::vector<std::string>& candidates) {
    const auto near = nearest(word, candidates);
    return near ? "did you mean '" + *near + "'?" : "";
}

}  // namespace stepwell::definition

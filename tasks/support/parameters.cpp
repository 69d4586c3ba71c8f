#include "tasks/support/parameters.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace stepwell::tasks::data {
namespace {

std::string described(const Json& value) {
    constexpr std::size_t kExcerptMax = 60;
    std::string text = to_text(value);
    if (text.size() > kExcerptMax) text = text.substr(0, kExcerptMax) + "...";
    return text;
}

const Json& empty_object() {
    static const Json empty = Json::object();
    return empty;
}

std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
        }
    }
    return row[b.size()];
}

}  // namespace

void Faults::add(std::string_view place, std::string_view message) {
    all_.push_back(place.empty() ? std::string(message)
                                 : std::string(place) + ": " + std::string(message));
}

DataResult<void> Faults::result() const {
    if (all_.empty()) return {};
    std::string text;
    for (const auto& fault : all_) text += (text.empty() ? "" : "; ") + fault;
    return data_fail("E_CONFIG", text);
}

ParameterReader::ParameterReader(const Json& value, std::string place, Faults& faults)
    : value_(&value), place_(std::move(place)), faults_(&faults) {
    if (value.is_object()) return;
    std::string where = place_.empty() ? "parameters" : place_.substr(0, place_.size() - 1);
    faults.add(where, "expected an object, but got " + described(value));
    value_ = &empty_object();
}

std::string ParameterReader::place_of(std::string_view name) const {
    return place_ + std::string(name);
}

const Json* ParameterReader::any(std::string_view name) {
    known_.emplace(name);
    const Json* found = find(*value_, name);
    return found == nullptr || found->is_null() ? nullptr : found;
}

bool ParameterReader::has(std::string_view name) const {
    const Json* found = find(*value_, name);
    return found != nullptr && !found->is_null();
}

void ParameterReader::fault(std::string_view name, std::string_view message) {
    faults_->add(place_of(name), message);
}

std::string ParameterReader::text(std::string_view name, std::string_view otherwise) {
    const Json* found = any(name);
    if (found == nullptr) return std::string(otherwise);
    if (found->is_string()) return found->get<std::string>();
    if (found->is_number() || found->is_boolean()) return found->dump();
    fault(name, "expected a text, but got " + described(*found));
    return std::string(otherwise);
}

std::string ParameterReader::required_text(std::string_view name) {
    std::string found = text(name);
    if (found.empty() && (any(name) == nullptr || any(name)->is_string())) {
        fault(name, "expected a text, but it is not there");
    }
    return found;
}

bool ParameterReader::flag(std::string_view name, bool otherwise) {
    const Json* found = any(name);
    if (found == nullptr) return otherwise;
    if (found->is_boolean()) return found->get<bool>();
    fault(name, "expected true or false, but got " + described(*found));
    return otherwise;
}

std::optional<std::int64_t> ParameterReader::integer(std::string_view name) {
    const Json* found = any(name);
    if (found == nullptr) return std::nullopt;
    if (found->is_number_integer()) return found->get<std::int64_t>();
    fault(name, "expected a whole number, but got " + described(*found));
    return std::nullopt;
}

std::optional<double> ParameterReader::number(std::string_view name) {
    const Json* found = any(name);
    if (found == nullptr) return std::nullopt;
    if (found->is_number()) return found->get<double>();
    fault(name, "expected a number, but got " + described(*found));
    return std::nullopt;
}

std::vector<std::string> ParameterReader::texts(std::string_view name) {
    const Json* found = any(name);
    if (found == nullptr) return {};
    std::vector<std::string> all;
    const auto take = [&](const Json& element) {
        if (element.is_string()) return all.push_back(element.get<std::string>());
        fault(name, "expected a text or a list of texts, but got " + described(element));
    };
    if (!found->is_array()) {
        take(*found);
        return all;
    }
    for (const auto& element : *found) take(element);
    return all;
}

std::string ParameterReader::choice(std::string_view name, const std::vector<std::string>& allowed,
                                    std::string_view otherwise) {
    std::string found = text(name, otherwise);
    if (std::find(allowed.begin(), allowed.end(), found) != allowed.end()) return found;
    std::string list;
    for (const auto& value : allowed) list += (list.empty() ? "" : ", ") + value;
    fault(name, "expected one of " + list + ", but got '" + found + "'");
    return std::string(otherwise);
}

ParameterReader ParameterReader::object(std::string_view name) {
    const Json* found = any(name);
    return {found == nullptr ? empty_object() : *found, place_of(name) + ".", *faults_};
}

void ParameterReader::finish() {
    const std::vector<std::string> known(known_.begin(), known_.end());
    for (const auto& [name, ignored] : value_->items()) {
        if (known_.contains(name)) continue;
        const std::string near = nearest(name, known);
        fault(name, near.empty() ? "is not a parameter here"
                                 : "is not a parameter here; did you mean '" + near + "'?");
    }
}

std::string nearest(std::string_view name, const std::vector<std::string>& known) {
    std::string best;
    std::size_t best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
    for (const auto& candidate : known) {
        const std::size_t d = distance(name, candidate);
        if (d < best_distance) {
            best_distance = d;
            best = candidate;
        }
    }
    return best;
}

namespace {

struct Unit {
    std::string_view name;
    std::int64_t size;
};

/// Sums "NUMBER UNIT" pairs; nothing where the text is something else.
template <std::size_t N>
std::optional<std::int64_t> with_units(const Json& value, const Unit (&units)[N]) {
    if (value.is_number_integer()) return value.get<std::int64_t>();
    if (value.is_number()) return std::llround(value.get<double>());
    if (!value.is_string()) return std::nullopt;
    const std::string text = value.get<std::string>();
    const char* at = text.c_str();
    double sum = 0;
    bool has_any = false;
    while (*at != 0) {
        char* end = nullptr;
        const double number = std::strtod(at, &end);
        if (end == at) return std::nullopt;
        while (*end == ' ') ++end;
        std::string_view rest(end);
        const std::string_view unit = rest.substr(0, rest.find_first_of("0123456789 "));
        const auto* found = std::find_if(std::begin(units), std::end(units),
                                         [&](const Unit& u) { return u.name == unit; });
        if (found == std::end(units)) return std::nullopt;
        sum += number * static_cast<double>(found->size);
        has_any = true;
        at = end + unit.size();
        while (*at == ' ') ++at;
    }
    if (!has_any) return std::nullopt;
    return std::llround(sum);
}

}  // namespace

std::optional<std::int64_t> parse_bytes(const Json& value) {
    static constexpr Unit kUnits[] = {
        {"", 1},
        {"B", 1},
        {"kB", 1000},
        {"KB", 1000},
        {"MB", 1'000'000},
        {"GB", 1'000'000'000},
        {"TB", 1'000'000'000'000},
        {"KiB", 1 << 10},
        {"MiB", 1 << 20},
        {"GiB", 1 << 30},
    };
    return with_units(value, kUnits);
}

std::optional<std::int64_t> parse_duration(const Json& value) {
    static constexpr Unit kUnits[] = {
        {"", 1}, {"s", 1}, {"m", 60}, {"min", 60}, {"h", 3600}, {"d", 86'400}, {"w", 604'800},
    };
    return with_units(value, kUnits);
}

bool Tolerance::is_exceeded(std::int64_t failed, std::int64_t of) const {
    if (count >= 0) return failed > count;
    // The share is what the user wrote; a half-ulp below it must not fail.
    return static_cast<double>(failed) > share * static_cast<double>(of) * (1 + 1e-12);
}

std::string Tolerance::display() const {
    if (count >= 0) return std::to_string(count);
    std::string percent = std::to_string(share * 100);
    while (percent.back() == '0') percent.pop_back();
    if (percent.back() == '.') percent.pop_back();
    return percent + "%";
}

std::optional<Tolerance> parse_tolerance(const Json& value) {
    if (value.is_number_integer() && value.get<std::int64_t>() >= 0) {
        return Tolerance{-1, value.get<std::int64_t>()};
    }
    if (value.is_number()) {
        const double share = value.get<double>();
        if (share < 0 || share > 1) return std::nullopt;
        return Tolerance{share, -1};
    }
    if (!value.is_string()) return std::nullopt;
    const std::string text = value.get<std::string>();
    char* end = nullptr;
    const double number = std::strtod(text.c_str(), &end);
    if (end == text.c_str() || std::string_view(end) != "%" || number < 0) return std::nullopt;
    return Tolerance{number / 100, -1};
}

}  // namespace stepwell::tasks::data

#include "tasks/support/parameters.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "engine/base/assert.hpp"

namespace stepwell::tasks::data {
namespace {

const Json& empty_object() {
    static const Json empty = Json::object();
    return empty;
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

void check_shape(const Json& value, const Shape& shape, std::string_view place, Faults& faults) {
    for (const ShapeFault& fault : shape_faults(shape, value, Written::plainly)) {
        const std::string between =
            place.empty() || fault.place.empty() || fault.place.front() == '[' ? "" : ".";
        faults.add(std::string(place) + between + fault.place,
                   fault.message + (fault.hint.empty() ? "" : "; " + fault.hint));
    }
}

ParameterReader ParameterReader::checked(const Json& value, const Shape& shape,
                                         std::string_view place, Faults& faults) {
    check_shape(value, shape, place, faults);
    return {value, shape, place, faults};
}

std::vector<std::string> texts_in(const Json& value) {
    std::vector<std::string> all;
    if (value.is_string()) all.push_back(value.get<std::string>());
    if (!value.is_array()) return all;
    for (const auto& element : value) {
        if (element.is_string()) all.push_back(element.get<std::string>());
    }
    return all;
}

namespace {

/// The form of `shape` that is an object: the one that `value` has, else the first.
const Shape* object_form(const Shape& shape, const Json& value) {
    const Shape* form = shape.form_of(value);
    if (form != nullptr && form->kind == Shape::Kind::object) return form;
    for (const Shape& other : shape.forms) {
        if (other.kind == Shape::Kind::object) return &other;
    }
    return nullptr;
}

}  // namespace

ParameterReader::ParameterReader(const Json& value, const Shape& shape, std::string_view place,
                                 Faults& faults)
    : value_(&value),
      shape_(object_form(shape, value)),
      place_(place.empty() ? "" : std::string(place) + "."),
      faults_(&faults) {
    SW_ASSERT(shape_ != nullptr);
    if (!value.is_object() || shape.form_of(value) != shape_) value_ = &empty_object();
}

std::string ParameterReader::place_of(std::string_view name) const {
    return place_ + std::string(name);
}

const Shape& ParameterReader::shape_of(std::string_view name) const {
    const Shape* member = shape_->member(name);
    SW_ASSERT(member != nullptr);
    return *member;
}

const Json* ParameterReader::any(std::string_view name) {
    const Shape& shape = shape_of(name);
    read_.emplace(name);
    const Json* found = find(*value_, name);
    return found != nullptr && !found->is_null() && shape.takes_type_of(*found) ? found : nullptr;
}

bool ParameterReader::has(std::string_view name) const {
    const Json* found = find(*value_, name);
    return found != nullptr && !found->is_null();
}

void ParameterReader::fault(std::string_view name, std::string_view message) {
    faults_->add(place_of(name), message);
}

std::string ParameterReader::text(std::string_view name) {
    const Json* found = any(name);
    const Shape& shape = shape_of(name);
    if (found == nullptr || found->is_structured()) return shape.otherwise;
    std::string text = found->is_string() ? found->get<std::string>() : found->dump();
    const auto& all = shape.choices;
    const bool is_choice = all.empty() || std::find(all.begin(), all.end(), text) != all.end();
    return is_choice ? text : shape.otherwise;
}

bool ParameterReader::flag(std::string_view name) {
    const Json* found = any(name);
    if (found != nullptr && found->is_boolean()) return found->get<bool>();
    return shape_of(name).otherwise == "true";
}

std::optional<std::int64_t> ParameterReader::integer(std::string_view name) {
    const Json* found = any(name);
    if (found == nullptr || !found->is_number_integer()) return std::nullopt;
    return found->get<std::int64_t>();
}

std::optional<double> ParameterReader::number(std::string_view name) {
    const Json* found = any(name);
    if (found == nullptr || !found->is_number()) return std::nullopt;
    return found->get<double>();
}

std::vector<std::string> ParameterReader::texts(std::string_view name) {
    const Json* found = any(name);
    return found == nullptr ? std::vector<std::string>() : texts_in(*found);
}

ParameterReader ParameterReader::object(std::string_view name) {
    const Json* found = any(name);
    return {found == nullptr ? empty_object() : *found, shape_of(name), place_of(name), *faults_};
}

void ParameterReader::finish() {
    if (is_rest_left_) return;
    for (const Shape& member : shape_->members) SW_ASSERT(read_.contains(member.name));
}

Shape size(std::string_view name, std::string_view says, std::string_view what) {
    return shape::special(name, says, what,
                          [](const Json& value) {
                              const auto bytes = parse_bytes(value);
                              return bytes && *bytes >= 1;
                          },
                          {"string", "number"});
}

Shape duration(std::string_view name, std::string_view says) {
    return shape::special(name, says, "a duration like 26h or 3d",
                          [](const Json& value) { return parse_duration(value).has_value(); },
                          {"string", "number"});
}

Shape tolerance(std::string_view name, std::string_view says) {
    return shape::special(name, says, "a share like 5% or a count",
                          [](const Json& value) { return parse_tolerance(value).has_value(); },
                          {"string", "number"});
}

Shape sql(std::string_view name, std::string_view says) {
    return shape::text(name, says);
}

Shape connection(std::string_view says) {
    return shape::text("connection", says).naming("connections");
}

Shape bound_values() {
    return shape::mapping("params", "bound as $name in SQL", shape::any("", ""));
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

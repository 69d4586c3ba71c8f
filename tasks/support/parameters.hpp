// Reads a task's parameters by their declaration (engine/base/shape.hpp): what does not fit it is
// told at once, all of it, and reads as if it were not there.
//
//     ParameterReader read = ParameterReader::checked(parameters, load_shape(), "", faults);
//     const auto mode = read.text("mode");   // one of the declared choices; the declared default
//     read.finish();                         // what is declared has been read
//     SW_TRY(faults.result());               // E_CONFIG with all faults
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/base/shape.hpp"
#include "tasks/support/data_error.hpp"

namespace stepwell::tasks::data {

/// What is wrong with the parameters, in the order found.
class Faults {
public:
    void add(std::string_view place, std::string_view message);
    [[nodiscard]] bool empty() const { return all_.empty(); }
    /// E_CONFIG with all the faults, or nothing.
    [[nodiscard]] DataResult<void> result() const;

private:
    std::vector<std::string> all_;
};

/// Adds what is wrong with `value` by its declaration. `place`: where it stands ("input"), or "".
void check_shape(const Json& value, const Shape& shape, std::string_view place, Faults& faults);

class ParameterReader {
public:
    /// Checks `value`, with all that is in it, and reads it.
    static ParameterReader checked(const Json& value, const Shape& shape, std::string_view place,
                                   Faults& faults);
    /// Reads a part of what has been checked. `place` as in check_shape(). A value that is not of
    /// the shape's form, or null, reads as an empty object.
    /// REQUIRES: `value` and `shape` outlive it.
    ParameterReader(const Json& value, const Shape& shape, std::string_view place, Faults& faults);

    // Each gives the member where it is there and of its declared form, else the declared default.
    // REQUIRES: it is declared.

    /// Null where it is not there. Its parts may still be wrong: that has been told.
    const Json* any(std::string_view name);
    /// One of the declared choices, where there are some.
    std::string text(std::string_view name);
    bool flag(std::string_view name);
    std::optional<std::int64_t> integer(std::string_view name);
    std::optional<double> number(std::string_view name);
    std::vector<std::string> texts(std::string_view name);
    /// To be read on; empty where it is absent, or of another form.
    ParameterReader object(std::string_view name);
    [[nodiscard]] bool has(std::string_view name) const;
    /// The declaration of a member.
    [[nodiscard]] const Shape& shape_of(std::string_view name) const;

    void fault(std::string_view name, std::string_view message);
    /// What else is declared is read by name later, by others.
    void leave_rest() { is_rest_left_ = true; }
    /// REQUIRES: all that is declared has been read: nobody may be told of a parameter that has no
    /// effect.
    void finish();
    [[nodiscard]] std::string place_of(std::string_view name) const;
    [[nodiscard]] Faults& faults() { return *faults_; }

private:
    const Json* value_;
    const Shape* shape_;
    std::string place_;  // "target.", or ""
    Faults* faults_;
    std::set<std::string, std::less<>> read_;
    bool is_rest_left_ = false;
};

/// A text, or those of a list.
std::vector<std::string> texts_in(const Json& value);

// Declarations that tasks share.

Shape size(std::string_view name, std::string_view says,
           std::string_view what = "a size like 256MB");
Shape duration(std::string_view name, std::string_view says);
/// See parse_tolerance().
Shape tolerance(std::string_view name, std::string_view says);
Shape sql(std::string_view name, std::string_view says);
Shape connection(std::string_view says);
/// `params`: what is bound as $name in SQL.
Shape bound_values();

/// "100MB" -> 100,000,000; "64MiB" -> 67,108,864; a number as it is.
std::optional<std::int64_t> parse_bytes(const Json& value);
/// "26h", "3d", "90s", "2h 30m" -> seconds; a number as it is.
std::optional<std::int64_t> parse_duration(const Json& value);

/// A tolerance: "5%" or 0.05 is a share, 5 a count.
struct Tolerance {
    double share = -1;
    std::int64_t count = -1;
    [[nodiscard]] bool is_exceeded(std::int64_t failed, std::int64_t of) const;
    [[nodiscard]] std::string display() const;
};
std::optional<Tolerance> parse_tolerance(const Json& value);

}  // namespace stepwell::tasks::data

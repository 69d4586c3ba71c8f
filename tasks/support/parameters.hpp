// Reads a task's parameters: every fault is kept, so that a user sees all of them at once.
//
//     ParameterReader read(parameters, "", faults);
//     const auto mode = read.choice("mode", {"append", "replace"}, "append");
//     read.finish();                                  // members nobody asked for are faults
//     SW_TRY(faults.result());                        // E_CONFIG with all of them
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.hpp"
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

class ParameterReader {
public:
    /// `place` stands before members' names in messages ("target."); `value` that is not an
    /// object is a fault and reads as an empty one.
    ParameterReader(const Json& value, std::string place, Faults& faults);

    /// The member, or null where it is absent or null.
    const Json* any(std::string_view name);
    std::string text(std::string_view name, std::string_view otherwise = "");
    std::string required_text(std::string_view name);
    bool flag(std::string_view name, bool otherwise);
    std::optional<std::int64_t> integer(std::string_view name);
    std::optional<double> number(std::string_view name);
    /// A text or a list of texts.
    std::vector<std::string> texts(std::string_view name);
    std::string choice(std::string_view name, const std::vector<std::string>& allowed,
                       std::string_view otherwise);
    /// The member as an object to be read on; empty where absent.
    ParameterReader object(std::string_view name);
    [[nodiscard]] bool has(std::string_view name) const;

    void fault(std::string_view name, std::string_view message);
    /// Members that nobody asked for are faults, with the nearest known name as a hint.
    void finish();
    [[nodiscard]] const Json& value() const { return *value_; }
    [[nodiscard]] std::string place_of(std::string_view name) const;
    [[nodiscard]] Faults& faults() { return *faults_; }

private:
    const Json* value_;
    std::string place_;
    Faults* faults_;
    std::set<std::string, std::less<>> known_;
};

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

/// The nearest of `known` to `name`, or "" where none is near.
std::string nearest(std::string_view name, const std::vector<std::string>& known);

}  // namespace stepwell::tasks::data

// Reads the members of a task's parameters (or of a piece of configuration), and collects all that
// is wrong with them instead of stopping at the first.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/base/shape.hpp"

namespace stepwell::tasks {

class Fields {
public:
    /// REQUIRES: `object` outlives it.
    explicit Fields(const Json& object);

    // Each gives the member where it is there and of that kind, else nothing (or `otherwise`);
    // the wrong kind is a fault. null counts as absent.
    const Json* any(std::string_view key);
    std::optional<std::string> text(std::string_view key);
    std::string text(std::string_view key, std::string_view otherwise);
    bool flag(std::string_view key, bool otherwise);
    std::optional<std::int64_t> whole(std::string_view key, std::int64_t min, std::int64_t max);
    /// Seconds as a number, or "500ms", "30s", "5m", "1h".
    std::optional<std::int64_t> milliseconds(std::string_view key);
    /// A number of bytes, or "200MB", "1GiB" (both in powers of 1024).
    std::optional<std::uint64_t> bytes(std::string_view key);
    /// A string alone counts as a list of one.
    std::vector<std::string> texts(std::string_view key);
    /// Members whose values are strings, numbers or booleans, as text.
    std::vector<std::pair<std::string, std::string>> pairs(std::string_view key);

    void fault(std::string message);

    /// Looks for members that nobody asked for. All faults in one text, or nothing.
    std::optional<std::string> finish();

private:
    void expected(std::string_view key, std::string_view what, const Json& found);

    const Json& object_;
    std::vector<std::string> known_;
    std::vector<std::string> faults_;
};

/// What Fields::milliseconds() and Fields::bytes() take, as it is declared.
Shape duration_shape(std::string_view name, std::string_view says);
Shape size_shape(std::string_view name, std::string_view says);
/// What Fields::pairs() takes.
Shape pairs_shape(std::string_view name, std::string_view says);

/// A value as text: a string as it is, anything else as JSON.
std::string plain_text(const Json& value);

}  // namespace stepwell::tasks

// What is known of a task's columns before anything runs, and names of columns that are none.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/shape.hpp"

namespace stepwell::tasks::data {

/// Columns that are there for certain, columns that are not, and whether there may be others.
class KnownColumns {
public:
    /// Nothing is known: any column may be there.
    KnownColumns() = default;
    /// These, and no others.
    explicit KnownColumns(std::vector<std::string> names)
        : names_(std::move(names)), is_whole_(true) {}

    /// Whether it cannot be there. Columns that readers add ("_sw_file") may always be.
    [[nodiscard]] bool lacks(std::string_view name) const;
    [[nodiscard]] bool has(std::string_view name) const;
    [[nodiscard]] bool is_whole() const { return is_whole_; }
    [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

    void add(const std::string& name);
    void remove(const std::string& name);

private:
    std::vector<std::string> names_;
    std::vector<std::string> gone_;  // where it is not whole: what a step took away
    bool is_whole_ = false;
};

/// Looks at parameters as a workflow file writes them, where a part may be computed when it runs:
/// of such a part nothing is known, and it has no faults. What does not fit the task's shape is
/// passed over, too, for that has been told.
class ColumnFaults {
public:
    explicit ColumnFaults(Written written) : written_(written) {}

    /// The member where it is there and written down.
    [[nodiscard]] const Json* member(const Json& object, std::string_view name) const;
    /// Whether a member of the object is computed, or it itself is.
    [[nodiscard]] bool is_computed(const Json& value) const;
    /// A text, or those of a list, each with its pointer below `pointer`; nothing where one is
    /// computed.
    using Placed = std::vector<std::pair<std::string, std::string>>;
    [[nodiscard]] std::optional<Placed> texts(const Json& value, const std::string& pointer) const;
    /// Names of the members, as texts() gives them.
    [[nodiscard]] std::optional<Placed> keys(const Json& value, const std::string& pointer) const;

    /// Reports each of the texts that is no column. `value` may be null: then there are none.
    void need(const KnownColumns& columns, const Json* value, const std::string& pointer);
    void need_keys(const KnownColumns& columns, const Json* value, const std::string& pointer);
    void need_one(const KnownColumns& columns, const std::string& name, const std::string& pointer,
                  bool is_of_name = false);
    void add(ShapeFault fault) { faults_.push_back(std::move(fault)); }
    [[nodiscard]] std::vector<ShapeFault> take() { return std::move(faults_); }

    /// The columns of an input: known where CSV files without a header have `options.names`. What
    /// its `columns` declare must be among them. `pointer`: where the input stands.
    KnownColumns of_input(const Json* input, const std::string& pointer);

private:
    Written written_;
    std::vector<ShapeFault> faults_;
};

}  // namespace stepwell::tasks::data

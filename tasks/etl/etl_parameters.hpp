// The parameters of an etl task, checked.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tasks/data/input.hpp"
#include "tasks/etl/steps.hpp"
#include "tasks/lake/lake_write.hpp"

namespace stepwell::tasks::etl {

struct EtlInput {
    std::string name;
    data::InputSpec spec;
    bool is_bookmarked = false;  // only files not read before
};

struct LakeTarget {
    std::string uri;
    lake::WriteMode mode = lake::WriteMode::error;
    std::vector<std::string> partition_by;
    std::vector<std::string> keys;  // of merge
    std::vector<std::string> sort_by;
    std::string compression = "zstd";
    std::int64_t target_file_size = 256'000'000;
    std::size_t max_partitions = 10'000;
    bool allows_type_changes = false;
    bool allows_new_columns = true;
    bool allows_missing_columns = true;
};

struct Scd2Target {
    std::string table;
    std::string connection;
    std::vector<std::string> keys;
    std::vector<std::string> track;  // empty: all but keys, effective and ignored ones
    std::vector<std::string> ignore;
    std::string effective;
    std::string from = "effective_date";
    std::string to = "expiration_date";
    std::string current = "is_current";
    std::string open_end;  // "" = NULL
    bool closes_deleted = false;
    std::string late_rows = "reject";  // reject | fail
};

struct RowBounds {
    std::optional<std::int64_t> min, max;
    [[nodiscard]] bool holds(std::int64_t rows) const;
    [[nodiscard]] std::string text() const;
};

struct EtlParameters {
    Json params = Json::object();
    std::vector<EtlInput> inputs;
    std::vector<Step> steps;
    std::optional<LakeTarget> write;
    std::optional<Scd2Target> scd2;
    Json checks = Json::array();
    std::optional<RowBounds> expect_rows;
    bool counts_steps = true;

    /// Fails with E_CONFIG, with every fault.
    static DataResult<EtlParameters> parse(const Json& parameters);
};

/// A number, or {min, max}.
std::optional<RowBounds> parse_bounds(const Json& value);

}  // namespace stepwell::tasks::etl

// The parts of one etl run.
#pragma once

#include "tasks/etl/etl_inputs.hpp"
#include "tasks/etl/etl_parameters.hpp"
#include "tasks/etl/pipeline.hpp"

namespace stepwell::tasks::etl {

/// What the steps did to the rows. Numbers that were not counted are empty.
struct StepCounts {
    struct Entry {
        std::string name;
        std::optional<std::int64_t> in, out;
        bool is_rejecting = false;
        bool is_changing = false;  // may give another number of rows than it gets
    };
    std::vector<Entry> steps;
    std::optional<std::int64_t> read;
    std::int64_t written = 0;
    Json loosened = Json::object();  // by column: values that only a loose form of a cast took
    /// Where the one query that writes reads all records once: how many were read before it.
    std::shared_ptr<const data::duckdb::CsvTally> tally;
    std::int64_t tally_before = 0;

    /// Takes what the tally says, once the rows are written.
    void take_tally();
    /// What steps that do not change the number of rows got and gave, now that it is known how
    /// many rows there are after the last one.
    void settle(std::int64_t rows);
    /// As settle(), with the rows that are written.
    void finish(std::int64_t written);
    /// What became of the rows, in the envelope: read + added = good + rejected + dropped. Without
    /// counts of steps only what is known for certain. REQUIRES: finish().
    void report(data::DataSession& session) const;
    /// Of report(): what loose casts took.
    void report_loosened(data::DataSession& session) const;
    [[nodiscard]] Json to_json() const;
};

/// How often the rows of the last step will be read.
enum class Reading { once, often };

/// Builds the chain; counts rows where a step changes them and a later one does so again.
DataResult<StepCounts> run_steps(const EtlParameters& parameters, const OpenedInputs& opened,
                                 Pipeline& pipeline, Reading reading);

/// Runs the checks on `relation` (quoted or in brackets); they are listed in the envelope. Fails
/// with E_QUALITY where one of severity error does not hold.
DataResult<void> run_checks(data::DataSession& session, Pipeline& pipeline, const Json& checks,
                            const std::string& relation, std::int64_t rows);
/// E_ROW_COUNT where the rows are outside of the bounds.
DataResult<void> check_expected(const EtlParameters& parameters, std::int64_t rows);

/// Writes the pipeline's rows to a lake table. `write` holds the table's lock.
DataResult<void> write_lake(data::DataSession& session, const EtlParameters& parameters,
                            Pipeline& pipeline, StepCounts counts, lake::LakeWrite& write);

DataResult<void> run_scd2(data::DataSession& session, const EtlParameters& parameters,
                          const Json& raw_parameters);

}  // namespace stepwell::tasks::etl

// The validate task: says of each row and of the whole whether they are as expected, keeps what is
// not apart, and never loses a row: read = good + rejected (docs/tasks/validate.md).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tasks/support/fault_hook.hpp"
#include "tasks/validate/validate_checks.hpp"

namespace stepwell::tasks::data {

DataResult<void> run_validate(DataSession& session, const Json& parameters,
                              const FaultHook& fault_hook = {});

/// What one validation knows, handed from step to step.
struct Validation {
    Validation(DataSession& data_session, ValidateParameters told)
        : session(data_session), parameters(std::move(told)) {}

    DataSession& session;
    ValidateParameters parameters;
    Connection* connection = nullptr;
    Input input;
    CheckedRows rows;
    std::vector<Check> checks;
    std::int64_t read = 0;
    std::int64_t faults = 0;  // rows that are broken in themselves
    std::string sound;  // SQL, " and not (...)": no failing check of single rows rejects the row
    std::string rejecting = "false";  // SQL over rows: true = the row is rejected
    std::string rejected_table;       // temporary: the rejected rows, with reasons; "" = none are
    std::int64_t rejected = 0;
    std::map<std::string, double> metrics;  // for the history
    std::string fingerprint;                // of inputs, parameters and rejected rows

    [[nodiscard]] std::int64_t good() const { return read - rejected; }
};

/// SQL over a row: true where it fails the row check, never NULL.
std::string failing_condition(const Check& check);

/// Counts, in one scan, what all row checks and aggregates need, then asks the set checks; leaves
/// each check with its numbers and status.
DataResult<void> run_checks(Validation& validation);

/// Adds samples of failing rows to the checks that fail.
DataResult<void> add_samples(Validation& validation);

/// Sets the rows apart that failing checks reject.
DataResult<void> reject_rows(Validation& validation);

/// The verdict, as the envelope's status and message, or as an error to fail with.
DataResult<void> judge(Validation& validation);

/// Writes the rejected rows.
DataResult<void> write_quarantine(Validation& validation);
/// Writes the good rows to the file or table that is asked for.
DataResult<void> write_good(Validation& validation);

/// Writes the reports and lists them in the envelope.
DataResult<void> write_reports(DataSession& session, const ValidateParameters& parameters);

}  // namespace stepwell::tasks::data

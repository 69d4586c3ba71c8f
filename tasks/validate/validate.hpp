// The validate task: says of each row and of the whole whether they are as expected, keeps what is
// not apart, and never loses a row: read = good + rejected (docs/tasks/validate.md).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tasks/support/fault_hook.hpp"
#include "tasks/validate/validate_checks.hpp"

namespace stepwell::tasks::data {

DataResult<void> run_validate(DataSession& session, const Json& parameters,
                              const FaultHook& fault_hook = {});

/// What is true of each kept row, as bits in columns of their own.
class RowMarks {
public:
    bool is_kept = false;  // the rows have these columns

    void add(const std::string& condition);
    /// What was added so far says that a row fails something.
    void end_of_failures() { failures_ = conditions_.size(); }
    /// The marks' columns, each with a comma behind it.
    [[nodiscard]] std::string names() const;
    /// The same with what they are.
    [[nodiscard]] std::string definitions() const;
    /// SQL over the marks: the row fails something.
    [[nodiscard]] std::string failing() const;
    /// SQL over a kept row for `condition`; itself where it is no mark.
    [[nodiscard]] std::string of(const std::string& condition) const;
    /// Which mark a condition is, as it was added or as of() says it.
    [[nodiscard]] std::optional<std::size_t> index_of(const std::string& condition) const;
    /// How many columns the marks take.
    [[nodiscard]] std::size_t columns() const;
    /// Whether a mark is set in the values of the marks' columns.
    static bool is_set(const Row& marks, std::size_t index);

private:
    std::vector<std::string> conditions_;
    std::size_t failures_ = 0;
};

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
    RowMarks marks;                // of kept rows
    std::string files_relation;    // the rows as the files have them, where they are kept; else ""
    std::string kept;              // "select ... from _sw_rows", where they are kept
    std::string ordered_relation;  // `rows` in the order of the files; "" = they are in it
    std::int64_t read = 0;
    std::int64_t faults = 0;  // rows that are broken in themselves
    std::string sound;  // SQL, " and not (...)": no failing check of single rows rejects the row
    std::string rejecting = "false";  // SQL over rows: true = the row is rejected
    std::string rejected_table;       // temporary: the rejected rows, with reasons; "" = none are
    std::int64_t rejected = 0;
    std::map<std::string, double> metrics;  // for the history
    std::string fingerprint;                // of inputs, parameters and rejected rows
    std::vector<InputFile> written;         // good and rejected rows, as this run left them

    [[nodiscard]] std::int64_t good() const { return read - rejected; }
};

/// SQL over a row: true where it fails the row check, never NULL.
std::string failing_condition(const Check& check);
/// True where the check looks at the row.
std::string considered_condition(const Check& check);
/// True where the check's column has no value.
std::string missing_condition(const Check& check);

/// Counts, in one scan, what all row checks and aggregates need, then asks the set checks; leaves
/// each check with its numbers and status.
DataResult<void> run_checks(Validation& validation);

/// Adds samples of failing rows to the checks that fail.
DataResult<void> add_samples(Validation& validation);

/// Sets the rows apart that failing checks reject.
DataResult<void> reject_rows(Validation& validation);

/// The verdict, as the envelope's status and message, or as an error to fail with.
DataResult<void> judge(Validation& validation);

/// Whether the uri of an output names a file, by an extension at its end; else a folder, in which
/// each run has a file of its own.
bool is_file_uri(const std::string& uri);

/// Writes the rejected rows.
DataResult<void> write_quarantine(Validation& validation);
/// Writes the good rows to the file or table that is asked for.
DataResult<void> write_good(Validation& validation);

/// Writes the reports and lists them in the envelope.
DataResult<void> write_reports(DataSession& session, const ValidateParameters& parameters);

}  // namespace stepwell::tasks::data

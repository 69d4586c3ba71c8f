// The SQL that reads run rows: apart, so that a test can look at its plans.
#pragma once

namespace stepwell::journal {

extern const char* const kRunRow;
extern const char* const kRunFailuresOf;
extern const char* const kUnfoldedRows;
extern const char* const kOpenRuns;             // ?1: how many
extern const char* const kRunCounts;            // ?1, ?2: minutes from, until; ?4 to ?8: statuses
extern const char* const kRunCountsOfWorkflow;  // ?3: the workflow; the rest as above
extern const char* const kNewestCount;          // ?1 to ?3 as above; ?4: the status
/// ?1, ?2: started from, until; ?3: an interval's milliseconds; ?4: the workflow, or 0.
extern const char* const kFailureCounts;
extern const char* const kFailures;    // ?1: the fingerprint; ?2: runs below it; ?3: how many
extern const char* const kCaughtRuns;  // ?1: runs below it; ?2: how many

}  // namespace stepwell::journal

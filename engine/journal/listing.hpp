// The SQL that lists executions. Each list walks one index, in the order in which it is shown: with
// a million of rows none is sorted, and what is passed over are rows of one workflow or one status.
#pragma once

#include <string>

#include "engine/journal/queries.hpp"

namespace stepwell::journal {

/// Up to "FROM " of a statement whose rows are executions, called e.
extern const char* const kExecutionColumns;

/// Newest first. ?1: only ids below it; ?2: the workflow; ?3: the version; ?4: the status; ?5: how
/// many; ?6: the parent, if the query has one.
std::string listing_of(const ExecutionQuery& query);
/// Closed ones, oldest first. ?1: only ids above it; ?2: the workflow; ?3: how many.
std::string listing_of(const ClosedQuery& query);

}  // namespace stepwell::journal

#include "engine/journal/listing.hpp"

namespace stepwell::journal {
namespace {

/// A bound parameter would hide from the planner which partial index holds the rows.
std::string status_term(const ExecutionQuery& query) {
    if (!query.status) return "";
    if (*query.status == core::Status::running && !query.workflow) return "";
    if (*query.status == core::Status::succeeded) return " AND +e.status = ?4";
    return query.workflow ? " AND e.status <> 1 AND e.status = ?4"
                          : " AND e.status > 1 AND e.status = ?4";
}

/// Along the index by parent, which is in the order of ids; `+` keeps the planner from the others.
std::string listing_of_children(const ExecutionQuery& query) {
    std::string sql = kExecutionColumns;
    sql += "executions e INDEXED BY executions_by_parent WHERE e.parent = ?6 AND e.id < ?1";
    if (query.after) sql += " AND e.id > ?7";
    if (query.workflow) sql += " AND +e.workflow = ?2";
    if (query.version) sql += " AND +e.version = ?3";
    if (query.status) sql += " AND +e.status = ?4";
    if (query.is_redriven) {
        sql += *query.is_redriven ? " AND e.redrives > 0" : " AND e.redrives = 0";
    }
    return sql +
           (query.is_oldest_first ? " ORDER BY e.id LIMIT ?5" : " ORDER BY e.id DESC LIMIT ?5");
}

}  // namespace

// While an execution runs, its last chunk is in the open table, whose row changes anyway.
const char* const kExecutionColumns =
    "SELECT e.id, e.workflow, e.version, e.name, e.status, e.started, e.stopped, e.first_chunk,"
    " CASE WHEN e.status = 0 THEN (SELECT o.last_chunk FROM open_executions o WHERE o.id = e.id)"
    " ELSE e.last_chunk END, e.error, e.origin, e.redrives, e.redriven, e.principal, e.parent,"
    " e.parent_frame, e.parent_attempt, e.depth FROM ";

std::string listing_of(const ExecutionQuery& query) {
    if (query.parent) return listing_of_children(query);
    const bool is_open_table = query.status == core::Status::running && !query.workflow;
    std::string sql = kExecutionColumns;
    sql += is_open_table
               ? "open_executions r CROSS JOIN executions e ON e.id = r.id WHERE r.id < ?1"
               : "executions e WHERE e.id < ?1";
    if (query.workflow) sql += " AND e.workflow = ?2";
    if (query.version) sql += " AND e.version = ?3";
    sql += status_term(query);
    if (query.is_redriven) {
        sql += *query.is_redriven ? " AND e.redrives > 0" : " AND e.redrives = 0";
    }
    sql += is_open_table ? " ORDER BY r.id" : " ORDER BY e.id";
    return sql + (query.is_oldest_first ? " LIMIT ?5" : " DESC LIMIT ?5");
}

/// `+` keeps the planner from the indexes by status, whose order is another one.
std::string listing_of(const ClosedQuery& query) {
    std::string sql = kExecutionColumns;
    sql += "executions e WHERE e.id > ?1 AND ";
    sql += query.only_succeeded ? "+e.status = 1" : "+e.status <> 0";
    if (query.workflow) sql += " AND e.workflow = ?2";
    return sql + " ORDER BY e.id LIMIT ?3";
}

}  // namespace stepwell::journal

#include "engine/journal/sqlite_reads.hpp"

#include <type_traits>

#include "engine/journal/columns.hpp"
#include "engine/journal/listing.hpp"

namespace stepwell::journal {
namespace {

constexpr const char* kWorkflows =
    "SELECT id, name, arn, type, created, deleted FROM workflows WHERE deleted = 0 ORDER BY name";
constexpr const char* kWorkflowsNamed =
    "SELECT id, name, arn, type, created, deleted FROM workflows WHERE name = ?1 ORDER BY id DESC";
constexpr const char* kWorkflowNamed =
    "SELECT id, name, arn, type, created, deleted FROM workflows WHERE name = ?1 AND deleted = 0";
constexpr const char* kWorkflow =
    "SELECT id, name, arn, type, created, deleted FROM workflows WHERE id = ?1";
constexpr const char* kVersion =
    "SELECT id, workflow, number, revision, definition, role, settings, created FROM versions"
    " WHERE id = ?1";
constexpr const char* kLatestVersion =
    "SELECT id, workflow, number, revision, definition, role, settings, created FROM versions"
    " WHERE workflow = ?1 ORDER BY number DESC LIMIT 1";
constexpr const char* kVersions =
    "SELECT id, workflow, number, revision, definition, role, settings, created FROM versions"
    " WHERE workflow = ?1 AND number < ?2 ORDER BY number DESC LIMIT ?3";
constexpr const char* kDocument = "SELECT value FROM documents WHERE collection = ?1 AND key = ?2";
constexpr const char* kDocuments =
    "SELECT collection, key, value FROM documents WHERE collection = ?1 AND key > ?2"
    " ORDER BY key LIMIT ?3";
constexpr const char* kClaim =
    "SELECT source, key, details, execution, at, id FROM claims WHERE source = ?1 AND key = ?2";
constexpr const char* kClaims =
    "SELECT source, key, details, execution, at, id FROM claims WHERE source = ?1 AND id < ?2"
    " ORDER BY id DESC LIMIT ?3";
/// The subquery is null, and nothing fits, where there are no more claims than are left out.
constexpr const char* kOldClaims =
    "SELECT c.id, c.at, EXISTS(SELECT 1 FROM executions e WHERE e.id = c.execution)"
    " FROM claims c WHERE c.source = ?1 AND c.id > ?2 AND c.id <="
    " (SELECT n.id FROM claims n WHERE n.source = ?1 ORDER BY n.id DESC LIMIT 1 OFFSET ?3)"
    " ORDER BY c.id LIMIT ?4";
/// One look into the index for each name, however many claims it has.
constexpr const char* kClaimSources =
    "WITH RECURSIVE names(name) AS ("
    " SELECT min(source) FROM claims WHERE source > ?1"
    " UNION ALL SELECT (SELECT min(source) FROM claims WHERE source > name) FROM names"
    " WHERE name IS NOT NULL) SELECT name FROM names WHERE name IS NOT NULL LIMIT ?2";
constexpr const char* kClaimsOf =
    "SELECT source, key, details, execution, at, id FROM claims"
    " WHERE execution = ?1 AND execution <> 0 ORDER BY id";
constexpr const char* kChunk =
    "SELECT id, previous, events_before, length(bytes), bytes, execution FROM history"
    " WHERE id = ?1";
constexpr const char* kChunksAfter =
    "SELECT id, previous, events_before, length(bytes), bytes, execution FROM history"
    " WHERE id > ?1 ORDER BY id LIMIT ?2";
constexpr const char* kMarkAfter =
    "SELECT chunk, events_before FROM history_marks WHERE execution = ?1 AND events_before > ?2"
    " ORDER BY events_before LIMIT 1";
constexpr const char* kNewestChunk = "SELECT max(id) FROM history";
constexpr const char* kChunkLink =
    "SELECT id, previous, events_before, length(bytes) FROM history WHERE id = ?1";

const std::string kExecution = kExecutionColumns + std::string("executions e WHERE e.id = ?1");
const std::string kOldestOpen =
    kExecutionColumns +
    std::string("executions e WHERE e.id = (SELECT min(id) FROM open_executions)");
constexpr const char* kNewestId =
    "SELECT max(ifnull((SELECT max(id) FROM executions), 0),"
    " ifnull((SELECT value FROM meta WHERE key = 'execution_floor'), 0))";
const std::string kExecutionNamed =
    kExecutionColumns + std::string("executions e WHERE e.workflow = ?1 AND e.name = ?2");

WorkflowRecord workflow_in(const Statement& row) {
    return {id_in<WorkflowId>(row, 0), row.bytes(1),       row.bytes(2), row.bytes(3),
            from_ms(row.integer(4)),   row.integer(5) != 0};
}

VersionRecord version_in(const Statement& row) {
    return {id_in<VersionId>(row, 0),
            id_in<WorkflowId>(row, 1),
            static_cast<std::uint32_t>(row.integer(2)),
            row.bytes(3),
            row.bytes(4),
            row.bytes(5),
            row.bytes(6),
            from_ms(row.integer(7))};
}

ExecutionRecord execution_in(const Statement& row) {
    ExecutionRecord record;
    record.id = id_in<ExecutionId>(row, 0);
    record.workflow = id_in<WorkflowId>(row, 1);
    record.version = id_in<VersionId>(row, 2);
    record.name = row.bytes(3);
    record.status = static_cast<core::Status>(row.integer(4));
    record.started_at = from_ms(row.integer(5));
    if (!row.is_null(6)) record.stopped_at = from_ms(row.integer(6));
    record.first_chunk = id_in<ChunkId>(row, 7);
    record.last_chunk = id_in<ChunkId>(row, 8);
    record.error = row.bytes(9);
    record.origin = row.bytes(10);
    record.redrives = static_cast<std::uint32_t>(row.integer(11));
    if (!row.is_null(12)) record.redriven_at = from_ms(row.integer(12));
    record.principal = row.bytes(13);
    if (!row.is_null(14)) {
        record.parent = ParentLink{token_in(row, 14), static_cast<std::uint32_t>(row.integer(17))};
    }
    return record;
}

ClaimRecord claim_in(const Statement& row) {
    return {{row.bytes(0), row.bytes(1), row.bytes(2)},
            id_in<ExecutionId>(row, 3),
            from_ms(row.integer(4))};
}

ChunkRecord link_in(const Statement& row) {
    return {id_in<ChunkId>(row, 0),
            id_in<ChunkId>(row, 1),
            static_cast<std::uint64_t>(row.integer(2)),
            {},
            {},
            static_cast<std::uint64_t>(row.integer(3))};
}

ChunkRecord chunk_in(const Statement& row) {
    ChunkRecord record = link_in(row);
    record.bytes = row.bytes(4);
    record.execution = id_in<ExecutionId>(row, 5);
    return record;
}

template <class Make>
auto first_row(Statement& statement, Make make)
    -> Result<std::optional<decltype(make(statement))>> {
    using Row = decltype(make(statement));
    ResetGuard guard(statement);
    if (!SW_TRY(statement.step())) return std::optional<Row>();
    return std::optional<Row>(make(statement));
}

template <class Make>
auto all_rows(Statement& statement, Make make) -> Result<std::vector<decltype(make(statement))>> {
    ResetGuard guard(statement);
    std::vector<decltype(make(statement))> rows;
    while (SW_TRY(statement.step())) rows.push_back(make(statement));
    return rows;
}

}  // namespace

template <class Port>
Result<std::vector<WorkflowRecord>> SqliteReads<Port>::workflows() {
    return all_rows(*SW_TRY(database_.cached(kWorkflows)), workflow_in);
}

template <class Port>
Result<std::optional<WorkflowRecord>> SqliteReads<Port>::workflow_named(std::string_view name) {
    Statement& statement = *SW_TRY(database_.cached(kWorkflowNamed));
    statement.bind(1, name);
    return first_row(statement, workflow_in);
}

template <class Port>
Result<std::vector<WorkflowRecord>> SqliteReads<Port>::workflows_named(std::string_view name) {
    Statement& statement = *SW_TRY(database_.cached(kWorkflowsNamed));
    statement.bind(1, name);
    return all_rows(statement, workflow_in);
}

template <class Port>
Result<std::optional<WorkflowRecord>> SqliteReads<Port>::workflow(WorkflowId id) {
    Statement& statement = *SW_TRY(database_.cached(kWorkflow));
    statement.bind(1, number_of(id));
    return first_row(statement, workflow_in);
}

template <class Port>
Result<std::optional<VersionRecord>> SqliteReads<Port>::version(VersionId id) {
    Statement& statement = *SW_TRY(database_.cached(kVersion));
    statement.bind(1, number_of(id));
    return first_row(statement, version_in);
}

template <class Port>
Result<std::optional<VersionRecord>> SqliteReads<Port>::latest_version(WorkflowId id) {
    Statement& statement = *SW_TRY(database_.cached(kLatestVersion));
    statement.bind(1, number_of(id));
    return first_row(statement, version_in);
}

template <class Port>
Result<std::vector<VersionRecord>> SqliteReads<Port>::versions(WorkflowId id, std::uint32_t before,
                                                               std::size_t limit) {
    Statement& statement = *SW_TRY(database_.cached(kVersions));
    statement.bind(1, number_of(id));
    statement.bind(2, std::int64_t{before});
    statement.bind(3, static_cast<std::int64_t>(limit));
    return all_rows(statement, version_in);
}

template <class Port>
Result<std::optional<ExecutionRecord>> SqliteReads<Port>::execution(ExecutionId id) {
    Statement& statement = *SW_TRY(database_.cached(kExecution.c_str()));
    statement.bind(1, number_of(id));
    return first_row(statement, execution_in);
}

template <class Port>
Result<std::optional<ExecutionRecord>> SqliteReads<Port>::execution_named(WorkflowId workflow,
                                                                          std::string_view name) {
    Statement& statement = *SW_TRY(database_.cached(kExecutionNamed.c_str()));
    statement.bind(1, number_of(workflow));
    statement.bind(2, name);
    return first_row(statement, execution_in);
}

template <class Port>
Result<std::vector<ExecutionRecord>> SqliteReads<Port>::executions(const ExecutionQuery& query) {
    Statement statement = SW_TRY(database_.prepare(listing_of(query)));
    statement.bind(1, query.before ? number_of(*query.before) : INT64_MAX);
    if (query.workflow) statement.bind(2, number_of(*query.workflow));
    if (query.version) statement.bind(3, number_of(*query.version));
    if (query.status) statement.bind(4, static_cast<std::int64_t>(*query.status));
    statement.bind(5, static_cast<std::int64_t>(query.limit));
    if (query.parent) statement.bind(6, number_of(*query.parent));
    if (query.parent && query.after) statement.bind(7, number_of(*query.after));
    return all_rows(statement, execution_in);
}

template <class Port>
Result<std::optional<ExecutionRecord>> SqliteReads<Port>::oldest_open() {
    return first_row(*SW_TRY(database_.cached(kOldestOpen.c_str())), execution_in);
}

template <class Port>
Result<ExecutionId> SqliteReads<Port>::newest_id() {
    return static_cast<ExecutionId>(SW_TRY(database_.scalar(kNewestId)));
}

template <class Port>
Result<std::vector<ExecutionRecord>> SqliteReads<Port>::closed_executions(
    const ClosedQuery& query) {
    Statement statement = SW_TRY(database_.prepare(listing_of(query)));
    statement.bind(1, number_of(query.after));
    if (query.workflow) statement.bind(2, number_of(*query.workflow));
    statement.bind(3, static_cast<std::int64_t>(query.limit));
    return all_rows(statement, execution_in);
}

template <class Port>
Result<std::uint64_t> SqliteReads<Port>::count_closed(std::optional<WorkflowId> workflow) {
    std::string sql = "SELECT count(*) FROM executions";
    if (workflow) sql += " WHERE workflow = " + std::to_string(value_of(*workflow));
    const std::int64_t all = SW_TRY(database_.scalar(sql));
    sql += workflow ? " AND status = 0 AND status <> 1" : " WHERE status = 0 AND status <> 1";
    const std::int64_t open = SW_TRY(database_.scalar(sql));
    return static_cast<std::uint64_t>(all - open);
}

template <class Port>
Result<JournalSize> SqliteReads<Port>::size() {
    const std::int64_t page = SW_TRY(database_.scalar("PRAGMA page_size"));
    const std::int64_t pages = SW_TRY(database_.scalar("PRAGMA page_count"));
    const std::int64_t free = SW_TRY(database_.scalar("PRAGMA freelist_count"));
    return JournalSize{static_cast<std::uint64_t>((pages - free) * page),
                       static_cast<std::uint64_t>(pages * page)};
}

template <class Port>
Result<std::optional<ChunkRecord>> SqliteReads<Port>::chunk(ChunkId id) {
    Statement& statement = *SW_TRY(database_.cached(kChunk));
    statement.bind(1, number_of(id));
    return first_row(statement, chunk_in);
}

template <class Port>
Result<std::optional<ChunkRecord>> SqliteReads<Port>::chunk_link(ChunkId id) {
    Statement& statement = *SW_TRY(database_.cached(kChunkLink));
    statement.bind(1, number_of(id));
    return first_row(statement, link_in);
}

template <class Port>
Result<std::optional<HistoryMark>> SqliteReads<Port>::mark_after(ExecutionId execution,
                                                                 std::uint64_t events) {
    Statement& statement = *SW_TRY(database_.cached(kMarkAfter));
    statement.bind(1, number_of(execution));
    statement.bind(2, static_cast<std::int64_t>(events));
    return first_row(statement, [](const Statement& row) {
        return HistoryMark{id_in<ChunkId>(row, 0), static_cast<std::uint64_t>(row.integer(1))};
    });
}

template <class Port>
Result<std::vector<ChunkRecord>> SqliteReads<Port>::chunks_after(ChunkId after, std::size_t limit) {
    Statement& statement = *SW_TRY(database_.cached(kChunksAfter));
    statement.bind(1, number_of(after));
    statement.bind(2, static_cast<std::int64_t>(limit));
    return all_rows(statement, chunk_in);
}

template <class Port>
Result<ChunkId> SqliteReads<Port>::newest_chunk() {
    Statement& statement = *SW_TRY(database_.cached(kNewestChunk));
    const auto newest =
        SW_TRY(first_row(statement, [](const Statement& row) { return id_in<ChunkId>(row, 0); }));
    return newest.value_or(kNoChunk);
}

template <class Port>
Result<std::optional<std::string>> SqliteReads<Port>::document(std::string_view collection,
                                                               std::string_view key) {
    Statement& statement = *SW_TRY(database_.cached(kDocument));
    statement.bind(1, collection);
    statement.bind(2, key);
    return first_row(statement, [](const Statement& row) { return row.bytes(0); });
}

template <class Port>
Result<std::vector<DocumentRecord>> SqliteReads<Port>::documents(std::string_view collection,
                                                                 std::string_view after,
                                                                 std::size_t limit) {
    Statement& statement = *SW_TRY(database_.cached(kDocuments));
    statement.bind(1, collection);
    statement.bind(2, after);
    statement.bind(3, static_cast<std::int64_t>(limit));
    return all_rows(statement, [](const Statement& row) {
        return DocumentRecord{row.bytes(0), row.bytes(1), row.bytes(2)};
    });
}

template <class Port>
Result<std::optional<ClaimRecord>> SqliteReads<Port>::claim(std::string_view source,
                                                            std::string_view key) {
    Statement& statement = *SW_TRY(database_.cached(kClaim));
    statement.bind(1, source);
    statement.bind(2, key);
    return first_row(statement, claim_in);
}

template <class Port>
Result<std::vector<ListedClaim>> SqliteReads<Port>::claims(const ClaimQuery& query) {
    Statement& statement = *SW_TRY(database_.cached(kClaims));
    statement.bind(1, std::string_view(query.source));
    statement.bind(2, query.before.value_or(INT64_MAX));
    statement.bind(3, static_cast<std::int64_t>(query.limit));
    return all_rows(statement, [](const Statement& row) {
        return ListedClaim{row.integer(5), claim_in(row)};
    });
}

template <class Port>
Result<std::vector<OldClaim>> SqliteReads<Port>::old_claims(const OldClaimQuery& query) {
    Statement& statement = *SW_TRY(database_.cached(kOldClaims));
    statement.bind(1, std::string_view(query.source));
    statement.bind(2, query.after);
    statement.bind(3, static_cast<std::int64_t>(query.newest));
    statement.bind(4, static_cast<std::int64_t>(query.limit));
    return all_rows(statement, [](const Statement& row) {
        return OldClaim{row.integer(0), from_ms(row.integer(1)), row.integer(2) != 0};
    });
}

template <class Port>
Result<std::vector<std::string>> SqliteReads<Port>::claim_sources(std::string_view after,
                                                                  std::size_t limit) {
    Statement& statement = *SW_TRY(database_.cached(kClaimSources));
    statement.bind(1, after);
    statement.bind(2, static_cast<std::int64_t>(limit));
    return all_rows(statement, [](const Statement& row) { return row.bytes(0); });
}

template <class Port>
Result<std::vector<ClaimRecord>> SqliteReads<Port>::claims_of(ExecutionId execution) {
    Statement& statement = *SW_TRY(database_.cached(kClaimsOf));
    statement.bind(1, number_of(execution));
    return all_rows(statement, claim_in);
}

template <class Port>
Result<void> SqliteReads<Port>::read_secret() {
    secret_ = static_cast<std::uint64_t>(
        SW_TRY(database_.scalar("SELECT value FROM meta WHERE key = 'secret'")));
    return {};
}

template class SqliteReads<Journal>;
template class SqliteReads<JournalReader>;

}  // namespace stepwell::journal

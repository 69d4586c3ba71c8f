// The reader's questions about Map Runs.
#include "engine/runtime/map_run_documents.hpp"
#include "engine/runtime/read/reader_impl.hpp"

namespace stepwell::runtime {
namespace {

Result<core::MapRun> map_run_in(const std::string& text) {
    const auto json = parse_json(text);
    if (!json) {
        return fail(ErrorCode::corruption, "expected what is kept of a Map Run, but it is damaged");
    }
    return core::map_run_from(*json);
}

std::string text_of(const core::MapRun& run, const ListQuery& query) {
    return "map_run/" + map_run_key(run.token) + "/" +
           (query.status ? core::name_of(*query.status) : "*") +
           (query.is_redriven ? (*query.is_redriven ? "/redriven" : "/not") : "");
}

}  // namespace

Result<std::vector<core::MapRun>> Reader::map_runs(ExecutionId id, const std::string& after,
                                                   std::size_t limit) {
    const std::string prefix = map_run_key_prefix(id);
    std::vector<core::MapRun> runs;
    for (const auto& one :
         SW_TRY(rows().documents(kMapRuns, after.empty() ? prefix : after, limit))) {
        if (!one.key.starts_with(prefix)) break;
        runs.push_back(SW_TRY(map_run_in(one.value)));
    }
    return runs;
}

Result<std::optional<core::MapRun>> Reader::map_run(std::string_view arn) {
    const auto key = SW_TRY(rows().document(kMapRunNames, map_run_name(arn)));
    const auto text = key ? SW_TRY(rows().document(kMapRuns, *key)) : std::nullopt;
    if (!text) return std::optional<core::MapRun>();
    core::MapRun run = SW_TRY(map_run_in(*text));
    if (run.plan.arn != arn) return std::optional<core::MapRun>();
    return std::optional(std::move(run));
}

Result<std::optional<core::MapRun>> Reader::map_run_of(ExecutionId id) {
    const auto record = SW_TRY(record_of(id));
    if (record.origin != kMapOrigin || !record.parent) return std::optional<core::MapRun>();
    const auto text = SW_TRY(rows().document(kMapRuns, map_run_key(record.parent->token)));
    if (!text) return std::optional<core::MapRun>();
    return std::optional(SW_TRY(map_run_in(*text)));
}

/// An execution may have several Map Runs, and have started others: those are passed over.
Result<Page<ExecutionSummary>> Reader::executions_of(const core::MapRun& run,
                                                     const ListQuery& query) {
    const PageToken token(impl_->journal_.secret(), text_of(run, query));
    journal::ExecutionQuery asked;
    if (query.token) asked.before = static_cast<ExecutionId>(SW_TRY(token.read(*query.token)));
    asked.parent = run.token.execution;
    asked.status = query.status;
    asked.is_redriven = query.is_redriven;
    const std::size_t limit = page_size(query.limit);
    asked.limit = limit + 1;
    Page<ExecutionSummary> page;
    for (;;) {
        const auto some = SW_TRY(rows().executions(asked));
        for (const auto& row : some) {
            if (!row.parent || row.parent->token != run.token || row.origin != kMapOrigin) continue;
            if (page.items.size() == limit) {
                page.next = token.write(value_of(page.items.back().id));
                return page;
            }
            page.items.push_back(SW_TRY(impl_->summary(row)));
        }
        if (some.size() < asked.limit) return page;
        asked.before = some.back().id;
    }
}

}  // namespace stepwell::runtime

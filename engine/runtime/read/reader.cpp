#include "engine/runtime/read/reader.hpp"

#include <algorithm>
#include <charconv>

#include "engine/base/digest.hpp"
#include "engine/runtime/read/journal_walk.hpp"
#include "engine/runtime/read/reader_impl.hpp"
#include "engine/runtime/read/reader_search.hpp"

namespace stepwell::runtime {
namespace {

constexpr std::size_t kPageMax = 1'000;

Failure<Error> not_found(std::string_view what) {
    return fail(ErrorCode::not_found,
                "expected a run '" + std::string(what) + "', but there is none");
}

std::optional<std::uint64_t> number_in(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::string text_of(const ListQuery& query) {
    return "list/" + query.workflow.value_or("*") + "/" +
           (query.version ? std::to_string(value_of(*query.version)) : "*") + "/" +
           (query.status ? core::name_of(*query.status) : "*") +
           (query.is_redriven ? (*query.is_redriven ? "/redriven" : "/not") : "");
}

}  // namespace

PageToken::PageToken(std::uint64_t secret, const std::string& query)
    : seal_(hmac_sha256_hex(std::to_string(secret), query).substr(0, 24)) {}

std::string PageToken::write(std::uint64_t position) const {
    return base64_encode(seal_ + std::to_string(position));
}

Result<std::uint64_t> PageToken::read(const std::string& token) const {
    const auto text = base64_decode(token);
    if (text && text->starts_with(seal_)) {
        if (const auto number = number_in(std::string_view(*text).substr(seal_.size()))) {
            return *number;
        }
    }
    return fail(ErrorCode::invalid, "Invalid Token: 'Invalid token'");
}

std::size_t page_size(std::size_t limit) {
    return limit == 0 ? 100 : std::min(limit, kPageMax);
}

Result<journal::ExecutionRecord> Reader::Impl::record(ExecutionId id) {
    auto row = SW_TRY(journal_.execution(id));
    if (!row) return not_found(std::to_string(value_of(id)));
    return *std::move(row);
}

Result<ExecutionId> Reader::Impl::named(const std::string& workflow, const std::string& name,
                                        std::string_view text) {
    if (const auto id = names_.id_of(name)) {
        const auto row = SW_TRY(journal_.execution(*id));
        const bool is_named_so = row && row->name.empty();
        if (is_named_so &&
            (workflow.empty() || SW_TRY(this->workflow(row->workflow))->name == workflow)) {
            return *id;
        }
    }
    // A workflow may be deleted while its executions go on, and its name be taken again.
    for (const auto& owner : SW_TRY(journal_.workflows_named(workflow))) {
        const auto row = SW_TRY(journal_.execution_named(owner.id, name));
        if (row) return row->id;
    }
    return not_found(text);
}

Result<ExecutionSummary> Reader::Impl::summary(const journal::ExecutionRecord& row) {
    const journal::WorkflowRecord& owner = *SW_TRY(workflow(row.workflow));
    ExecutionSummary summary;
    summary.id = row.id;
    summary.workflow_name = owner.name;
    summary.workflow_arn = owner.arn;
    summary.version = row.version;
    summary.status = row.status;
    summary.started_at = row.started_at;
    summary.stopped_at = row.stopped_at;
    summary.error = row.error;
    summary.origin = row.origin;
    summary.principal = row.principal;
    summary.revision = value_of(row.last_chunk);
    summary.is_express = owner.type == "EXPRESS";
    summary.redrives = row.redrives;
    summary.redriven_at = row.redriven_at;
    if (row.parent) summary.parent = row.parent->token.execution;
    const std::string generated = names_.name_of(row.id);
    summary.name = row.name.empty() ? generated : row.name;
    summary.arn = owner.type == "EXPRESS" ? express_arn_of(owner.arn, summary.name, generated)
                                          : execution_arn_of(owner.arn, summary.name);
    return summary;
}

Result<const journal::WorkflowRecord*> Reader::Impl::workflow(WorkflowId id) {
    const auto at = workflows_.find(id);
    if (at != workflows_.end()) return &at->second;
    auto row = SW_TRY(journal_.workflow(id));
    if (!row) return fail(ErrorCode::corruption, "an execution belongs to no workflow");
    return &(workflows_[id] = *std::move(row));
}

Result<bool> Reader::Impl::is_deleted(WorkflowId id) {
    const auto row = SW_TRY(journal_.workflow(id));
    return !row || row->is_deleted;
}

Result<journal::WorkflowRecord> Reader::Impl::owner(const std::string& name) {
    auto row = SW_TRY(journal_.workflow_named(name));
    if (row) return *std::move(row);
    return fail(ErrorCode::not_found, "expected a workflow '" + name + "', but there is none");
}

Result<WorkflowDescription> Reader::Impl::description(journal::WorkflowRecord owner) {
    auto version = SW_TRY(journal_.latest_version(owner.id));
    if (!version) return fail(ErrorCode::corruption, "'" + owner.name + "' has no version");
    return WorkflowDescription{std::move(owner), *std::move(version)};
}

Reader::Reader(journal::JournalReader& journal) : impl_(std::make_unique<Impl>(journal)) {}
Reader::Reader(std::unique_ptr<journal::JournalReader> journal)
    : impl_(std::make_unique<Impl>(std::move(journal))) {}
Reader::~Reader() = default;

Result<ExecutionId> Reader::find(std::string_view text) {
    if (const auto arn = parse_execution_arn(text)) {
        const std::string& name = arn->generated.empty() ? arn->name : arn->generated;
        return impl_->named(arn->workflow, name, text);
    }
    if (const auto number = number_in(text)) {
        return SW_TRY(impl_->record(static_cast<ExecutionId>(*number))).id;
    }
    const auto slash = text.find('/');
    if (slash == text.npos) return impl_->named("", std::string(text), text);
    return impl_->named(std::string(text.substr(0, slash)), std::string(text.substr(slash + 1)),
                        text);
}

Result<bool> Reader::was_removed(std::string_view text) {
    std::optional<std::uint64_t> number = number_in(text);
    if (!number) {
        const auto arn = parse_execution_arn(text);
        std::string name(text.substr(text.rfind('/') + 1));
        if (arn) name = arn->generated.empty() ? arn->name : arn->generated;
        if (const auto id = impl_->names_.id_of(name)) number = value_of(*id);
    }
    // Ids are given away in order, none is left out: up to the newest each was one's own.
    if (!number || *number == 0) return false;
    if (*number > value_of(SW_TRY(impl_->journal_.newest_id()))) return false;
    return !SW_TRY(impl_->journal_.execution(static_cast<ExecutionId>(*number)));
}

Result<journal::ExecutionRecord> Reader::record_of(ExecutionId id) {
    return impl_->record(id);
}
Result<ExecutionSummary> Reader::summary_of(const journal::ExecutionRecord& record) {
    return impl_->summary(record);
}
Result<journal::WorkflowRecord> Reader::workflow_record(const std::string& name) {
    return impl_->owner(name);
}
Result<journal::WorkflowRecord> Reader::workflow_record(WorkflowId id) {
    return *SW_TRY(impl_->workflow(id));
}
journal::JournalReader& Reader::rows() {
    return impl_->journal_;
}

Result<std::optional<Timestamp>> Reader::oldest_open() {
    const auto row = SW_TRY(impl_->journal_.oldest_open());
    return row ? std::optional(row->started_at) : std::nullopt;
}

Result<journal::JournalSize> Reader::size() {
    return impl_->journal_.size();
}

Result<ExecutionDescription> Reader::describe(ExecutionId id) {
    const auto row = SW_TRY(impl_->record(id));
    const auto facts = SW_TRY(impl_->unless_gone(id, facts_of(impl_->journal_, row)));
    Outcome outcome = SW_TRY(impl_->unless_gone(id, outcome_of(impl_->journal_, row)));
    ExecutionDescription description;
    description.summary = SW_TRY(impl_->summary(row));
    description.summary.name = facts->name;
    description.summary.arn = facts->arn;
    description.input = facts->input;
    description.output = std::move(outcome.output);
    description.error = std::move(outcome.error);
    description.cause = std::move(outcome.cause);
    description.events = outcome.events;
    description.is_workflow_deleted = SW_TRY(impl_->is_deleted(row.workflow));
    description.version_arn = facts->version_arn;
    description.alias_arn = facts->alias_arn;
    return description;
}

Result<Reader::Through> Reader::started_through(ExecutionId id) {
    const auto row = SW_TRY(impl_->record(id));
    const auto facts = SW_TRY(impl_->unless_gone(id, facts_of(impl_->journal_, row)));
    return Through{facts->version_arn, facts->alias_arn};
}

RedriveCase redrive_case(const ExecutionDescription& description) {
    const ExecutionSummary& summary = description.summary;
    return {summary.status, description.is_workflow_deleted, description.events, summary.started_at,
            summary.stopped_at};
}

Result<RebuiltPtr> Reader::rebuild(ExecutionId id) {
    const auto row = SW_TRY(impl_->record(id));
    return impl_->unless_gone(id, runtime::rebuild(impl_->journal_, row));
}

Result<Page<ExecutionSummary>> Reader::list(const ListQuery& query) {
    journal::ExecutionQuery rows;
    if (query.workflow) {
        const auto owner = SW_TRY(impl_->journal_.workflow_named(*query.workflow));
        if (!owner) {
            return fail(ErrorCode::not_found,
                        "expected a workflow '" + *query.workflow + "', but there is none");
        }
        rows.workflow = owner->id;
    }
    const PageToken token(impl_->journal_.secret(), text_of(query));
    if (query.token) rows.before = static_cast<ExecutionId>(SW_TRY(token.read(*query.token)));
    rows.version = query.version;
    rows.status = query.status;
    rows.is_redriven = query.is_redriven;
    const std::size_t limit = page_size(query.limit);
    rows.limit = limit + 1;  // one more tells whether there is a next page

    Page<ExecutionSummary> page;
    for (const auto& row : SW_TRY(impl_->journal_.executions(rows))) {
        if (page.items.size() == limit) {
            page.next = token.write(value_of(page.items.back().id));
            break;
        }
        page.items.push_back(SW_TRY(impl_->summary(row)));
    }
    return page;
}

Result<Page<ExecutionSummary>> Reader::search(const RunQuery& query) {
    const PageToken token(impl_->journal_.secret(), search_text_of(query));
    std::optional<ExecutionId> before;
    if (query.token) before = static_cast<ExecutionId>(SW_TRY(token.read(*query.token)));
    RunQuery sized = query;
    sized.limit = page_size(query.limit);
    const auto search = SW_TRY(RunSearch::make(impl_->journal_, impl_->names_, std::move(sized)));
    const auto found = SW_TRY(search.page(before));
    Page<ExecutionSummary> page;
    for (const auto& row : found.rows) page.items.push_back(SW_TRY(impl_->summary(row)));
    if (found.next) page.next = token.write(*found.next);
    return page;
}

Result<RunTally> Reader::tally(const RunQuery& query) {
    const auto search = SW_TRY(RunSearch::make(impl_->journal_, impl_->names_, query));
    return search.tally();
}

Result<ExecutionSummary> Reader::summary(ExecutionId id) {
    const auto row = SW_TRY(impl_->record(id));
    return impl_->summary(row);
}

}  // namespace stepwell::runtime

#include "engine/runtime/read/reader.hpp"

#include <algorithm>
#include <charconv>

#include "engine/base/digest.hpp"
#include "engine/runtime/names.hpp"
#include "engine/runtime/read/journal_walk.hpp"
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

/// A position in a listing, sealed together with the query that it belongs to.
class PageToken {
public:
    PageToken(std::uint64_t secret, const std::string& query) {
        seal_ = hmac_sha256_hex(std::to_string(secret), query).substr(0, 24);
    }
    [[nodiscard]] std::string write(std::uint64_t position) const {
        return base64_encode(seal_ + std::to_string(position));
    }
    [[nodiscard]] Result<std::uint64_t> read(const std::string& token) const {
        const auto text = base64_decode(token);
        if (text && text->starts_with(seal_)) {
            if (const auto number = number_in(std::string_view(*text).substr(seal_.size()))) {
                return *number;
            }
        }
        return fail(ErrorCode::invalid, "Invalid Token: 'Invalid token'");
    }

private:
    std::string seal_;
};

std::size_t page_size(std::size_t limit) {
    return limit == 0 ? 100 : std::min(limit, kPageMax);
}

std::string text_of(const ListQuery& query) {
    return "list/" + query.workflow.value_or("*") + "/" +
           (query.version ? std::to_string(value_of(*query.version)) : "*") + "/" +
           (query.status ? core::name_of(*query.status) : "*") +
           (query.is_redriven ? (*query.is_redriven ? "/redriven" : "/not") : "");
}

}  // namespace

class Reader::Impl {
public:
    explicit Impl(journal::JournalReader& journal) : journal_(journal), names_(journal.secret()) {}
    explicit Impl(std::unique_ptr<journal::JournalReader> owned)
        : owned_(std::move(owned)), journal_(*owned_), names_(journal_.secret()) {}

    Result<journal::ExecutionRecord> record(ExecutionId id) {
        auto row = SW_TRY(journal_.execution(id));
        if (!row) return not_found(std::to_string(value_of(id)));
        return *std::move(row);
    }

    /// Retention may take an execution away while it is read: that is no damage. It takes the row
    /// first.
    template <class T>
    Result<T> unless_gone(ExecutionId id, Result<T> got) {
        if (!got && got.error().code == ErrorCode::corruption) SW_TRY(record(id));
        return got;
    }

    /// The execution of a workflow by its name, whoever gave it. A generated name says enough: then
    /// `workflow` may be empty.
    Result<ExecutionId> named(const std::string& workflow, const std::string& name,
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

    Result<ExecutionSummary> summary(const journal::ExecutionRecord& row) {
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

    /// Cached: a list names few workflows, and what is read here never changes.
    Result<const journal::WorkflowRecord*> workflow(WorkflowId id) {
        const auto at = workflows_.find(id);
        if (at != workflows_.end()) return &at->second;
        auto row = SW_TRY(journal_.workflow(id));
        if (!row) return fail(ErrorCode::corruption, "an execution belongs to no workflow");
        return &(workflows_[id] = *std::move(row));
    }

    /// Read each time: a workflow may be deleted meanwhile.
    Result<bool> is_deleted(WorkflowId id) {
        const auto row = SW_TRY(journal_.workflow(id));
        return !row || row->is_deleted;
    }

    Result<journal::WorkflowRecord> owner(const std::string& name) {
        auto row = SW_TRY(journal_.workflow_named(name));
        if (row) return *std::move(row);
        return fail(ErrorCode::not_found, "expected a workflow '" + name + "', but there is none");
    }

    Result<WorkflowDescription> description(journal::WorkflowRecord owner) {
        auto version = SW_TRY(journal_.latest_version(owner.id));
        if (!version) return fail(ErrorCode::corruption, "'" + owner.name + "' has no version");
        return WorkflowDescription{std::move(owner), *std::move(version)};
    }

    /// What a page may still take: events and bytes.
    class Room {
    public:
        explicit Room(const HistoryQuery& query)
            : events_(page_size(query.limit)), bytes_max_(query.bytes_max) {}
        bool take(const Json& event) {
            if (events_ == 0) return false;
            if (bytes_max_ > 0) {
                bytes_ += to_text(event).size();
                if (bytes_ > bytes_max_ && !is_empty_) return false;
            }
            --events_;
            is_empty_ = false;
            return true;
        }

    private:
        std::size_t events_;
        const std::size_t bytes_max_;
        std::size_t bytes_ = 0;
        bool is_empty_ = true;
    };

    /// Those of a piece that are told, as the query wants them.
    static Json shown(const std::vector<core::Event>& events, const HistoryQuery& query) {
        Json items = core::to_history(events, query.include_data);
        if (!query.has_lines) return items;
        std::size_t at = 0;
        for (const core::Event& event : events) {
            if (core::is_internal(event.type)) continue;
            SW_ASSERT(at < items.size());
            items[at++]["line"] = core::trace(event);
        }
        return items;
    }

    Result<Page<Json>> forward(const journal::ExecutionRecord& row, const HistoryQuery& query,
                               std::uint64_t after, const PageToken& token) {
        Page<Json> page;
        Room room(query);
        for (std::optional<std::uint64_t> from = after; from;) {
            const Stretch stretch = SW_TRY(stretch_after(journal_, row, *from));
            for (const journal::ChunkId id : stretch.chunks) {
                const auto events = SW_TRY(events_of(journal_, id));
                for (Json& event : shown(events, query)) {
                    const auto number = event.at("id").get<std::uint64_t>();
                    if (number <= after) continue;
                    if (!room.take(event)) {
                        page.next = token.write(number - 1);
                        return page;
                    }
                    page.items.push_back(std::move(event));
                }
            }
            from = stretch.next;
        }
        return page;
    }

    /// `before` is the number of the event that ended the page before; 0: from the last one.
    Result<Page<Json>> backward(const journal::ExecutionRecord& row, const HistoryQuery& query,
                                std::uint64_t before, const PageToken& token) {
        Page<Json> page;
        Room room(query);
        journal::ChunkId at = SW_TRY(chunk_behind(journal_, row, before));
        while (at != journal::kNoChunk) {
            const auto link = SW_TRY(journal_.chunk_link(at));
            if (!link) return fail(ErrorCode::corruption, "a history has lost a part of itself");
            at = link->previous;
            if (before != 0 && link->events_before + 1 >= before) continue;
            const auto events = SW_TRY(events_of(journal_, link->id));
            Json items = shown(events, query);
            for (auto event = items.rbegin(); event != items.rend(); ++event) {
                const auto number = event->at("id").get<std::uint64_t>();
                if (before != 0 && number >= before) continue;
                if (!room.take(*event)) {
                    page.next = token.write(number + 1);
                    return page;
                }
                page.items.push_back(std::move(*event));
            }
        }
        return page;
    }

    std::unique_ptr<journal::JournalReader> owned_;
    journal::JournalReader& journal_;
    ExecutionNames names_;
    std::unordered_map<WorkflowId, journal::WorkflowRecord> workflows_;
};

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

Result<Page<WorkflowDescription>> Reader::versions(const std::string& workflow, std::size_t limit,
                                                   const std::optional<std::string>& after) {
    const auto owner = SW_TRY(impl_->owner(workflow));
    const PageToken token(impl_->journal_.secret(), "versions/" + workflow);
    std::uint32_t before = UINT32_MAX;
    if (after) before = static_cast<std::uint32_t>(SW_TRY(token.read(*after)));
    limit = page_size(limit);
    Page<WorkflowDescription> page;
    for (auto& row : SW_TRY(impl_->journal_.versions(owner.id, before, limit + 1))) {
        if (page.items.size() == limit) {
            page.next = token.write(page.items.back().version.number);
            break;
        }
        page.items.push_back({owner, std::move(row)});
    }
    return page;
}

Result<WorkflowDescription> Reader::version(const std::string& workflow, std::uint32_t number) {
    const auto owner = SW_TRY(impl_->owner(workflow));
    auto rows = number == UINT32_MAX ? std::vector<journal::VersionRecord>{}
                                     : SW_TRY(impl_->journal_.versions(owner.id, number + 1, 1));
    if (rows.empty() || rows[0].number != number) {
        return fail(ErrorCode::not_found, "expected a version " + std::to_string(number) + " of '" +
                                              workflow + "', but there is none");
    }
    return WorkflowDescription{owner, std::move(rows[0])};
}

Result<Page<Json>> Reader::history(ExecutionId id, const HistoryQuery& query) {
    const auto row = SW_TRY(impl_->record(id));
    const PageToken token(
        impl_->journal_.secret(),
        "history/" + std::to_string(value_of(id)) + (query.is_reversed ? "/reverse" : "/forward"));
    const std::uint64_t position = query.token ? SW_TRY(token.read(*query.token)) : 0;
    auto page = query.is_reversed ? impl_->backward(row, query, position, token)
                                  : impl_->forward(row, query, position, token);
    return impl_->unless_gone(id, std::move(page));
}

Result<std::vector<core::Event>> Reader::events(ExecutionId id) {
    const auto row = SW_TRY(impl_->record(id));
    const auto read = [&]() -> Result<std::vector<core::Event>> {
        std::vector<core::Event> all;
        for (const journal::ChunkId chunk : SW_TRY(chunks_of(impl_->journal_, row))) {
            auto events = SW_TRY(events_of(impl_->journal_, chunk));
            std::move(events.begin(), events.end(), std::back_inserter(all));
        }
        return all;
    };
    return impl_->unless_gone(id, read());
}

Result<ExecutionSummary> Reader::summary(ExecutionId id) {
    const auto row = SW_TRY(impl_->record(id));
    return impl_->summary(row);
}

Result<std::vector<FeedChunk>> Reader::feed(std::uint64_t after, std::size_t limit) {
    std::vector<FeedChunk> feed;
    const auto from = static_cast<journal::ChunkId>(after);
    for (const auto& row : SW_TRY(impl_->journal_.chunks_after(from, limit))) {
        FeedChunk chunk{value_of(row.id), row.execution, {}, std::nullopt};
        if (row.execution != ExecutionId{}) {
            auto events = events_in(row);
            if (events) {
                chunk.events = *std::move(events);
            } else {
                chunk.damage = std::move(events).error();
            }
        }
        feed.push_back(std::move(chunk));
    }
    return feed;
}

Result<std::uint64_t> Reader::feed_end() {
    return value_of(SW_TRY(impl_->journal_.newest_chunk()));
}

Result<std::vector<std::uint64_t>> Reader::feed_of(ExecutionId id, std::uint64_t after) {
    const auto row = SW_TRY(impl_->record(id));
    std::vector<std::uint64_t> numbers;
    for (journal::ChunkId at = row.last_chunk; value_of(at) > after;) {
        const auto link = SW_TRY(impl_->journal_.chunk_link(at));
        if (!link) return fail(ErrorCode::corruption, "a history has lost a part of itself");
        numbers.push_back(value_of(at));
        at = link->previous;
    }
    std::reverse(numbers.begin(), numbers.end());
    return numbers;
}

Result<FeedChunk> Reader::feed_chunk(ExecutionId id, std::uint64_t number) {
    auto events = SW_TRY(events_of(impl_->journal_, static_cast<journal::ChunkId>(number)));
    return FeedChunk{number, id, std::move(events), std::nullopt};
}

Result<std::vector<WorkflowDescription>> Reader::workflows() {
    std::vector<WorkflowDescription> all;
    for (auto& row : SW_TRY(impl_->journal_.workflows())) {
        all.push_back(SW_TRY(impl_->description(std::move(row))));
    }
    return all;
}

Result<WorkflowDescription> Reader::workflow(std::string_view name_or_arn) {
    const std::string name = parse_workflow_arn(name_or_arn).value_or(std::string(name_or_arn));
    auto row = SW_TRY(impl_->journal_.workflow_named(name));
    if (!row) {
        return fail(ErrorCode::not_found, "expected a workflow '" + name + "', but there is none");
    }
    return impl_->description(*std::move(row));
}

Result<WorkflowDescription> Reader::workflow_of(ExecutionId id) {
    const auto row = SW_TRY(impl_->record(id));
    auto version = SW_TRY(impl_->journal_.version(row.version));
    if (!version) return fail(ErrorCode::corruption, "an execution has lost its version");
    return WorkflowDescription{*SW_TRY(impl_->workflow(row.workflow)), *std::move(version)};
}

Result<std::optional<std::string>> Reader::document(std::string_view collection,
                                                    std::string_view key) {
    return impl_->journal_.document(collection, key);
}

Result<std::vector<journal::DocumentRecord>> Reader::documents(std::string_view collection,
                                                               std::string_view after,
                                                               std::size_t limit) {
    return impl_->journal_.documents(collection, after, limit);
}

Result<std::optional<journal::ClaimRecord>> Reader::claim(std::string_view source,
                                                          std::string_view key) {
    return impl_->journal_.claim(source, key);
}

Result<std::vector<journal::ListedClaim>> Reader::claims(const journal::ClaimQuery& query) {
    return impl_->journal_.claims(query);
}

Result<std::vector<journal::ClaimRecord>> Reader::claims_of(ExecutionId id) {
    return impl_->journal_.claims_of(id);
}

}  // namespace stepwell::runtime

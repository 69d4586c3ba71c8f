// What the reader's files share.
#pragma once

#include <unordered_map>

#include "engine/runtime/names.hpp"
#include "engine/runtime/read/reader.hpp"

namespace stepwell::runtime {

/// A position in a listing, sealed together with the query that it belongs to.
class PageToken {
public:
    PageToken(std::uint64_t secret, const std::string& query);
    [[nodiscard]] std::string write(std::uint64_t position) const;
    /// Fails with `invalid` where it is none of this query.
    [[nodiscard]] Result<std::uint64_t> read(const std::string& token) const;

private:
    std::string seal_;
};

/// What a page has at most, where `limit` was asked for; 0: what is usual.
std::size_t page_size(std::size_t limit);

class Reader::Impl {
public:
    explicit Impl(journal::JournalReader& journal) : journal_(journal), names_(journal.secret()) {}
    explicit Impl(std::unique_ptr<journal::JournalReader> owned)
        : owned_(std::move(owned)), journal_(*owned_), names_(journal_.secret()) {}

    Result<journal::ExecutionRecord> record(ExecutionId id);
    /// The execution of a workflow by its name, whoever gave it. A generated name says enough: then
    /// `workflow` may be empty.
    Result<ExecutionId> named(const std::string& workflow, const std::string& name,
                              std::string_view text);
    Result<ExecutionSummary> summary(const journal::ExecutionRecord& row);
    /// Cached: a list names few workflows, and what is read here never changes.
    Result<const journal::WorkflowRecord*> workflow(WorkflowId id);
    /// Read each time: a workflow may be deleted meanwhile.
    Result<bool> is_deleted(WorkflowId id);
    Result<journal::WorkflowRecord> owner(const std::string& name);
    Result<WorkflowDescription> description(journal::WorkflowRecord owner);
    /// Retention may take an execution away while it is read: that is no damage. It takes the row
    /// first.
    template <class T>
    Result<T> unless_gone(ExecutionId id, Result<T> got) {
        if (!got && got.error().code == ErrorCode::corruption) SW_TRY(record(id));
        return got;
    }

    std::unique_ptr<journal::JournalReader> owned_;
    journal::JournalReader& journal_;
    ExecutionNames names_;
    std::unordered_map<WorkflowId, journal::WorkflowRecord> workflows_;
};

}  // namespace stepwell::runtime

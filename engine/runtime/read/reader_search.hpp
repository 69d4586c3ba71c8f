// The search behind Reader::search.
#pragma once

#include "engine/runtime/read/reader.hpp"

namespace stepwell::runtime {

struct FoundRows {
    std::vector<journal::ExecutionRecord> rows;
    std::optional<std::uint64_t> next;  // go on with those that are older than this one
};

/// Newest first. `rows` says from where on, and which workflow and version; the rest is `query`'s.
Result<FoundRows> search_rows(journal::JournalReader& journal, const RunQuery& query,
                              journal::ExecutionQuery rows, std::size_t limit);

/// The least number such that no execution from it on was started before `until`.
Result<ExecutionId> first_started_at(journal::JournalReader& journal, Timestamp until);

/// All conditions as text: what a page's token is sealed with.
std::string search_text_of(const RunQuery& query);

}  // namespace stepwell::runtime

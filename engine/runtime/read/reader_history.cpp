// The reader's questions about what happened: histories, and the feed of all of them.
#include <algorithm>

#include "engine/runtime/read/journal_walk.hpp"
#include "engine/runtime/read/reader_impl.hpp"

namespace stepwell::runtime {
namespace {

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
Json shown(const std::vector<core::Event>& events, const HistoryQuery& query) {
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

Result<Page<Json>> forward(journal::JournalReader& journal, const journal::ExecutionRecord& row,
                           const HistoryQuery& query, std::uint64_t after, const PageToken& token) {
    Page<Json> page;
    Room room(query);
    for (std::optional<std::uint64_t> from = after; from;) {
        const Stretch stretch = SW_TRY(stretch_after(journal, row, *from));
        for (const journal::ChunkId id : stretch.chunks) {
            const auto events = SW_TRY(events_of(journal, id));
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
Result<Page<Json>> backward(journal::JournalReader& journal, const journal::ExecutionRecord& row,
                            const HistoryQuery& query, std::uint64_t before,
                            const PageToken& token) {
    Page<Json> page;
    Room room(query);
    journal::ChunkId at = SW_TRY(chunk_behind(journal, row, before));
    while (at != journal::kNoChunk) {
        const auto link = SW_TRY(journal.chunk_link(at));
        if (!link) return fail(ErrorCode::corruption, "a history has lost a part of itself");
        at = link->previous;
        if (before != 0 && link->events_before + 1 >= before) continue;
        const auto events = SW_TRY(events_of(journal, link->id));
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

}  // namespace

Result<Page<Json>> Reader::history(ExecutionId id, const HistoryQuery& query) {
    const auto row = SW_TRY(impl_->record(id));
    const PageToken token(
        impl_->journal_.secret(),
        "history/" + std::to_string(value_of(id)) + (query.is_reversed ? "/reverse" : "/forward"));
    const std::uint64_t position = query.token ? SW_TRY(token.read(*query.token)) : 0;
    auto page = query.is_reversed ? backward(impl_->journal_, row, query, position, token)
                                  : forward(impl_->journal_, row, query, position, token);
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

}  // namespace stepwell::runtime

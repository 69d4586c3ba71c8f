// Any bytes as a blob of events, and as an execution's header and records: refused, or read so that
// they may be shown, written and read again; and never read with a bit that has flipped.
#include "engine/core/delta.hpp"
#include "engine/core/event.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace stepwell;

namespace {

void check_events(std::string_view bytes) {
    const auto events = core::decode(bytes);
    if (!events) {
        SW_ASSERT(events.error().code == ErrorCode::corruption);
        return;
    }
    const std::string told = core::trace(*events);
    (void)core::to_history(*events, true);
    const std::string written = core::encode(*events);
    const auto again = core::decode(written);
    SW_ASSERT(again.has_value());
    SW_ASSERT(core::trace(*again) == told);
    std::string damaged = written;
    damaged[bytes.size() % damaged.size()] ^= 1;
    SW_ASSERT(!core::decode(damaged).has_value());
}

/// The first byte says how the rest is cut: a header, the facts, a frame, its variables.
void check_records(std::string_view bytes) {
    if (bytes.empty()) return;
    const std::size_t part = 1 + static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    const std::string_view header = bytes.substr(0, part);
    std::vector<core::Record> records;
    for (std::uint64_t key = 1; header.size() == part && bytes.size() > part * key; ++key) {
        records.push_back({core::RecordKey{key}, std::string(bytes.substr(part * key, part))});
    }
    const auto restored = core::restore(ExecutionId{1}, header, records);
    SW_ASSERT(restored.has_value() || restored.error().code == ErrorCode::corruption);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes = test::text_of(data, size);
    check_events(bytes);
    check_records(bytes);
    return 0;
}

#include <limits>

#include "engine/core/map_run_items.hpp"

namespace stepwell::core {
namespace {

constexpr std::size_t kEndBytes = 2;  // "]}"

}  // namespace

ItemBatch::ItemBatch(const MapRunPlan& plan, const Payload& input)
    : items_max_(plan.batch_items_max > 0 ? static_cast<std::uint64_t>(plan.batch_items_max)
                                          : std::numeric_limits<std::uint64_t>::max()),
      bytes_max_(plan.batch_bytes_max > 0 ? static_cast<std::size_t>(plan.batch_bytes_max)
                                          : kPayloadBytesMax),
      text_("{") {
    if (input.text() != "null") text_ += "\"BatchInput\":" + input.text() + ",";
    text_ += "\"Items\":[";
}

bool ItemBatch::takes(const Payload& item) const {
    if (items_ == 0) return true;
    return items_ < items_max_ && text_.size() + 1 + item.bytes() + kEndBytes <= bytes_max_;
}

void ItemBatch::add(const Payload& item) {
    if (items_++ > 0) text_ += ',';
    text_ += item.text();
}

bool ItemBatch::is_full() const {
    return items_ >= items_max_ || text_.size() + kEndBytes + 1 >= bytes_max_;
}

}  // namespace stepwell::core

// What the executions of a Map Run get as their input: each item, or what ItemSelector makes of it;
// or several of these together.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/core/decide.hpp"

namespace stepwell::core {

class ItemInputs {
public:
    /// For the Map Run that `frame` waits for. REQUIRES: it does; definition and execution outlive
    /// this, and do not change meanwhile.
    ItemInputs(const Definition& definition, const Execution& execution, FrameId frame,
               const Moment& moment);
    ~ItemInputs();

    /// `source` is what $$.Map.Item.Source says. Fails with what the Map Run fails with.
    Result<Payload, ErrorInfo> input_of(const Json& value, std::uint64_t index, const char* source);
    /// What BatchInput gives; null: the state has none. Fails likewise.
    Result<Payload, ErrorInfo> batch_input();
    /// What all of it took so far, in units of base/work.hpp.
    [[nodiscard]] std::uint64_t work() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

/// The items of one execution, as they are gathered: `{"BatchInput": ..., "Items": [...]}`.
class ItemBatch {
public:
    /// REQUIRES: plan.is_batched(). `input` as of batch_input().
    ItemBatch(const MapRunPlan& plan, const Payload& input);

    /// Whether `item` belongs into it: the first one always does.
    [[nodiscard]] bool takes(const Payload& item) const;
    /// REQUIRES: takes(item).
    void add(const Payload& item);
    /// Whether it takes no other item, however small.
    [[nodiscard]] bool is_full() const;
    [[nodiscard]] std::uint64_t items() const { return items_; }
    /// What the execution gets; perhaps more than an input may be, where it is one item.
    [[nodiscard]] Payload payload() const { return Payload::trusted(text_ + "]}"); }

private:
    std::uint64_t items_max_;
    std::size_t bytes_max_;
    std::string text_;
    std::uint64_t items_ = 0;
};

}  // namespace stepwell::core

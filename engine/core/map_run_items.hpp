// What the executions of a Map Run get as their input: each item, or what ItemSelector makes of it.
#pragma once

#include <cstdint>
#include <memory>

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

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace stepwell::core

// The head of an open execution's row: its header, and the few small records that nearly every
// decision needs, so that a small execution is one row and not four.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/core/delta.hpp"

namespace stepwell::runtime {

struct Head {
    std::string header;
    std::vector<core::Record> records;
};

std::string encode_head(std::string_view header, const std::vector<core::Record>& records);
/// Fails with `corruption`.
Result<Head> decode_head(std::string_view bytes);

}  // namespace stepwell::runtime

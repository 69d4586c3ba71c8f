// Where a distributed Map's items come from, how they are bundled, where what they gave goes.
// Internal to this folder.
#pragma once

#include "engine/definition/state_reader.hpp"

namespace stepwell::definition {

/// ItemReader; nothing where there is none.
std::optional<ItemReader> read_item_reader(const StateReading& at);
/// ResultWriter; nothing where there is none.
std::optional<ResultWriter> read_result_writer(const StateReading& at);
/// ItemBatcher; nothing where there is none.
std::optional<ItemBatcher> read_batcher(const StateReading& at);

}  // namespace stepwell::definition

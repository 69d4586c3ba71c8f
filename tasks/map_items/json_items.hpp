// Items of a JSON file, an array somewhere in it, or of a file with one JSON text a line. An array
// is never in memory as a whole.
#pragma once

#include <string_view>

#include "tasks/map_items/byte_source.hpp"
#include "tasks/map_items/items_file.hpp"

namespace stepwell::tasks::map_items {

/// Puts the elements of the array at `pointer` (RFC 6901; "" is the whole document) into `items`,
/// until that is full. What stands behind the array is not looked at. Fails with E_FORMAT, also
/// where there is something else, or nothing.
DataResult<void> read_json_array(ByteSource& source, std::string_view pointer, ItemsFile& items);

/// Puts the lines into `items`, until that is full; empty ones are none. Fails with E_FORMAT.
DataResult<void> read_json_lines(ByteSource& source, ItemsFile& items);

}  // namespace stepwell::tasks::map_items

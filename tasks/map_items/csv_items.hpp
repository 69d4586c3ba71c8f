// Items of a CSV file, as Step Functions reads them: one object a row, all values texts; short rows
// are filled up, and what is beyond the header is left out.
#pragma once

#include <string>
#include <vector>

#include "tasks/map_items/byte_source.hpp"
#include "tasks/map_items/items_file.hpp"

namespace stepwell::tasks::map_items {

struct CsvForm {
    char delimiter = ',';
    std::vector<std::string> headers;  // empty: the first row has them
};

/// Puts the rows into `items`, until that is full. Fails with E_FORMAT, E_ENCODING.
DataResult<void> read_csv(ByteSource& source, const CsvForm& form, ItemsFile& items);

/// Fails where two are the same.
DataResult<void> check_headers(const std::vector<std::string>& headers);

}  // namespace stepwell::tasks::map_items

// Makes a file readable as UTF-8 CSV and finds its header: the first step of a CsvScan.
#pragma once

#include "tasks/files/csv_scan.hpp"

namespace stepwell::tasks::data {

/// Sets file.readable to a file in UTF-8: the file itself, or a copy (of gzip and zstd: unpacked).
/// Fails with E_ENCODING where the bytes contradict the encoding (UTF-16 marks in a UTF-8 file),
/// E_FORMAT where what is packed is damaged or cut, E_UNSUPPORTED for encodings that are not known.
DataResult<void> make_readable(CsvFile& file, const CsvOptions& options);

/// Reads the names of the columns, and where the records begin. REQUIRES: end_byte is set.
DataResult<void> read_header(CsvFile& file, const CsvOptions& options);

}  // namespace stepwell::tasks::data

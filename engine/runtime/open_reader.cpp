// Which implementation of the journal a reader reads: the reader itself knows the port alone.
#include <utility>

#include "engine/journal/sqlite_journal.hpp"
#include "engine/runtime/read/reader.hpp"

namespace stepwell::runtime {

Result<std::unique_ptr<Reader>> Reader::open(const std::filesystem::path& folder) {
    std::unique_ptr<journal::JournalReader> journal = SW_TRY(journal::SqliteReader::open(folder));
    return std::make_unique<Reader>(std::move(journal));
}

}  // namespace stepwell::runtime

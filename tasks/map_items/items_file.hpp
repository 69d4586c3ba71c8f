// The items of a Map Run as the engine reads them: a file with one JSON text a line, which is there
// as a whole or not at all.
//
// Threads: one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>

#include "engine/base/descriptor.hpp"
#include "engine/base/json.hpp"
#include "tasks/support/data_error.hpp"

namespace stepwell::tasks::map_items {

using data::DataError;
using data::DataResult;

/// What one item may have, before ItemSelector makes something of it.
inline constexpr std::size_t kItemBytesMax = std::size_t{8} << 20;

class ItemsFile {
public:
    /// Takes no more than `items_max`. An unfinished file of that name is begun anew.
    static DataResult<ItemsFile> create(std::filesystem::path path, std::uint64_t items_max);

    /// REQUIRES: `json` is one JSON text without a line's end in it. Fails where it is too large.
    DataResult<void> add(std::string_view json);
    /// Whether it has as many as it may.
    [[nodiscard]] bool is_full() const { return count_ >= items_max_; }
    /// The file is there, for good. Says how many items and bytes it has.
    DataResult<Json> finish();

private:
    ItemsFile(std::filesystem::path path, Descriptor file, std::uint64_t items_max)
        : path_(std::move(path)), file_(std::move(file)), items_max_(items_max) {}
    [[nodiscard]] std::filesystem::path draft() const;
    DataResult<void> flush();

    std::filesystem::path path_;
    Descriptor file_;
    std::uint64_t items_max_;
    std::string buffer_;
    std::uint64_t count_ = 0;
    std::uint64_t bytes_ = 0;
};

}  // namespace stepwell::tasks::map_items

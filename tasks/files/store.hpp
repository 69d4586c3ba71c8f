// A place with files as every storage has it, S3 among them: names with content, that are put once,
// listed, read and removed. No renames, no locks, no folders.
//
// Threads: all safe, also beside other processes on the same place.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.hpp"
#include "tasks/support/data_error.hpp"

namespace stepwell::tasks::files {

using data::DataResult;

struct StoredName {
    std::string name;
    Timestamp at;  // when it was put
};

class Store {
public:
    Store() = default;
    virtual ~Store() = default;
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    /// The names that begin with `prefix`, sorted. What is being put is not among them yet.
    virtual DataResult<std::vector<StoredName>> list(std::string_view prefix) const = 0;
    /// Fails with E_NOT_FOUND, E_DENIED, E_DISK.
    virtual DataResult<std::string> read(std::string_view name) const = 0;
    /// The name is there with the whole content, for good, or not at all. Fails with E_CONFLICT
    /// where it was there before.
    virtual DataResult<void> put_if_absent(std::string_view name, std::string_view content) = 0;
    /// What is not there has been removed.
    virtual DataResult<void> remove(std::string_view name) = 0;
};

/// A folder of this machine. It is made where the first name is put.
std::unique_ptr<Store> local_store(std::filesystem::path folder);

}  // namespace stepwell::tasks::files

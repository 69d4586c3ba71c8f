// The databases that are open in this process, each file once, and the locks on their tables.
//
// DuckDB lets one process open a file, once; so all tasks of the data host share one Database per
// file. It closes when the last task that uses it ends: other programs can look in between.
//
// Threads: all safe.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "tasks/sql/sql_engine.hpp"

namespace stepwell::tasks::data {

/// The open database of `key` (a canonical path), or what `open` makes. Where the last user is
/// just closing it, waits for that.
DataResult<std::shared_ptr<Database>> shared_database(
    const std::string& key, const std::function<DataResult<std::shared_ptr<Database>>()>& open);

/// Waits until nobody else in this process holds the lock `name` ("path#schema.table").
///
/// Fails with E_LOCKED after `timeout`, with E_CANCELLED once `is_cancelled` says so. The lock is
/// held until the guard is destroyed.
DataResult<std::shared_ptr<void>> lock_by_name(const std::string& name,
                                               std::chrono::milliseconds timeout,
                                               const std::function<bool()>& is_cancelled);

}  // namespace stepwell::tasks::data

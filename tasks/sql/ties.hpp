// Rows of one key between which an order does not decide: which they are, and how it is told.
//
// Threads: functions of their arguments.
#pragma once

#include "tasks/sql/sql_engine.hpp"

namespace stepwell::tasks::data {

/// SELECTs the keys of `relation` that have rows which differ in `columns`, at most five of them,
/// with the number of their `rows`. Rows that are alike in all of `columns` are no tie. REQUIRES:
/// `relation` has, of each key, the rows that the order puts first, and no others.
std::string tied_keys(Dialect dialect, const std::string& relation,
                      const std::vector<std::string>& keys,
                      const std::vector<std::string>& columns);

/// What E_TIE says of them. `order`: the parameter that was to decide, as users write it.
std::string tie_message(std::string_view order);

}  // namespace stepwell::tasks::data

// Ids as the columns of a statement hold them.
#pragma once

#include <type_traits>

#include "engine/base/ids.hpp"
#include "engine/journal/sqlite.hpp"

namespace stepwell::journal {

template <class Id>
std::int64_t number_of(Id id) {
    return static_cast<std::int64_t>(value_of(id));
}

template <class Id>
Id id_in(const Statement& row, int column) {
    return static_cast<Id>(static_cast<std::underlying_type_t<Id>>(row.integer(column)));
}

}  // namespace stepwell::journal

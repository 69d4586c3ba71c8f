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

// The flags of an open row.
inline constexpr std::int64_t kHasTasks = 1;
inline constexpr std::int64_t kIsQuarantined = 2;
inline constexpr std::int64_t kHasBegun = 4;
inline constexpr std::int64_t kIsAwaited = 8;

/// An attempt in three columns from `column` on: execution, frame, attempt.
inline TaskToken token_in(const Statement& row, int column) {
    return {id_in<ExecutionId>(row, column), id_in<FrameId>(row, column + 1),
            static_cast<std::uint32_t>(row.integer(column + 2))};
}
inline void bind_token(Statement& row, int index, const TaskToken& token) {
    row.bind(index, number_of(token.execution));
    row.bind(index + 1, number_of(token.frame));
    row.bind(index + 2, std::int64_t{token.attempt});
}

}  // namespace stepwell::journal

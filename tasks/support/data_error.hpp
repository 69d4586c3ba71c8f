// Why a data task cannot do its work, in words that Retry, Catch and people use: a stable code
// ("E_QUALITY", listed in docs/tasks/common.md) and a sentence.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/result.hpp"

namespace stepwell::tasks::data {

struct DataError {
    std::string code;     // "E_..."
    std::string message;  // "expected A, but B; hint"; no trailing period

    DataError(std::string error_code, std::string text)
        : code(std::move(error_code)), message(std::move(text)) {}
    /// What the base layer reports, under the nearest code.
    DataError(const Error& error);  // NOLINT(google-explicit-constructor): SW_TRY converts

    /// Whether the same attempt may succeed later without anybody changing anything.
    [[nodiscard]] bool is_retryable() const;
    [[nodiscard]] DataError within(std::string_view place) && {
        message.insert(0, std::string(place) + ": ");
        return std::move(*this);
    }
    bool operator==(const DataError&) const = default;
};

template <class T>
using DataResult = Result<T, DataError>;

inline Failure<DataError> data_fail(std::string code, std::string message) {
    return {DataError{std::move(code), std::move(message)}};
}

}  // namespace stepwell::tasks::data

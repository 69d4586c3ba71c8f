// Result<T>: the value, or the reason why there is none.
//
// Three channels, never mixed: Result for what the world or the user did, SW_ASSERT for what we
// did, exceptions only inside a third-party call and caught in the same function.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "engine/base/assert.hpp"

namespace stepwell {

/// A closed set: callers branch on the code, people read the message.
enum class ErrorCode {
    invalid,      // the input cannot be accepted as it is
    not_found,    // it names something that is not there
    conflict,     // it contradicts what is already there, or comes too late
    unavailable,  // not now: full, stopping, or a component is missing; retrying may help
    io,           // the operating system or the disk said no
    corruption,   // stored data is not what was stored
};

struct [[nodiscard]] Error {
    ErrorCode code = ErrorCode::invalid;
    std::string message;  // "expected A, but B; hint"; no trailing period, no newline

    /// Prefixes where we were, outermost first: "workflows/etl.yaml: state 'Load': ...".
    [[nodiscard]] Error within(std::string_view place) && {
        message.insert(0, std::string(place) + ": ");
        return std::move(*this);
    }
    bool operator==(const Error&) const = default;
};

/// Wraps an error so that it converts to any Result<T, E>.
template <class E>
struct Failure {
    E error;
};

inline Failure<Error> fail(ErrorCode code, std::string message) {
    return {Error{code, std::move(message)}};
}
template <class E>
Failure<E> fail(E error) {
    return {std::move(error)};
}

template <class T, class E = Error>
class [[nodiscard]] Result {
public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    template <class G>
    Result(Failure<G> failure) : state_(std::in_place_index<1>, std::move(failure.error)) {}

    [[nodiscard]] bool has_value() const { return state_.index() == 0; }
    explicit operator bool() const { return has_value(); }

    T& value() & { return check(), std::get<0>(state_); }
    const T& value() const& { return check(), std::get<0>(state_); }
    T&& value() && { return check(), std::get<0>(std::move(state_)); }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    E& error() & { return std::get<1>(state_); }
    const E& error() const& { return std::get<1>(state_); }
    E&& error() && { return std::get<1>(std::move(state_)); }

    template <class U>
    T value_or(U&& other) && {
        return has_value() ? std::move(*this).value() : static_cast<T>(std::forward<U>(other));
    }

private:
    void check() const { SW_ASSERT(has_value()); }
    std::variant<T, E> state_;
};

template <class E>
class [[nodiscard]] Result<void, E> {
public:
    Result() = default;
    template <class G>
    Result(Failure<G> failure) : error_(std::move(failure.error)) {}

    [[nodiscard]] bool has_value() const { return !error_; }
    explicit operator bool() const { return has_value(); }
    void value() const { SW_ASSERT(has_value()); }

    E& error() & { return *error_; }
    const E& error() const& { return *error_; }
    E&& error() && { return *std::move(error_); }

private:
    std::optional<E> error_;
};

}  // namespace stepwell

// Evaluates to the value, or returns the error to the caller. A GNU statement expression: GCC and
// Clang only, which is all we build with.
#define SW_TRY(expression)                                                       \
    __extension__({                                                              \
        auto sw_result_ = (expression);                                          \
        if (!sw_result_) return ::stepwell::fail(std::move(sw_result_).error()); \
        std::move(sw_result_).value();                                           \
    })

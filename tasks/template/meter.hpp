// What a render may take of memory, work and stack. Values charge what they hold to the meter of
// the thread that makes them; a render sets limits on it for as long as it runs.
//
// Threads: one meter a thread. A value that another thread frees is credited there; limits are set
// from what is held when a render begins, so that this does not matter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

namespace stepwell::tasks::jinja {

/// Thrown out of conversions and allocations in the middle of a render, which becomes its error.
class LimitExceeded : public std::exception {
public:
    explicit LimitExceeded(std::string message) : message_(std::move(message)) {}
    [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }

private:
    std::string message_;
};

class Meter {
public:
    static Meter& current();

    /// Throws LimitExceeded where the values would hold more than they may, or where making them
    /// was too much work.
    void take(std::size_t bytes) {
        spend(bytes / kBytesPerStep);
        held_ += static_cast<std::int64_t>(bytes);
        if (held_ > held_max_) refuse(bytes);
    }
    void give(std::size_t bytes) noexcept { held_ -= static_cast<std::int64_t>(bytes); }
    /// The most bytes that one text may have.
    [[nodiscard]] std::size_t text_max() const { return text_max_; }
    /// Throws LimitExceeded where no work is left.
    void spend(std::size_t steps) {
        if (steps > steps_left_) fail_work();
        steps_left_ -= steps;
    }
    /// Whether the thread's stack has room for more levels. The rest is for what does not ask.
    [[nodiscard]] bool has_stack() const {
        const char here = 0;
        return &here > stack_low_;
    }
    /// Throws LimitExceeded where has_stack() says no.
    void check_stack() const;

private:
    friend class MeterScope;
    static constexpr std::size_t kBytesPerStep = 256;
    Meter();
    [[noreturn]] void refuse(std::size_t bytes);
    [[noreturn]] void fail_work() const;

    std::int64_t held_ = 0;
    std::int64_t held_max_ = std::numeric_limits<std::int64_t>::max();
    std::int64_t bytes_max_ = 0;  // for the message
    std::size_t text_max_ = 64u << 20;
    std::size_t steps_left_ = std::numeric_limits<std::size_t>::max();
    std::size_t steps_max_ = 0;
    const char* stack_low_ = nullptr;
};

/// Limits for as long as it lives; those before come back then. One text may have a quarter of the
/// bytes.
class MeterScope {
public:
    MeterScope(std::size_t steps, std::size_t bytes);
    ~MeterScope();
    MeterScope(const MeterScope&) = delete;
    MeterScope& operator=(const MeterScope&) = delete;

private:
    Meter before_;
};

/// Allocates for containers of values, and charges the meter.
template <class T>
struct Counted {
    using value_type = T;
    Counted() = default;
    template <class U>
    Counted(const Counted<U>&) {}  // NOLINT: containers convert it
    T* allocate(std::size_t count) {
        Meter::current().take(count * sizeof(T));
        return std::allocator<T>().allocate(count);
    }
    void deallocate(T* at, std::size_t count) noexcept {
        Meter::current().give(count * sizeof(T));
        std::allocator<T>().deallocate(at, count);
    }
    friend bool operator==(const Counted&, const Counted&) { return true; }
};

/// Appends; throws LimitExceeded where the text would have more than Meter::text_max().
class TextBuilder {
public:
    TextBuilder& operator+=(std::string_view part) {
        reserve(part.size());
        text_ += part;
        return *this;
    }
    TextBuilder& operator+=(char part) { return *this += std::string_view(&part, 1); }
    /// Only asks whether there is room.
    void reserve(std::size_t bytes) const;
    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    std::string text_;
};

}  // namespace stepwell::tasks::jinja

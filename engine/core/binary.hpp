// Our binary form: variable-length numbers and texts, each text stored once per blob.
//
// Writer and Reader have the same face, so that fields.hpp says once what a type consists of:
//     template <class Codec, class T> void fields(Codec& codec, T& value) { codec(value.name); ...
//     }
// Numbers are LEB128; signed ones zigzag. A text is 0, length, bytes where it is new, else its
// number among the blob's texts, from 1.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "engine/base/payload.hpp"
#include "engine/base/time.hpp"

namespace stepwell::core {

/// Times and the spans between them are nearer than this, in milliseconds: some 36 million years.
/// What is not is damage, and would overflow when it is computed with.
inline constexpr std::int64_t kTimeMsMax = std::int64_t{1} << 60;

/// Payloads that are stored somewhere else, and only named where they are held.
class PayloadNumbers {
public:
    virtual ~PayloadNumbers() = default;
    /// 0: it has none, and is written where it is held.
    virtual std::uint64_t number_of(const Payload& payload) = 0;
};

using NumberedPayloads = std::unordered_map<std::uint64_t, Payload>;

class Writer {
public:
    Writer();
    /// Payloads are named by `numbers`, which outlives it. REQUIRES: the Reader knows that.
    explicit Writer(PayloadNumbers& numbers) : Writer() { numbers_ = &numbers; }

    void number(std::uint64_t value);
    /// REQUIRES: `text` stays where it is until the blob is done.
    void operator()(const std::string& text) { put(text); }
    void operator()(const Payload& payload);
    void operator()(bool value) { number(value ? 1 : 0); }
    void operator()(std::int64_t value) {
        number((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
    }
    void operator()(Timestamp at) { (*this)(to_ms(at)); }
    template <std::unsigned_integral T>
    void operator()(const T& value) {
        number(value);
    }
    template <class T>
    requires std::is_enum_v<T>
    void operator()(const T& value) { number(static_cast<std::uint64_t>(value)); }
    template <class T>
    void operator()(const std::optional<T>& value) {
        number(value ? 1 : 0);
        if (value) (*this)(*value);
    }
    template <class T>
    void operator()(const std::shared_ptr<const T>& value) {
        number(value ? 1 : 0);
        if (value) (*this)(*value);
    }
    template <class T>
    void operator()(const std::vector<T>& values) {
        number(values.size());
        for (const T& value : values) (*this)(value);
    }
    template <class T>
    requires std::is_class_v<T>
    void operator()(const T& value) { fields(*this, value); }

    /// About as many bytes will come.
    void reserve(std::size_t bytes) { bytes_.reserve(bytes); }
    /// The blob, with its sum at the end.
    [[nodiscard]] std::string take() &&;

private:
    void put(const std::string& text);
    std::uint64_t known(const std::string& text);

    PayloadNumbers* numbers_ = nullptr;
    std::string bytes_;
    std::uint64_t texts_ = 0;
    // Most blobs have few texts: the first ones are looked through.
    std::array<std::string_view, 16> first_texts_;
    std::unordered_map<std::string_view, std::uint64_t> short_texts_;  // by content
    std::unordered_map<const void*, std::uint64_t> long_texts_;        // by identity
};

/// Reads what Writer wrote, also that of an older Stepwell, which has no sum. After a fault
/// (is_ok() is false) all it gives is zero or empty.
class Reader {
public:
    explicit Reader(std::string_view bytes);

    /// From here on payloads may be named by their numbers. REQUIRES: `payloads` outlives it.
    void know(const NumberedPayloads& payloads) { payloads_ = &payloads; }

    std::uint64_t number();
    void operator()(std::string& text) { text = get().text(); }
    void operator()(Payload& payload);
    void operator()(bool& value) { value = number() != 0; }
    void operator()(std::int64_t& value) {
        const std::uint64_t raw = number();
        value = static_cast<std::int64_t>((raw >> 1) ^ (~(raw & 1) + 1));
    }
    void operator()(Timestamp& at) {
        std::int64_t ms = 0;
        time(ms);
        at = from_ms(ms);
    }
    /// A time, or a span between two, in milliseconds.
    void time(std::int64_t& ms) {
        (*this)(ms);
        if (ms > -kTimeMsMax && ms < kTimeMsMax) return;
        ms = 0;
        break_off();
    }
    template <std::unsigned_integral T>
    void operator()(T& value) {
        value = static_cast<T>(number());
    }
    template <class T>
    requires std::is_enum_v<T>
    void operator()(T& value) { value = static_cast<T>(number()); }
    template <class T>
    void operator()(std::optional<T>& value) {
        if (number() != 0) (*this)(value.emplace());
    }
    template <class T>
    void operator()(std::shared_ptr<const T>& value) {
        if (number() == 0) return;
        auto made = std::make_shared<T>();
        (*this)(*made);
        value = std::move(made);
    }
    template <class T>
    void operator()(std::vector<T>& values) {
        const std::uint64_t count = number();
        if (count > rest_.size()) return break_off();  // each takes a byte at least
        values.resize(static_cast<std::size_t>(count));
        for (T& value : values) (*this)(value);
    }
    template <class T>
    requires std::is_class_v<T>
    void operator()(T& value) { fields(*this, value); }

    void break_off() {
        is_ok_ = false;
        rest_ = {};
    }
    [[nodiscard]] bool is_ok() const { return is_ok_; }
    [[nodiscard]] bool is_at_end() const { return rest_.empty(); }

private:
    Payload get();

    const NumberedPayloads* payloads_ = nullptr;
    std::string_view rest_;
    bool is_ok_ = true;
    std::vector<Payload> texts_;
};

}  // namespace stepwell::core

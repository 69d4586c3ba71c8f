#include "tasks/files/unzstd.hpp"

#include <zstd.h>

#include <array>
#include <new>

namespace stepwell::tasks::data {
namespace {

constexpr std::size_t kOutBytes = 64U << 10U;

}  // namespace

struct Unzstd::State {
    State() : stream(ZSTD_createDStream()) {
        if (stream == nullptr) throw std::bad_alloc();
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() { ZSTD_freeDStream(stream); }

    ZSTD_DStream* stream;
};

Unzstd::Unzstd() : state_(std::make_unique<State>()) {}
Unzstd::~Unzstd() = default;

bool Unzstd::read(std::string_view piece, std::string& out) {
    std::array<char, kOutBytes> part;
    ZSTD_inBuffer in{piece.data(), piece.size(), 0};
    bool is_full = false;
    // What fits in no more is given by a call without more input.
    while (in.pos < in.size || is_full) {
        ZSTD_outBuffer unpacked{part.data(), part.size(), 0};
        const std::size_t wanted = ZSTD_decompressStream(state_->stream, &unpacked, &in);
        if (ZSTD_isError(wanted) != 0) return false;
        out.append(part.data(), unpacked.pos);
        is_at_end_ = wanted == 0;
        is_full = unpacked.pos == unpacked.size && !is_at_end_;
    }
    return true;
}

}  // namespace stepwell::tasks::data

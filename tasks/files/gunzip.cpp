#include "tasks/files/gunzip.hpp"

#include <zlib.h>

#include <array>
#include <new>

namespace stepwell::tasks::data {
namespace {

constexpr int kGzipOnly = 16;  // added to the window's bits
constexpr std::size_t kOutBytes = 64U << 10U;

}  // namespace

struct Gunzip::State {
    z_stream stream = {};
};

Gunzip::Gunzip() : state_(std::make_unique<State>()) {
    if (inflateInit2(&state_->stream, MAX_WBITS + kGzipOnly) != Z_OK) throw std::bad_alloc();
}

Gunzip::~Gunzip() {
    inflateEnd(&state_->stream);
}

/// What follows a member: another one, or zeros up to the end of a block (tapes, some uploads).
bool Gunzip::begin_member(std::string_view rest) {
    is_padding_ = is_padding_ || rest[0] == '\0';
    if (is_padding_) return rest.find_first_not_of('\0') == rest.npos;
    is_at_end_ = false;
    return inflateReset(&state_->stream) == Z_OK;
}

bool Gunzip::read(std::string_view piece, std::string& out) {
    z_stream& stream = state_->stream;
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
    stream.avail_in = static_cast<uInt>(piece.size());
    std::array<char, kOutBytes> part;
    do {
        if (is_at_end_ && stream.avail_in > 0) {
            if (!begin_member(piece.substr(piece.size() - stream.avail_in))) return false;
            if (is_padding_) return true;
        }
        stream.next_out = reinterpret_cast<Bytef*>(part.data());
        stream.avail_out = static_cast<uInt>(part.size());
        const int outcome = inflate(&stream, Z_NO_FLUSH);
        if (outcome != Z_OK && outcome != Z_STREAM_END && outcome != Z_BUF_ERROR) return false;
        out.append(part.data(), part.size() - stream.avail_out);
        is_at_end_ = outcome == Z_STREAM_END;
    } while (stream.avail_in > 0 || stream.avail_out == 0);
    return true;
}

}  // namespace stepwell::tasks::data

#include "api/http/compression.hpp"

#include <array>
#include <boost/beast/core/string.hpp>
#include <boost/beast/zlib/deflate_stream.hpp>
#include <boost/crc.hpp>
#include <utility>

#include "engine/base/result.hpp"

namespace stepwell::api {
namespace {

namespace zlib = boost::beast::zlib;

/// Fast rather than small: JSON shrinks to a tenth either way.
constexpr int kLevel = 3;
constexpr int kWindowBits = 15;
constexpr int kMemoryLevel = 8;

void append_little_endian(std::string& out, std::uint32_t number) {
    for (unsigned shift = 0; shift < 32; shift += 8) {
        out += static_cast<char>(number >> shift & 0xFFu);
    }
}

/// "gzip;q=0" is no.
bool is_refused(boost::beast::string_view parameters) {
    const std::string_view text{parameters.data(), parameters.size()};
    const std::size_t at = text.find("q=");
    if (at == text.npos) return false;
    return text.find_first_of("123456789", at) == text.npos;
}

}  // namespace

bool takes_gzip(std::string_view accept_encoding) {
    return takes_encoding(accept_encoding, "gzip");
}

bool takes_encoding(std::string_view accept_encoding, std::string_view coding) {
    namespace beast = boost::beast;
    const beast::string_view header(accept_encoding.data(), accept_encoding.size());
    // Its elements have parameters after a ';', which a list of tokens has not: split by hand.
    std::size_t begin = 0;
    while (begin < header.size()) {
        const std::size_t end = std::min(header.find(',', begin), header.size());
        const auto element = header.substr(begin, end - begin);
        const std::size_t semicolon = std::min(element.find(';'), element.size());
        auto name = element.substr(0, semicolon);
        while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
        while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
        const bool is_meant = beast::iequals(name, {coding.data(), coding.size()}) || name == "*";
        if (is_meant && !is_refused(element.substr(semicolon))) return true;
        begin = end + 1;
    }
    return false;
}

class Gzip::Impl {
public:
    Impl() { deflate_.reset(kLevel, kWindowBits, kMemoryLevel, zlib::Strategy::normal); }

    void add(std::string_view part, bool is_last, std::string& out) {
        // Magic, deflate, no flags, no time, no hints, an unknown system.
        if (!std::exchange(has_begun_, true))
            out.append("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", 10);
        crc_.process_bytes(part.data(), part.size());
        bytes_ += part.size();
        write(part, is_last ? zlib::Flush::finish : zlib::Flush::none, out);
        if (!is_last) return;
        append_little_endian(out, crc_.checksum());
        append_little_endian(out, static_cast<std::uint32_t>(bytes_));
    }

private:
    /// Until all is taken and, at the end, all is out.
    void write(std::string_view part, zlib::Flush flush, std::string& out) {
        std::array<char, 16'384> buffer;
        zlib::z_params parameters;
        parameters.next_in = part.data();
        parameters.avail_in = part.size();
        boost::system::error_code error;
        do {
            parameters.next_out = buffer.data();
            parameters.avail_out = buffer.size();
            deflate_.write(parameters, flush, error);
            const bool is_going =
                !error || error == zlib::error::end_of_stream || error == zlib::error::need_buffers;
            SW_ASSERT(is_going);
            out.append(buffer.data(), buffer.size() - parameters.avail_out);
        } while (flush == zlib::Flush::finish
                     ? error != zlib::error::end_of_stream
                     : parameters.avail_in > 0 || parameters.avail_out == 0);
    }

    zlib::deflate_stream deflate_;
    boost::crc_32_type crc_;
    std::uint64_t bytes_ = 0;
    bool has_begun_ = false;
};

Gzip::Gzip() : impl_(std::make_unique<Impl>()) {}
Gzip::~Gzip() = default;

void Gzip::add(std::string_view part, bool is_last, std::string& out) {
    impl_->add(part, is_last, out);
}

std::string gzip(std::string_view text) {
    std::string out;
    Gzip().add(text, true, out);
    return out;
}

}  // namespace stepwell::api

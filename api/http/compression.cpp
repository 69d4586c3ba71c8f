#include "api/http/compression.hpp"

#include <array>
#include <boost/beast/core/string.hpp>
#include <boost/beast/zlib/deflate_stream.hpp>
#include <boost/crc.hpp>

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

std::uint32_t crc_of(std::string_view text) {
    boost::crc_32_type crc;
    crc.process_bytes(text.data(), text.size());
    return crc.checksum();
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
        const bool is_meant = beast::iequals(name, "gzip") || name == "*";
        if (is_meant && !is_refused(element.substr(semicolon))) return true;
        begin = end + 1;
    }
    return false;
}

std::string gzip(std::string_view text) {
    // Magic, deflate, no flags, no time, no hints, an unknown system.
    std::string out("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", 10);
    zlib::deflate_stream deflate;
    deflate.reset(kLevel, kWindowBits, kMemoryLevel, zlib::Strategy::normal);
    std::array<char, 16'384> buffer;
    zlib::z_params parameters;
    parameters.next_in = text.data();
    parameters.avail_in = text.size();
    boost::system::error_code error;
    while (error != zlib::error::end_of_stream) {
        parameters.next_out = buffer.data();
        parameters.avail_out = buffer.size();
        deflate.write(parameters, zlib::Flush::finish, error);
        const bool is_going =
            !error || error == zlib::error::end_of_stream || error == zlib::error::need_buffers;
        SW_ASSERT(is_going);
        out.append(buffer.data(), buffer.size() - parameters.avail_out);
    }
    append_little_endian(out, crc_of(text));
    append_little_endian(out, static_cast<std::uint32_t>(text.size()));
    return out;
}

}  // namespace stepwell::api

#include "engine/journal/tar.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <numeric>

namespace stepwell::journal {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlock = 512;
constexpr std::size_t kPiece = 1u << 20;

/// A part of a header: where it begins and how long it is.
struct Part {
    std::size_t offset;
    std::size_t size;
};
constexpr Part kName{0, 100};
constexpr Part kMode{100, 8};
constexpr Part kSize{124, 12};
constexpr Part kModified{136, 12};
constexpr Part kChecksum{148, 8};
constexpr Part kKind{156, 1};
constexpr Part kMagic{257, 8};

using Header = std::array<char, kBlock>;

void put(Header& header, Part part, std::string_view text) {
    std::copy(text.begin(), text.end(), header.begin() + static_cast<std::ptrdiff_t>(part.offset));
}

void put_octal(Header& header, Part part, std::uint64_t number) {
    std::string digits(part.size - 1, '0');
    for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, number /= 8) {
        *digit = static_cast<char>('0' + number % 8);
    }
    put(header, part, digits);
}

/// Sizes from 8 GiB on do not fit into octal digits: GNU's form is a marked binary number.
void put_size(Header& header, std::uint64_t size) {
    if (size < (std::uint64_t{1} << 33)) return put_octal(header, kSize, size);
    header[kSize.offset] = static_cast<char>(0x80);
    for (std::size_t i = 0; i < 8; ++i) {
        header[kSize.offset + kSize.size - 1 - i] = static_cast<char>(size >> (8 * i) & 0xff);
    }
}

std::uint64_t octal_in(const Header& header, Part part) {
    std::uint64_t number = 0;
    for (std::size_t i = part.offset; i < part.offset + part.size; ++i) {
        if (header[i] >= '0' && header[i] <= '7') {
            number = number * 8 + static_cast<std::uint64_t>(header[i] - '0');
        }
    }
    return number;
}

std::uint64_t size_in(const Header& header) {
    if (static_cast<unsigned char>(header[kSize.offset]) != 0x80) return octal_in(header, kSize);
    std::uint64_t size = 0;
    for (std::size_t i = kSize.size - 8; i < kSize.size; ++i) {
        size = size << 8 | static_cast<unsigned char>(header[kSize.offset + i]);
    }
    return size;
}

/// The sum of the header's bytes, with blanks in the place of the sum.
std::uint64_t checksum_of(Header header) {
    put(header, kChecksum, "        ");
    return std::accumulate(
        header.begin(), header.end(), std::uint64_t{0},
        [](std::uint64_t sum, char c) { return sum + static_cast<unsigned char>(c); });
}

Failure<Error> failure(const fs::path& path, const char* what) {
    return fail(ErrorCode::io,
                "'" + path.string() + "': expected to " + what + ", but " + std::strerror(errno));
}

Failure<Error> mangled(const fs::path& path, const std::string& what) {
    return fail(ErrorCode::corruption, "'" + path.string() + "': " + what);
}

Result<void> copy_out(std::ifstream& in, const fs::path& from, const fs::path& to,
                      std::uint64_t size) {
    std::ofstream out;
    if (!to.empty()) {
        out.open(to, std::ios::binary | std::ios::trunc);
        if (!out) return failure(to, "write it");
    }
    std::string piece;
    const std::uint64_t padding = (kBlock - size % kBlock) % kBlock;
    while (size > 0) {
        piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>(size, kPiece)));
        if (!in.read(piece.data(), static_cast<std::streamsize>(piece.size()))) {
            return mangled(from, "the backup is cut off in the middle of a file");
        }
        if (!to.empty() && !out.write(piece.data(), static_cast<std::streamsize>(piece.size()))) {
            return failure(to, "write it");
        }
        size -= piece.size();
    }
    in.ignore(static_cast<std::streamsize>(padding));
    if (to.empty()) return {};
    out.close();
    if (!out) return failure(to, "write it");
    return {};
}

}  // namespace

Result<void> flush_to_disk(const fs::path& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return failure(path, "open it");
    const int status = ::fsync(descriptor);
    ::close(descriptor);
    if (status != 0) return failure(path, "bring it to the disk");
    return {};
}

Result<TarWriter> TarWriter::create(const fs::path& path) {
    std::error_code error;
    if (fs::exists(path, error)) {
        return fail(ErrorCode::conflict,
                    "'" + path.string() + "': expected no file of that name, but there is one");
    }
    std::ofstream out(path, std::ios::binary);
    if (!out) return failure(path, "write it");
    // It holds what runs have worked on.
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write, error);
    return TarWriter(path, std::move(out));
}

Result<void> TarWriter::write(std::string_view bytes) {
    if (out_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()))) return {};
    return failure(path_, "write it");
}

Result<void> TarWriter::begin(std::string_view name, std::uint64_t size) {
    SW_ASSERT(name.size() < kName.size);
    Header header{};
    put(header, kName, name);
    put_octal(header, kMode, 0600);
    put_size(header, size);
    put_octal(header, kModified, 0);
    put(header, kKind, "0");
    put(header, kMagic,
        std::string_view("ustar\000"
                         "00",
                         8));
    put_octal(header, {kChecksum.offset, kChecksum.size - 1}, checksum_of(header));
    return write({header.data(), header.size()});
}

Result<void> TarWriter::pad(std::uint64_t size) {
    return write(std::string((kBlock - size % kBlock) % kBlock, '\0'));
}

Result<void> TarWriter::add(std::string_view name, std::string_view content) {
    SW_TRY(begin(name, content.size()));
    SW_TRY(write(content));
    return pad(content.size());
}

Result<void> TarWriter::add_file(std::string_view name, const fs::path& file) {
    std::error_code error;
    const std::uint64_t size = fs::file_size(file, error);
    std::ifstream in(file, std::ios::binary);
    if (error || !in) return failure(file, "read it");
    SW_TRY(begin(name, size));
    std::string piece(kPiece, '\0');
    for (std::uint64_t left = size; left > 0;) {
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, kPiece));
        if (!in.read(piece.data(), static_cast<std::streamsize>(count))) {
            return failure(file, "read it");
        }
        SW_TRY(write({piece.data(), count}));
        left -= count;
    }
    return pad(size);
}

Result<void> TarWriter::finish() {
    SW_TRY(write(std::string(2 * kBlock, '\0')));
    out_.close();
    if (!out_) return failure(path_, "write it");
    SW_TRY(flush_to_disk(path_));
    return flush_to_disk(fs::absolute(path_).parent_path());
}

Result<void> read_tar(
    const fs::path& path,
    const std::function<Result<fs::path>(const std::string& name, std::uint64_t size)>& member) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return failure(path, "read it");
    Header header{};
    while (in.read(header.data(), kBlock)) {
        const bool is_end = std::all_of(header.begin(), header.end(), [](char c) { return !c; });
        if (is_end) return {};
        if (octal_in(header, kChecksum) != checksum_of(header)) {
            return mangled(path, "expected a backup of Stepwell, but it is none, or is mangled");
        }
        const char* name = header.data() + kName.offset;
        const std::uint64_t size = size_in(header);
        const fs::path to = SW_TRY(member(std::string(name, ::strnlen(name, kName.size)), size));
        SW_TRY(copy_out(in, path, to, size));
    }
    return mangled(path, "expected a backup of Stepwell, but it is empty or cut off");
}

}  // namespace stepwell::journal

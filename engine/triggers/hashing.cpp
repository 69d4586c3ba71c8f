#include "engine/triggers/hashing.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "engine/triggers/roots.hpp"

namespace stepwell::triggers {
namespace {

/// What a small file costs besides its bytes.
constexpr std::size_t kOpenCost = 4'096;
constexpr std::size_t kBufferBytes = std::size_t{1} << 18;

/// Nothing where the file cannot be read; it is told in `done` then.
std::shared_ptr<HalfHashed> begun(const FoundFile& file, std::vector<Hashed>& done) {
    auto half = std::make_shared<HalfHashed>(HalfHashed{file, open_without_links(file.real), {}});
    FoundFile now = file;
    if (half->descriptor && look_at(half->descriptor.get(), now)) return half;
    done.push_back(
        {file, file, "", "expected to read " + file.path.string() + ", but the system says no"});
    return nullptr;
}

/// -1: the disk says no; 0: the end.
ssize_t read_on(HalfHashed& half, std::vector<char>& buffer) {
    const ssize_t size = ::read(half.descriptor.get(), buffer.data(), buffer.size());
    if (size > 0) half.digest.update({buffer.data(), static_cast<std::size_t>(size)});
    return size;
}

Hashed ended(HalfHashed& half, bool is_read) {
    Hashed result{half.file, half.file, "", ""};
    if (!is_read) {
        result.fault = "expected to read " + half.file.path.string() + ", but the disk says no";
        return result;
    }
    // By its name: it may have been replaced.
    const Descriptor now = open_without_links(half.file.real);
    const bool is_there = now && look_at(now.get(), result.after);
    if (is_there && is_same_file(result.after, half.file)) result.digest = half.digest.hex();
    return result;
}

}  // namespace

void hash_some(HashSlice& slice, std::size_t bytes, const std::atomic<bool>& is_stopping) {
    std::vector<char> buffer(kBufferBytes);
    const auto spend = [&](std::size_t size) { bytes -= std::min(bytes, size); };
    for (const FoundFile& file : slice.files) {
        if (!slice.half) {
            slice.half = begun(file, slice.done);
            spend(kOpenCost);
            if (!slice.half) continue;
        }
        ssize_t size = 1;
        while (bytes > 0 && size > 0 && !is_stopping) {
            size = read_on(*slice.half, buffer);
            spend(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
        }
        if (size > 0) return;  // goes on with it the next time
        slice.done.push_back(ended(*slice.half, size == 0));
        slice.half.reset();
        if (bytes == 0) return;
    }
}

}  // namespace stepwell::triggers

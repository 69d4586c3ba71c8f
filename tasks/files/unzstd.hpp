// Unpacks Zstandard (RFC 8878) that comes in pieces.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace stepwell::tasks::data {

/// One stream of Zstandard: one frame, or several behind one another. Belongs to one thread.
class Unzstd {
public:
    Unzstd();
    ~Unzstd();
    Unzstd(const Unzstd&) = delete;
    Unzstd& operator=(const Unzstd&) = delete;

    /// Whether bytes that begin so are Zstandard.
    [[nodiscard]] static bool is_zstd(std::string_view head) {
        return head.starts_with("\x28\xB5\x2F\xFD");
    }
    /// Appends what the piece unpacks to; false where it is no Zstandard, a checksum is wrong, or
    /// it wants more than 128 MiB of memory.
    [[nodiscard]] bool read(std::string_view piece, std::string& out);
    /// Whether the last frame is whole; else the stream was cut.
    [[nodiscard]] bool is_at_end() const { return is_at_end_; }

private:
    struct State;
    std::unique_ptr<State> state_;
    bool is_at_end_ = false;
};

}  // namespace stepwell::tasks::data

// Unpacks gzip (RFC 1952) that comes in pieces.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace stepwell::tasks::data {

/// One stream of gzip: one member, or several behind one another, as `cat a.gz b.gz` and parallel
/// compressors write them. Belongs to one thread.
class Gunzip {
public:
    Gunzip();
    ~Gunzip();
    Gunzip(const Gunzip&) = delete;
    Gunzip& operator=(const Gunzip&) = delete;

    /// Whether bytes that begin so are gzip.
    [[nodiscard]] static bool is_gzip(std::string_view head) {
        return head.starts_with("\x1F\x8B");
    }
    /// Appends what the piece unpacks to; false where it is not gzip or a checksum is wrong.
    [[nodiscard]] bool read(std::string_view piece, std::string& out);
    /// Whether the last member is whole; else the stream was cut.
    [[nodiscard]] bool is_at_end() const { return is_at_end_; }

private:
    bool begin_member(std::string_view rest);

    struct State;
    std::unique_ptr<State> state_;
    bool is_at_end_ = false;
    bool is_padding_ = false;
};

}  // namespace stepwell::tasks::data

// Answers as gzip, for those who take it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace stepwell::api {

/// Answers below it are sent as they are: what would be saved is less than a packet.
inline constexpr std::size_t kCompressedFrom = 1'024;

/// Whether the value of an Accept-Encoding header takes this coding.
bool takes_encoding(std::string_view accept_encoding, std::string_view coding);
/// The same of gzip.
bool takes_gzip(std::string_view accept_encoding);

/// `text` in the format of RFC 1952. Costs some ten milliseconds a megabyte.
std::string gzip(std::string_view text);

/// The same of a text that comes part by part. Holds some 300 KB.
class Gzip {
public:
    Gzip();
    ~Gzip();
    Gzip(const Gzip&) = delete;
    /// Appends to `out` what there is of the compressed text, which may be nothing yet; all of it
    /// with the last part. REQUIRES: none was the last one.
    void add(std::string_view part, bool is_last, std::string& out);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace stepwell::api

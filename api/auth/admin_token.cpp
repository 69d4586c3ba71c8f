#include "api/auth/admin_token.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "api/secrets/crypto.hpp"
#include "engine/base/descriptor.hpp"

namespace stepwell::api {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFileName = "admin.token";
constexpr std::string_view kPrefix = "swa_";
constexpr std::size_t kRandomBytes = 32;
constexpr std::size_t kTokenBytes = kPrefix.size() + 43;  // base64url of them, without padding

Failure<Error> token_failure(const fs::path& file, const char* what) {
    const char* why = std::strerror(errno);
    return fail(ErrorCode::io, file.string() + ": expected to " + what + ", but " + why);
}

Result<void> write_token(const fs::path& file, const std::string& token) {
    const fs::path draft = file.string() + ".new";
    const Descriptor out(::open(
        draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
    const std::string text = token + "\n";
    const bool is_written =
        out && ::fchmod(out.get(), S_IRUSR | S_IWUSR) == 0 &&
        ::write(out.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
        ::fsync(out.get()) == 0;
    if (!is_written) return token_failure(file, "write the token of the admin");
    if (::rename(draft.c_str(), file.c_str()) == 0) return {};
    return token_failure(file, "put the token of the admin in its place");
}

}  // namespace

std::optional<std::string> read_admin_token(const fs::path& data_folder, uid_t owner) {
    const fs::path path = data_folder / kFileName;
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat facts {};
    const bool is_private = file && ::fstat(file.get(), &facts) == 0 && S_ISREG(facts.st_mode) &&
                            facts.st_uid == owner && (facts.st_mode & 077) == 0;
    if (!is_private) return std::nullopt;
    std::array<char, 128> buffer{};
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    std::string token(buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    token.erase(token.find_last_not_of(" \t\r\n") + 1);
    if (token.size() != kTokenBytes || !token.starts_with(kPrefix)) return std::nullopt;
    return token;
}

Result<std::string> open_admin_token(const fs::path& data_folder,
                                     const std::function<void(const std::string&)>& warn) {
    if (auto token = read_admin_token(data_folder, ::geteuid())) return *std::move(token);
    const fs::path file = data_folder / kFileName;
    std::error_code ignored;
    if (fs::exists(file, ignored)) {
        warn(file.string() +
             " was no token, or others could read it: there is another one in it now");
    }
    std::string token = std::string(kPrefix) + base64url_encode(random_bytes(kRandomBytes));
    SW_TRY(write_token(file, token));
    return token;
}

}  // namespace stepwell::api

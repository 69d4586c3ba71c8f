#include "api/secrets/secret_key.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "api/secrets/crypto.hpp"
#include "engine/base/descriptor.hpp"

namespace stepwell::api {
namespace {

namespace fs = std::filesystem;

constexpr const char* kOwnName = "secret.key";
constexpr const char* kCredentialName = "stepwell.secret-key";

Failure<Error> io_failure(const fs::path& file, const char* what) {
    const char* why = std::strerror(errno);
    return fail(ErrorCode::io, file.string() + ": expected to " + what + ", but " + why);
}

Result<void> check_mode(const fs::path& file) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) return io_failure(file, "read the key of secrets");
    if ((status.st_mode & 077) == 0) return {};
    return fail(ErrorCode::invalid, file.string() +
                                        ": expected a file that only its owner may read, but "
                                        "others may too; run chmod 600 on it");
}

/// Under its name only when it is whole: half a key would be refused by every start from then on.
Result<void> write_durably(const fs::path& file, const std::string& text) {
    std::string draft = file.string() + ".XXXXXX";
    Descriptor made(::mkostemp(draft.data(), O_CLOEXEC));  // 0600
    if (!made) return io_failure(file, "make the key of secrets");
    const bool is_written =
        ::write(made.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
        ::fsync(made.get()) == 0;
    // Not over a key that has come meanwhile: link() takes no name twice.
    const bool is_named = is_written && ::link(draft.c_str(), file.c_str()) == 0;
    auto result = is_named ? Result<void>() : io_failure(file, "write the key of secrets");
    ::unlink(draft.c_str());
    if (!result) return result;
    const int folder = ::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return io_failure(file, "make the key of secrets durable");
    ::fsync(folder);
    ::close(folder);
    return {};
}

}  // namespace

SecretKeyPlace secret_key_place(const fs::path& data_folder, const Environment& environment) {
    if (const auto named = environment("STEPWELL_SECRET_KEY_FILE")) return {*named, false};
    if (const auto folder = environment("CREDENTIALS_DIRECTORY")) {
        const fs::path credential = fs::path(*folder) / kCredentialName;
        std::error_code ignored;
        if (fs::exists(credential, ignored)) return {credential, false};
    }
    return {data_folder / kOwnName, true};
}

Result<std::optional<std::string>> read_secret_key(const SecretKeyPlace& place) {
    std::ifstream file(place.file, std::ios::binary);
    if (!file && place.is_own && errno == ENOENT) return std::optional<std::string>();
    if (!file) {
        return fail(
            ErrorCode::not_found,
            place.file.string() + ": expected the key of secrets, but " + std::strerror(errno));
    }
    if (place.is_own) SW_TRY(check_mode(place.file));
    std::string text(std::istreambuf_iterator<char>(file), {});
    text.erase(text.find_last_not_of(" \t\r\n") + 1);
    auto key = hex_decode(text);
    if (!key || key->size() != kSealKeyBytes) {
        return fail(ErrorCode::invalid,
                    place.file.string() + ": expected a key of 64 hexadecimal digits, but got " +
                        std::to_string(text.size()) + " characters of something else");
    }
    return key;
}

Result<std::string> make_secret_key(const SecretKeyPlace& place) {
    std::string key = random_bytes(kSealKeyBytes);
    std::error_code ignored;
    fs::create_directories(place.file.parent_path(), ignored);
    SW_TRY(write_durably(place.file, hex_encode(key) + "\n"));
    return key;
}

Result<std::string> read_or_make_secret_key(const SecretKeyPlace& place) {
    auto key = SW_TRY(read_secret_key(place));
    if (key) return *std::move(key);
    return make_secret_key(place);
}

}  // namespace stepwell::api

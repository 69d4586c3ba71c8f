#include "api/secrets/crypto.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <vector>

#include "api/http/principal.hpp"
#include "engine/base/ascii.hpp"
#include "engine/base/assert.hpp"
#include "engine/base/digest.hpp"

namespace stepwell::api {
namespace {

constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHashBytes = 32;
// With N 2^15 and r 8, what OWASP asks for.
constexpr unsigned kParallel = 3;
constexpr unsigned kParallelMax = 8;
constexpr std::uint64_t kScryptBytesMax = 160u << 20;

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

unsigned char* bytes_of(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}
const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

struct ScryptCost {
    unsigned log_n = 0, r = 0, p = 0;
};

/// Empty where the parameters are out of bounds.
std::string scrypt(std::string_view password, std::string_view salt, ScryptCost cost) {
    if (cost.log_n < 1 || cost.log_n > 17 || cost.r < 1 || cost.r > 8 || cost.p < 1 ||
        cost.p > kParallelMax)
        return {};
    std::string out(kHashBytes, '\0');
    const int done = EVP_PBE_scrypt(password.data(), password.size(), bytes_of(salt), salt.size(),
                                    std::uint64_t{1} << cost.log_n, cost.r, cost.p, kScryptBytesMax,
                                    bytes_of(out), out.size());
    return done == 1 ? out : std::string();
}

std::vector<std::string_view> parts_of(std::string_view text) {
    std::vector<std::string_view> parts;
    while (true) {
        const std::size_t end = text.find('$');
        parts.push_back(text.substr(0, end));
        if (end == text.npos) return parts;
        text.remove_prefix(end + 1);
    }
}

unsigned number_of(std::string_view text) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() ? number : 0;
}

std::string hash_prefix(unsigned cost) {
    return "scrypt$" + std::to_string(cost) + "$8$" + std::to_string(kParallel) + "$";
}

}  // namespace

std::string random_bytes(std::size_t count) {
    std::string bytes(count, '\0');
    SW_ASSERT(RAND_bytes(bytes_of(bytes), static_cast<int>(count)) == 1);
    return bytes;
}

std::string hex_encode(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text += {kDigits[byte >> 4], kDigits[byte & 15]};
    }
    return text;
}

std::optional<std::string> hex_decode(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_value(text[i]);
        const int low = hex_value(text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        bytes += static_cast<char>(high * 16 + low);
    }
    return bytes;
}

std::string base64url_encode(std::string_view bytes) {
    std::string text = base64_encode(bytes);
    text.erase(std::min(text.find('='), text.size()));
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    return text;
}

std::string hash_password(std::string_view password, unsigned cost) {
    const std::string salt = random_bytes(kSaltBytes);
    const std::string hash = scrypt(password, salt, {cost, 8, kParallel});
    SW_ASSERT(!hash.empty());
    return hash_prefix(cost) + base64_encode(salt) + "$" + base64_encode(hash);
}

bool is_hash_current(std::string_view hash, unsigned cost) {
    return hash.starts_with(hash_prefix(cost));
}

bool verify_password(std::string_view password, std::string_view hash) {
    const auto parts = parts_of(hash);
    if (parts.size() != 6 || parts[0] != "scrypt") return false;
    const auto salt = base64_decode(parts[4]);
    const auto want = base64_decode(parts[5]);
    if (!salt || !want || want->size() != kHashBytes) return false;
    const std::string got =
        scrypt(password, *salt, {number_of(parts[1]), number_of(parts[2]), number_of(parts[3])});
    return equal_in_constant_time(got, *want);
}

std::string seal(std::string_view key, std::string_view plain, std::string_view context) {
    SW_ASSERT(key.size() == kSealKeyBytes);
    const Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
    std::string out = random_bytes(kNonceBytes);
    const std::string nonce = out;
    out.resize(kNonceBytes + plain.size() + kTagBytes);
    unsigned char* const at = bytes_of(out) + kNonceBytes;
    int size = 0;
    bool is_good = EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key),
                                      bytes_of(std::string_view(nonce))) == 1;
    is_good = is_good && EVP_EncryptUpdate(cipher.get(), nullptr, &size, bytes_of(context),
                                           static_cast<int>(context.size())) == 1;
    is_good = is_good && EVP_EncryptUpdate(cipher.get(), at, &size, bytes_of(plain),
                                           static_cast<int>(plain.size())) == 1;
    is_good = is_good && EVP_EncryptFinal_ex(cipher.get(), at + plain.size(), &size) == 1;
    is_good = is_good && EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes,
                                             at + plain.size()) == 1;
    SW_ASSERT(is_good);
    return out;
}

std::optional<std::string> open_sealed(std::string_view key, std::string_view sealed,
                                       std::string_view context) {
    if (key.size() != kSealKeyBytes || sealed.size() < kNonceBytes + kTagBytes) return std::nullopt;
    const Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
    const std::string_view text =
        sealed.substr(kNonceBytes, sealed.size() - kNonceBytes - kTagBytes);
    std::string tag(sealed.substr(sealed.size() - kTagBytes));
    std::string plain(text.size(), '\0');
    int size = 0;
    bool is_good = EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key),
                                      bytes_of(sealed)) == 1;
    is_good = is_good && EVP_DecryptUpdate(cipher.get(), nullptr, &size, bytes_of(context),
                                           static_cast<int>(context.size())) == 1;
    is_good = is_good && EVP_DecryptUpdate(cipher.get(), bytes_of(plain), &size, bytes_of(text),
                                           static_cast<int>(text.size())) == 1;
    is_good = is_good && EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes,
                                             bytes_of(tag)) == 1;
    is_good =
        is_good && EVP_DecryptFinal_ex(cipher.get(), bytes_of(plain) + plain.size(), &size) == 1;
    if (!is_good) return std::nullopt;
    return plain;
}

std::string derive_key(std::string_view key, std::string_view purpose) {
    return *hex_decode(hmac_sha256_hex(key, purpose));
}

}  // namespace stepwell::api

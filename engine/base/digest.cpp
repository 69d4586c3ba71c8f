#include "engine/base/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <utility>

#include "engine/base/assert.hpp"

namespace stepwell {
namespace {

const EVP_MD* algorithm_of(std::string_view name) {
    if (name == "MD5") return EVP_md5();
    if (name == "SHA-1") return EVP_sha1();
    if (name == "SHA-256") return EVP_sha256();
    if (name == "SHA-384") return EVP_sha384();
    if (name == "SHA-512") return EVP_sha512();
    return nullptr;
}

std::string to_hex(const unsigned char* bytes, std::size_t size) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    text.reserve(size * 2);
    for (std::size_t i = 0; i < size; ++i) {
        text += kDigits[bytes[i] >> 4];
        text += kDigits[bytes[i] & 15];
    }
    return text;
}

const unsigned char* bytes_of(std::string_view data) {
    return reinterpret_cast<const unsigned char*>(data.data());
}

}  // namespace

std::optional<std::string> digest_hex(std::string_view algorithm, std::string_view data) {
    const EVP_MD* kind = algorithm_of(algorithm);
    if (!kind) return std::nullopt;
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned size = 0;
    if (EVP_Digest(data.data(), data.size(), out.data(), &size, kind, nullptr) != 1) {
        return std::nullopt;
    }
    return to_hex(out.data(), size);
}

struct Sha256::State {
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(),
                                                                    &EVP_MD_CTX_free};
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
    SW_ASSERT(EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr) == 1);
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&& other) noexcept = default;
Sha256& Sha256::operator=(Sha256&& other) noexcept = default;

void Sha256::update(std::string_view data) {
    SW_ASSERT(EVP_DigestUpdate(state_->context.get(), data.data(), data.size()) == 1);
}

std::string Sha256::hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned size = 0;
    SW_ASSERT(EVP_DigestFinal_ex(state_->context.get(), out.data(), &size) == 1);
    return to_hex(out.data(), size);
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string hmac_sha256_hex(std::string_view key, std::string_view data) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned size = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(data), data.size(),
         out.data(), &size);
    return to_hex(out.data(), size);
}

std::string base64_encode(std::string_view data) {
    std::string text((data.size() + 2) / 3 * 4 + 1, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes_of(data),
                                     static_cast<int>(data.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
}

std::optional<std::string> base64_decode(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::string data(text.size() / 4 * 3, '\0');
    const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(data.data()), bytes_of(text),
                                     static_cast<int>(text.size()));
    if (size < 0) return std::nullopt;
    std::size_t padding = 0;
    while (padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
    if (padding > 2) return std::nullopt;
    data.resize(static_cast<std::size_t>(size) - padding);
    if (base64_encode(data) != text) return std::nullopt;  // the library takes blanks; we do not
    return data;
}

}  // namespace stepwell

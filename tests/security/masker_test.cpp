// The masker, and the forms that it looks for.
#include "api/secrets/masker.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "api/secrets/crypto.hpp"
#include "api/secrets/secret_forms.hpp"
#include "engine/base/digest.hpp"
#include "engine/base/prng.hpp"
#include "tests/support/effort.hpp"

using namespace stepwell;
using namespace stepwell::api;

namespace {

std::shared_ptr<const Masker> masker_of(const std::string& value) {
    return Masker::make({{"s", value}});
}

std::string url_quoted(const std::string& text, bool is_upper, bool has_plus) {
    std::string out;
    for (const char c : text) {
        std::string digits = hex_encode(std::string_view(&c, 1));
        if (is_upper) {
            for (char& d : digits) d = d >= 'a' ? static_cast<char>(d - 32) : d;
        }
        const bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                              (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.' ||
                              c == '~';
        out += is_plain ? std::string(1, c) : c == ' ' && has_plus ? "+" : "%" + digits;
    }
    return out;
}

std::string url_safe(std::string text) {
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    return text;
}

}  // namespace

TEST_CASE("a secret is masked in every form that it may take") {
    const std::string secret = "p@ss \"w\\rd'/+ü\n<&>";
    const auto masker = masker_of(secret);
    struct Case {
        std::string name;
        std::string form;
    };
    const std::string json = to_text(Json(secret));
    const std::string ascii = Json(secret).dump(-1, ' ', true);
    // clang-format off
    const std::vector<Case> cases = {
        {"raw", secret},
        {"JSON", json.substr(1, json.size() - 2)},
        {"JSON in ASCII", ascii.substr(1, ascii.size() - 2)},
        {"JSON in JSON", to_text(Json(json))},
        {"hex", hex_encode(secret)},
        {"URL, upper case", url_quoted(secret, true, false)},
        {"URL, lower case", url_quoted(secret, false, false)},
        {"URL with plus", url_quoted(secret, true, true)},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.name);
        const std::string masked = masker->mask("before " + c.form + " after");
        CHECK(masked.find("p@ss") == masked.npos);
        CHECK(masked.starts_with("before "));
        CHECK(masked.ends_with(" after"));
        CHECK(masked.find("***") != masked.npos);
        CHECK(masked.size() <= 30);
    }
}

TEST_CASE("base64 is masked wherever in the encoded text the secret stands") {
    const std::string secret = "s3cr3t-value/with+marks";
    const auto masker = masker_of(secret);
    for (std::size_t before = 0; before < 7; ++before) {
        for (std::size_t after = 0; after < 7; ++after) {
            CAPTURE(before);
            CAPTURE(after);
            const std::string plain = std::string(before, 'b') + secret + std::string(after, 'a');
            for (const std::string& text :
                 {base64_encode(plain), url_safe(base64_encode(plain)), base64url_encode(plain)}) {
                const std::string masked = masker->mask(text);
                CHECK(masked.find("***") != masked.npos);
                // At most the characters that it shares with its neighbours are left.
                CHECK(masked.size() <= (before + after) * 4 / 3 + 3 + 6);
            }
        }
    }
}

TEST_CASE("a document stays a document, and has no secret in it whatever its escapes") {
    const auto masker = masker_of("12345678");
    struct Case {
        std::string name, document, want;
    };
    // clang-format off
    const std::vector<Case> cases = {
        {"a string", R"({"a":"x12345678y"})", R"({"a":"x***y"})"},
        {"a name", R"({"12345678":1})", R"({"***":1})"},
        {"a number", R"([12345678])", R"(["***"])"},
        {"a part of a number is no secret", R"([123456789])", R"([123456789])"},
        {"escapes that need not be", R"(["\u0031234567\u0038"])", R"(["***"])"},
        {"a document in a string", R"(["{\"a\":\"12345678\"}"])", R"(["{\"a\":\"***\"}"])"},
        {"nothing: as it came", R"({ "a" : "b\u0041" })", R"({ "a" : "b\u0041" })"},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.name);
        CHECK(masker->mask(*Payload::from_text(c.document)).text() == c.want);
    }
    CHECK(masker->mask_any(R"({"errorMessage": "\u0031\u0032345678"})") ==
          R"({"errorMessage":"***"})");
    CHECK(masker->mask_any("{not JSON 12345678") == "{not JSON ***");
}

TEST_CASE("a value with several lines is masked line by line too") {
    const auto masker = masker_of("-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEF\n");
    CHECK(masker->mask("log: MIIEvQIBADANBgkq") == "log: ***");
    CHECK(masker->mask("log: hkiG9w0BAQEF.") == "log: ***.");
    CHECK(masker->mask("\\nMIIEvQIBADANBgkq\\nhkiG9w0BAQEF\\n").find("MII") == std::string::npos);
}

TEST_CASE("secrets that overlap, touch or contain each other leave nothing behind") {
    const auto masker = Masker::make({{"a", "abcdef"}, {"b", "defghi"}, {"c", "cdef"}});
    CHECK(masker->mask("xabcdefghix") == "x***x");
    CHECK(masker->mask("abcdefdefghi") == "***");
    CHECK(masker->mask("cdef") == "***");
    CHECK(masker->mask("abcde") == "abcde");
    CHECK(masker->find("..defghi")->name == "b");
    CHECK(masker->find("..defghi")->position == 2);
}

TEST_CASE("a long value is masked as a whole, and so is its base64") {
    Prng random(7);
    std::string secret;
    while (secret.size() < 3'000) secret += static_cast<char>('!' + random.below(90));
    const auto masker = masker_of(secret);
    CHECK(masker->mask("x" + secret + "x") == "x***x");
    const std::string left = masker->mask(base64_encode("ab" + secret));
    CHECK(left.size() < 100);
}

TEST_CASE("what is too short to be masked is not looked for") {
    CHECK(masker_of("abc") == nullptr);
    CHECK(Masker::make({}) == nullptr);
    CHECK(forms_of_secret("abc").empty());
}

TEST_CASE("random secrets in random texts never come through") {
    for (std::uint64_t seed = 1; seed <= test::tries(300); ++seed) {
        CAPTURE(seed);
        Prng random(seed);
        std::string secret;
        const std::size_t length = 4 + random.below(40);
        // Few letters: overlaps and repetitions are likely.
        while (secret.size() < length) secret += "ab\"\\ %\n"[random.below(7)];
        const auto masker = masker_of(secret);
        const std::vector<std::string> forms = forms_of_secret(secret);
        std::string text;
        for (int i = 0; i < 20; ++i) {
            text += random.below(2) ? forms[random.below(forms.size())] : std::string(1, 'a');
        }
        const std::string masked = masker->mask(text);
        for (const std::string& form : forms) CHECK(masked.find(form) == masked.npos);
        CHECK(masker->mask(masked) == masked);
    }
}

namespace {

/// Marks every place of every pattern, one after the other.
std::string masked_naively(const std::string& text, const std::vector<std::string>& patterns) {
    std::vector<bool> is_secret(text.size());
    for (const std::string& pattern : patterns) {
        for (std::size_t at = text.find(pattern); at != text.npos;
             at = text.find(pattern, at + 1)) {
            std::fill_n(is_secret.begin() + static_cast<std::ptrdiff_t>(at), pattern.size(), true);
        }
    }
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!is_secret[i]) {
            out += text[i];
        } else if (i == 0 || !is_secret[i - 1]) {
            out += kMask;
        }
    }
    return out;
}

}  // namespace

TEST_CASE("the automaton masks what a search for each form by itself would") {
    Prng random(7);
    const auto text_of = [&](std::size_t size, std::uint64_t letters) {
        std::string text;
        while (text.size() < size) text += static_cast<char>('a' + random.next() % letters);
        return text;
    };
    for (int round = 0; round < 300; ++round) {
        std::vector<KnownSecret> secrets;
        std::vector<std::string> patterns;
        for (std::uint64_t i = 0; i < 1 + random.next() % 4; ++i) {
            const std::string value = text_of(kSecretBytesMin + random.next() % 5, 2);
            secrets.push_back({"s", value});
            for (auto& form : forms_of_secret(value)) patterns.push_back(std::move(form));
        }
        const auto masker = Masker::make(secrets);
        REQUIRE(masker);
        const std::string text = text_of(60, 3);
        CAPTURE(text);
        CHECK(masker->mask(text) == masked_naively(text, patterns));
    }
}

TEST_CASE("what the automaton takes is linear in the bytes of the forms") {
    Prng random(8);
    std::vector<KnownSecret> secrets;
    std::size_t bytes = 0;
    for (int i = 0; i < 4; ++i) {
        std::string value;
        while (value.size() < kSecretBytesMax) {
            value += static_cast<char>('!' + random.next() % 90);
        }
        for (const auto& form : forms_of_secret(value)) bytes += form.size();
        secrets.push_back({"s", std::move(value)});
        CHECK(Masker::make(secrets)->states() <= bytes + 1);
    }
}

// Any text under any secrets (the first line, separated by commas): no secret is left in what is
// masked, what was JSON stays JSON, and what holds no secret stays as it was.
#include <algorithm>

#include "api/secrets/masker.hpp"
#include "api/secrets/secret_forms.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace stepwell;

namespace {

std::vector<api::KnownSecret> secrets_in(std::string_view line) {
    std::vector<api::KnownSecret> secrets;
    while (!line.empty() && secrets.size() < 8) {
        const std::string_view value = line.substr(0, line.find(','));
        line.remove_prefix(std::min(line.size(), value.size() + 1));
        secrets.push_back({"s" + std::to_string(secrets.size()), std::string(value)});
    }
    return secrets;
}

/// A mask beside a text can look like the secret "***x" again.
bool can_be_made_by_masks(std::string_view form) {
    return form.find('*') != form.npos;
}

bool holds_a_secret(const std::vector<api::KnownSecret>& secrets, std::string_view text) {
    for (const auto& secret : secrets) {
        for (const std::string& form : api::forms_of_secret(secret.value)) {
            if (!can_be_made_by_masks(form) && text.find(form) != text.npos) return true;
        }
    }
    return false;
}

void check_document(const api::Masker& masker, const std::vector<api::KnownSecret>& secrets,
                    std::string_view text) {
    auto document = Payload::from_text(std::string(text));
    if (!document) return;
    const Payload masked = masker.mask(*document);
    SW_ASSERT(parse_json(masked.text()).has_value());
    if (!masker.find_in_json(text)) SW_ASSERT(masked.text() == text);
    for (const Json& value : masked.json()) {
        if (value.is_string()) SW_ASSERT(!holds_a_secret(secrets, value.get<std::string>()));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto [line, text] = test::first_line_and_rest(test::text_of(data, size));
    const auto secrets = secrets_in(line);
    const auto masker = api::Masker::make(secrets);
    if (!masker) return 0;
    const std::string masked = masker->mask(std::string(text));
    SW_ASSERT(!holds_a_secret(secrets, masked));
    SW_ASSERT(masker->find(text).has_value() == (masked != text) ||
              masked.find(api::kMask) != masked.npos);
    (void)masker->mask_any(std::string(text));
    check_document(*masker, secrets, text);
    return 0;
}

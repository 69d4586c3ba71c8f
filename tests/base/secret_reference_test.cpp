#include "engine/base/secret_reference.hpp"

#include <doctest/doctest.h>

namespace stepwell::test {
namespace {

std::string expanded(const std::string& text) {
    auto result = expand_secrets(text, [](const SecretName& name) -> Result<std::string> {
        if (name.name == "none") return fail(ErrorCode::not_found, "there is none");
        return "<" + name.text() + ">";
    });
    return result ? *result : "refused: " + result.error().message;
}

}  // namespace

TEST_CASE("references to secrets are replaced where they stand, and nothing else") {
    struct Case {
        std::string text, want;
    };
    // clang-format off
    const std::vector<Case> cases = {
        {"", ""},
        {"no secret: $secret {secret:a} ${a}", "no secret: $secret {secret:a} ${a}"},
        {"${secret:a}", "<a>"},
        {"Bearer ${secret:team/crm-1.x_y}!", "Bearer <team/crm-1.x_y>!"},
        {"${secret:a}${secret:b#c d}", "<a><b#c d>"},
        {"{{resolve:secretsmanager:a}}", "<a>"},
        {"{{resolve:secretsmanager:a:SecretString}}", "<a>"},
        {"{{resolve:secretsmanager:a:SecretString:password}}", "<a#password>"},
        {"{{resolve:secretsmanager:a:SecretString:password:AWSCURRENT}}", "<a#password>"},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.text);
        CHECK(expanded(c.text) == c.want);
        CHECK(names_secret(c.text) == (c.text != c.want));
    }
    CHECK(secrets_named_in("${secret:a} ${secret:b#c}")->size() == 2);
}

TEST_CASE("a reference that is not well formed is refused, not passed on") {
    const std::vector<std::string> cases = {"${secret:}",
                                            "${secret:a",
                                            "${secret:a b}",
                                            "${secret:a#}",
                                            "{{resolve:secretsmanager:}}",
                                            "{{resolve:secretsmanager:a:SecretBinary}}",
                                            "${secret:" + std::string(129, 'a') + "}"};
    for (const std::string& text : cases) {
        CAPTURE(text);
        CHECK(expanded(text).starts_with("refused: expected a secret as ${secret:NAME}"));
    }
    CHECK(expanded("${secret:none}") == "refused: there is none");
}

TEST_CASE("a value is not looked into again") {
    const auto result = expand_secrets("${secret:a}", [](const SecretName&) {
        return Result<std::string>(std::string("${secret:b}"));
    });
    CHECK(*result == "${secret:b}");
}

}  // namespace stepwell::test

// Takes secrets out of texts and documents: every known value, in all its forms, becomes "***".
//
// One pass of an Aho-Corasick automaton, linear in the text whatever the number of secrets.
//
// Threads: immutable; share it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/base/payload.hpp"

namespace stepwell::api {

inline constexpr std::string_view kMask = "***";

struct KnownSecret {
    std::string name;
    std::string value;
};

class Masker {
public:
    /// Null where there is nothing to look for.
    static std::shared_ptr<const Masker> make(const std::vector<KnownSecret>& secrets);
    ~Masker();

    [[nodiscard]] std::string mask(std::string text) const;
    /// Strings, names of members, and numbers that are a secret as a whole.
    [[nodiscard]] Payload mask(Payload document) const;
    /// Whether something was masked.
    bool mask_json(Json& value) const;
    /// As the payload where `text` is a JSON document, else as a text. For causes of failures.
    [[nodiscard]] std::string mask_any(std::string text) const;

    struct Found {
        std::string name;          // of the secret
        std::size_t position = 0;  // in bytes, from the text's begin
    };
    /// The first secret in a text.
    [[nodiscard]] std::optional<Found> find(std::string_view text) const;
    /// The same where `text` is a JSON document, whatever its escapes. The position is that of the
    /// text as it stands where it can be told, else 0.
    [[nodiscard]] std::optional<Found> find_in_json(std::string_view text) const;

    /// What it takes in memory, some 24 bytes each: no more than the patterns have bytes.
    [[nodiscard]] std::size_t states() const;

private:
    class Automaton;
    explicit Masker(std::unique_ptr<Automaton> automaton);
    std::unique_ptr<Automaton> automaton_;
};

}  // namespace stepwell::api

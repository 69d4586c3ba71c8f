// Payload: an immutable JSON document that states hand on, shared between all who hold it.
//
// It keeps the text as it came (users see their own whitespace and number spelling again) and
// parses only when somebody looks inside: a payload that a state merely passes on costs nothing.
//
// Thread safety: complete; both forms are made at most once.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/base/json.hpp"

namespace stepwell {

/// What a state's input, output or result may measure, in bytes of UTF-8 text.
inline constexpr std::size_t kPayloadBytesMax = 262'144;

/// What is nested deeper is never parsed: much that looks into a document recurses with it. More
/// than kJsonDepthMax, as a join of payloads is one deeper than they are.
inline constexpr int kPayloadDepthParsed = 2 * kJsonDepthMax;

class Payload {
public:
    /// The empty object.
    Payload();
    explicit Payload(Json value);

    /// Checks and keeps `text`: what comes from outside comes in here. Fails with `invalid` where
    /// it is not one JSON document, is nested deeper than kJsonDepthMax, or has more than
    /// kPayloadBytesMax bytes.
    static Result<Payload> from_text(std::string text);

    /// Keeps `text` unchecked. REQUIRES: it came out of a Payload, or was checked before.
    static Payload trusted(std::string text);

    [[nodiscard]] const std::string& text() const;
    /// REQUIRES: not deeper than kPayloadDepthParsed; whoever joins payloads checks before.
    [[nodiscard]] const Json& json() const;
    [[nodiscard]] std::size_t bytes() const { return text().size(); }
    /// bytes() where it is known as text, 0 where it was only made yet: it need not be parsed then.
    [[nodiscard]] std::size_t bytes_to_parse() const;
    /// How deep arrays and objects stand in each other. Counted when first asked for.
    [[nodiscard]] int depth() const;
    /// Whether it may be handed on by a state: in bytes and in depth.
    [[nodiscard]] bool is_within_limits() const {
        return bytes() <= kPayloadBytesMax && depth() <= kJsonDepthMax;
    }

    /// The same shared document; equal documents may still be different ones.
    [[nodiscard]] bool is_same(const Payload& other) const { return document_ == other.document_; }

    /// The same for two that are is_same(), as long as one of them lives.
    [[nodiscard]] const void* identity() const { return document_.get(); }

    /// By text.
    bool operator==(const Payload& other) const;

private:
    struct Document;
    explicit Payload(std::shared_ptr<const Document> document);
    std::shared_ptr<const Document> document_;
};

}  // namespace stepwell

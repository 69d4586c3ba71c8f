#include "engine/base/payload.hpp"

#include <atomic>
#include <mutex>
#include <optional>

#include "engine/base/assert.hpp"

namespace stepwell {

/// Begins with one of its two forms; the other is made when it is first asked for.
struct Payload::Document {
    mutable std::string text;
    mutable std::optional<Json> json;
    mutable std::once_flag text_made;
    mutable std::once_flag json_made;
    mutable std::atomic<int> depth = kUnknown;
    mutable std::atomic<bool> has_text = false;
    bool begins_as_text = false;

    static constexpr int kUnknown = -1;
};

Payload::Payload(std::shared_ptr<const Document> document) : document_(std::move(document)) {}

Payload::Payload() {
    static const std::shared_ptr<const Document> empty = [] {
        auto document = std::make_shared<Document>();
        document->text = "{}";
        document->begins_as_text = true;
        return document;
    }();
    document_ = empty;
}

Payload::Payload(Json value) {
    auto document = std::make_shared<Document>();
    document->json = std::move(value);
    document_ = std::move(document);
}

Result<Payload> Payload::from_text(std::string text) {
    if (text.size() > kPayloadBytesMax) {
        return fail(ErrorCode::invalid,
                    "expected a payload of at most " + std::to_string(kPayloadBytesMax) +
                        " bytes of UTF-8 text, but it has " + std::to_string(text.size()));
    }
    const int depth = SW_TRY(check_json(text));
    Payload payload = trusted(std::move(text));
    payload.document_->depth = depth;
    return payload;
}

Payload Payload::trusted(std::string text) {
    auto document = std::make_shared<Document>();
    document->text = std::move(text);
    document->begins_as_text = true;
    return Payload(std::shared_ptr<const Document>(std::move(document)));
}

const std::string& Payload::text() const {
    const Document& document = *document_;
    if (!document.begins_as_text) {
        std::call_once(document.text_made, [&] {
            document.text = to_text(*document.json);
            document.has_text = true;
        });
    }
    return document.text;
}

const Json& Payload::json() const {
    const Document& document = *document_;
    if (document.begins_as_text) {
        SW_ASSERT(depth() <= kPayloadDepthParsed);
        std::call_once(document.json_made,
                       [&] { document.json = Json::parse(document.text, nullptr, false); });
    }
    return *document.json;
}

std::size_t Payload::bytes_to_parse() const {
    return document_->begins_as_text || document_->has_text ? bytes() : 0;
}

int Payload::depth() const {
    const Document& document = *document_;
    int depth = document.depth.load(std::memory_order_relaxed);
    if (depth == Document::kUnknown) {
        depth = json_depth(text());
        document.depth.store(depth, std::memory_order_relaxed);
    }
    return depth;
}

bool Payload::operator==(const Payload& other) const {
    return is_same(other) || text() == other.text();
}

}  // namespace stepwell

#include "engine/base/payload.hpp"

#include <mutex>
#include <optional>

namespace stepwell {

/// Begins with one of its two forms; the other is made when it is first asked for.
struct Payload::Document {
    mutable std::string text;
    mutable std::optional<Json> json;
    mutable std::once_flag text_made;
    mutable std::once_flag json_made;
    bool begins_as_text = false;
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
    SW_TRY(check_json(text));
    return trusted(std::move(text));
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
        std::call_once(document.text_made, [&] { document.text = to_text(*document.json); });
    }
    return document.text;
}

const Json& Payload::json() const {
    const Document& document = *document_;
    if (document.begins_as_text) {
        std::call_once(document.json_made,
                       [&] { document.json = Json::parse(document.text, nullptr, false); });
    }
    return *document.json;
}

bool Payload::operator==(const Payload& other) const {
    return is_same(other) || text() == other.text();
}

}  // namespace stepwell

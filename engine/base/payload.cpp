#include "engine/base/payload.hpp"

#include <array>
#include <atomic>
#include <functional>
#include <mutex>
#include <optional>

#include "engine/base/assert.hpp"
#include "engine/base/json_parser.hpp"

namespace stepwell {

/// Begins with one of its two forms; the other is made when it is first asked for.
struct Payload::Document {
    mutable std::string text;
    mutable std::optional<Json> json;
    mutable std::atomic<bool> has_long_run = false;  // known once the depth is
    mutable std::atomic<int> depth = kUnknown;
    mutable std::atomic<bool> has_text = false;
    mutable std::atomic<bool> has_json = false;
    bool begins_as_text = false;

    static constexpr int kUnknown = -1;

    void note(const JsonShape& shape) const {
        has_long_run.store(shape.has_long_run, std::memory_order_relaxed);
        depth.store(shape.depth, std::memory_order_release);
    }
};

namespace {

/// Makes a form once, whoever asks. Not std::call_once, which calls the kernel each time: there are
/// many documents, and hardly ever two threads at one of them. Few locks for all, so a thread may
/// wait while another's document is made.
template <class Make>
void make_once(std::atomic<bool>& is_made, const void* document, const Make& make) {
    static std::array<std::mutex, 64> locks;
    if (is_made.load(std::memory_order_acquire)) return;
    const std::lock_guard lock(locks.at(std::hash<const void*>{}(document) / 64 % locks.size()));
    if (is_made.load(std::memory_order_relaxed)) return;
    make();
    is_made.store(true, std::memory_order_release);
}

}  // namespace

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
    const JsonShape shape = SW_TRY(check_json_shape(text));
    Payload payload = trusted(std::move(text));
    payload.document_->note(shape);
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
        make_once(document.has_text, &document, [&] { document.text = to_text(*document.json); });
    }
    return document.text;
}

const Json& Payload::json() const {
    const Document& document = *document_;
    if (document.begins_as_text) {
        SW_ASSERT(depth() <= kPayloadDepthParsed);
        make_once(document.has_json, &document, [&] {
            document.json = parse_checked_json(document.text, document.has_long_run);
        });
    }
    return *document.json;
}

std::size_t Payload::bytes_to_parse() const {
    return document_->begins_as_text || document_->has_text ? bytes() : 0;
}

int Payload::depth() const {
    const Document& document = *document_;
    const int depth = document.depth.load(std::memory_order_acquire);
    if (depth != Document::kUnknown) return depth;
    const JsonShape shape = json_shape(text());
    document.note(shape);
    return shape.depth;
}

bool Payload::operator==(const Payload& other) const {
    return is_same(other) || text() == other.text();
}

}  // namespace stepwell

#include "api/audit/audit_chain.hpp"

#include <algorithm>

#include "api/audit/audit_seal.hpp"
#include "engine/base/assert.hpp"
#include "engine/base/digest.hpp"

namespace stepwell::api {
namespace {

constexpr std::size_t kKeyDigits = 20;

/// {"entry": TEXT, "previous": HASH, "hash": HASH}: the text is a string, not an object, for it is
/// what was hashed.
std::string document_of(const std::string& entry, const std::string& previous,
                        const std::string& hash) {
    return to_text(Json{{"entry", entry}, {"previous", previous}, {"hash", hash}});
}

std::uint64_t number_or(const Json& document, const char* name, std::uint64_t otherwise) {
    const Json* value = find(document, name);
    return value && value->is_number_unsigned() ? value->get<std::uint64_t>() : otherwise;
}

}  // namespace

std::string audit_key(std::uint64_t sequence) {
    const std::string digits = std::to_string(sequence);
    return std::string(kKeyDigits - digits.size(), '0') + digits;
}

/// Over the entry's own text as it is stored, so that the order of its members is a part of it.
std::string audit_hash(const std::string& previous, const std::string& entry) {
    return digest_hex("SHA-256", previous + "\n" + entry).value_or("");
}

journal::DocumentWrite AuditChain::add(const AuditEntry& entry) {
    const std::uint64_t sequence = head_.sequence + 1;
    const std::string text = to_text(Json{{"sequence", sequence},
                                          {"at", to_iso8601(entry.at)},
                                          {"who", entry.who},
                                          {"credential", entry.credential},
                                          {"from", entry.from},
                                          {"action", entry.action},
                                          {"subject", entry.subject},
                                          {"outcome", entry.outcome},
                                          {"details", entry.details}});
    std::string hash = audit_hash(head_.hash, text);
    journal::DocumentWrite write{kAuditCollection, audit_key(sequence),
                                 document_of(text, head_.hash, hash),
                                 journal::DocumentWrite::If::absent};
    head_.sequence = sequence;
    head_.hash = std::move(hash);
    head_.bytes += kKeyDigits + write.value->size();
    return write;
}

std::vector<journal::DocumentWrite> AuditChain::cut(const AuditCut& cut, Timestamp now) {
    SW_ASSERT(cut.first >= head_.first && cut.first <= head_.sequence);
    std::vector<journal::DocumentWrite> writes;
    for (std::uint64_t sequence = head_.first; sequence < cut.first; ++sequence) {
        writes.push_back({kAuditCollection, audit_key(sequence), std::nullopt});
    }
    AuditEntry entry;
    entry.at = now;
    entry.action = "audit entries removed";
    entry.details = {{"from", head_.first}, {"to", cut.first - 1}, {"hash", cut.before_first}};
    head_.first = cut.first;
    head_.before_first = cut.before_first;
    head_.bytes -= std::min(head_.bytes, cut.bytes);
    writes.push_back(add(entry));
    return writes;
}

journal::DocumentWrite AuditChain::head_document() const {
    Json head{{"sequence", head_.sequence},    {"hash", head_.hash},
              {"first", head_.first},          {"before_first", head_.before_first},
              {"bytes", head_.bytes},          {"database", head_.database},
              {"doubted", head_.doubted},      {"doubt", head_.doubt},
              {"key", audit_key_id(seal_key_)}};
    head["seal"] = audit_seal(seal_key_, head);
    return {kAuditHeadCollection, kAuditHeadKey, to_text(head), journal::DocumentWrite::If::always};
}

Result<AuditHead> read_audit_head(const std::optional<std::string>& document) {
    if (!document) return AuditHead{};
    const auto json = parse_json(*document);
    const Json* sequence = json ? find(*json, "sequence") : nullptr;
    if (!sequence || !sequence->is_number_unsigned()) {
        return fail(ErrorCode::corruption,
                    "audit: expected the head to be a JSON object with a number, but it is none");
    }
    AuditHead head;
    head.sequence = sequence->get<std::uint64_t>();
    head.hash = string_or(*json, "hash", "");
    head.first = number_or(*json, "first", 1);
    head.before_first = string_or(*json, "before_first", "");
    head.bytes = number_or(*json, "bytes", 0);
    head.database = string_or(*json, "database", "");
    head.doubted = number_or(*json, "doubted", 0);
    head.doubt = string_or(*json, "doubt", "");
    return head;
}

}  // namespace stepwell::api

#include "api/audit/audit_chain.hpp"

#include <algorithm>

#include "engine/base/digest.hpp"

namespace stepwell::api {
namespace {

constexpr std::size_t kKeyDigits = 20;
constexpr const char* kHeadKey = "head";

/// Over the entry's own text as it is stored, so that the order of its members is a part of it.
std::string hash_of(const std::string& previous, const std::string& entry) {
    return digest_hex("SHA-256", previous + "\n" + entry).value_or("");
}

std::string seal_of(const std::string& key, const AuditHead& head) {
    return hmac_sha256_hex(key, std::to_string(head.sequence) + " " + head.hash);
}

/// {"entry": TEXT, "previous": HASH, "hash": HASH}: the text is a string, not an object, for it is
/// what was hashed.
std::string document_of(const std::string& entry, const std::string& previous,
                        const std::string& hash) {
    return to_text(Json{{"entry", entry}, {"previous", previous}, {"hash", hash}});
}

AuditVerdict broken_at(std::uint64_t sequence, std::string why) {
    AuditVerdict verdict;
    verdict.entries = sequence - 1;
    verdict.broken = sequence;
    verdict.why = std::move(why);
    return verdict;
}

/// Why the record is not the one that follows `before`; empty where it is.
std::string fault_of(const journal::DocumentRecord& record, const AuditHead& before,
                     std::string& hash) {
    const auto json = parse_json(record.value);
    if (!json || !json->is_object()) return "expected a JSON object, but it is none";
    const std::string entry = string_or(*json, "entry", "");
    hash = string_or(*json, "hash", "");
    if (string_or(*json, "previous", "") != before.hash) {
        return "expected it to follow the entry before it, but it was made after another one";
    }
    if (hash_of(before.hash, entry) != hash) return "expected its hash to fit, but it was changed";
    const auto inside = parse_json(entry);
    const Json* sequence = inside ? find(*inside, "sequence") : nullptr;
    if (!sequence || *sequence != before.sequence + 1) {
        return "expected it to have its own number, but it was moved";
    }
    return "";
}

AuditVerdict check_head(const AuditHead& last, const AuditHead& head, const Json& document,
                        const std::optional<std::string>& seal_key) {
    if (last.sequence < head.sequence) {
        return broken_at(
            last.sequence + 1,
            "expected entries up to " + std::to_string(head.sequence) + ", but the end is missing");
    }
    if (last.sequence > head.sequence || last.hash != head.hash) {
        return broken_at(std::max<std::uint64_t>(last.sequence, 1),
                         "expected it to be the one that the head names, but it is not");
    }
    if (seal_key && last.sequence > 0 &&
        string_or(document, "seal", "") != seal_of(*seal_key, head)) {
        return broken_at(last.sequence,
                         "expected the head's seal to fit, but the log was made anew");
    }
    AuditVerdict verdict;
    verdict.entries = last.sequence;
    return verdict;
}

}  // namespace

std::string audit_key(std::uint64_t sequence) {
    const std::string digits = std::to_string(sequence);
    return std::string(kKeyDigits - digits.size(), '0') + digits;
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
    std::string hash = hash_of(head_.hash, text);
    journal::DocumentWrite write{kAuditCollection, audit_key(sequence),
                                 document_of(text, head_.hash, hash),
                                 journal::DocumentWrite::If::absent};
    head_ = {sequence, std::move(hash)};
    return write;
}

journal::DocumentWrite AuditChain::head_document() const {
    return {kAuditHeadCollection, kHeadKey,
            to_text(Json{{"sequence", head_.sequence},
                         {"hash", head_.hash},
                         {"seal", seal_of(seal_key_, head_)}}),
            journal::DocumentWrite::If::always};
}

Result<AuditHead> read_audit_head(const std::optional<std::string>& document) {
    if (!document) return AuditHead{};
    const auto json = parse_json(*document);
    const Json* sequence = json ? find(*json, "sequence") : nullptr;
    if (!sequence || !sequence->is_number_unsigned()) {
        return fail(ErrorCode::corruption,
                    "audit: expected the head to be a JSON object with a number, but it is none");
    }
    return AuditHead{sequence->get<std::uint64_t>(), string_or(*json, "hash", "")};
}

Result<AuditVerdict> verify_audit(const AuditSource& read,
                                  const std::optional<std::string>& head_document,
                                  const std::optional<std::string>& seal_key) {
    AuditHead last;
    while (true) {
        const auto page = SW_TRY(read(last.sequence == 0 ? "" : audit_key(last.sequence)));
        if (page.empty()) break;
        for (const auto& record : page) {
            const std::uint64_t sequence = last.sequence + 1;
            if (record.key != audit_key(sequence)) {
                return broken_at(sequence, "expected an entry of that number, but it is missing");
            }
            std::string hash;
            std::string why = fault_of(record, last, hash);
            if (!why.empty()) return broken_at(sequence, std::move(why));
            last = {sequence, std::move(hash)};
        }
    }
    auto head = read_audit_head(head_document);
    if (!head) return broken_at(last.sequence + 1, head.error().message);
    const Json document = head_document ? parse_json(*head_document).value_or(Json()) : Json();
    return check_head(last, *head, document, seal_key);
}

}  // namespace stepwell::api

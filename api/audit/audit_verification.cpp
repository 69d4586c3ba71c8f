// Opening a log and verifying it: what does not fit, and the words for it.
#include <algorithm>
#include <charconv>

#include "api/audit/audit_chain.hpp"
#include "api/audit/audit_seal.hpp"
#include "engine/base/digest.hpp"

namespace stepwell::api {
namespace {

constexpr const char* kOtherKey =
    "expected them to be sealed with the key that is here, but they were sealed with another one: "
    "was the data restored without its secret.key? Nobody can tell whether they were changed";
constexpr const char* kMadeAnew =
    "expected the head's seal to fit, but it does not: the log was made anew by somebody who does "
    "not have the key, or sealed with another one";
constexpr const char* kAllGone =
    "expected the log that was begun in this database, but it is gone, and with it all entries";
constexpr const char* kHeadGone =
    "expected the head that says where the log ends, but it is gone: entries at the end may be too";
constexpr const char* kOtherDatabase =
    "expected the log of this database, but it was begun in another one";
constexpr const char* kNoLog =
    "expected an audit log, but there is none: no daemon has worked with this data folder, or the "
    "log was removed";
constexpr const char* kNoKey =
    "expected the key that the log is sealed with (secret.key), but it is not there: the entries "
    "follow each other, but without the key nobody can tell whether they were made anew";

std::string id_in(const std::optional<std::string>& document) {
    const auto json = document ? parse_json(*document) : Result<Json>(Json());
    return json ? string_or(*json, "id", "") : "";
}

std::uint64_t number_in(const std::string& key) {
    std::uint64_t number = 0;
    std::from_chars(key.data(), key.data() + key.size(), number);
    return number;
}

AuditVerdict broken_at(std::uint64_t sequence, std::uint64_t good, std::string why) {
    AuditVerdict verdict;
    verdict.entries = good;
    verdict.broken = sequence;
    verdict.why = std::move(why);
    return verdict;
}

AuditVerdict doubted(std::uint64_t good, std::string why) {
    AuditVerdict verdict;
    verdict.entries = good;
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
    if (audit_hash(before.hash, entry) != hash) {
        return "expected its hash to fit, but it was changed";
    }
    const auto inside = parse_json(entry);
    const Json* sequence = inside ? find(*inside, "sequence") : nullptr;
    if (!sequence || *sequence != before.sequence + 1) {
        return "expected it to have its own number, but it was moved";
    }
    return "";
}

/// Walks from the entry behind `last`, which it moves to the last good one.
Result<std::optional<AuditVerdict>> check_entries(const AuditSource& read, AuditHead& last) {
    const std::uint64_t begin = last.sequence;
    std::string after;
    while (true) {
        const auto page = SW_TRY(read(after));
        if (page.empty()) return std::optional<AuditVerdict>();
        for (const auto& record : page) {
            const std::uint64_t sequence = last.sequence + 1;
            const std::uint64_t good = last.sequence - begin;
            if (record.key != audit_key(sequence)) {
                return std::optional(broken_at(
                    sequence, good, "expected an entry of that number, but it is missing"));
            }
            std::string hash;
            std::string why = fault_of(record, last, hash);
            if (!why.empty()) return std::optional(broken_at(sequence, good, std::move(why)));
            last.sequence = sequence;
            last.hash = std::move(hash);
        }
        after = page.back().key;
    }
}

AuditVerdict check_head(const AuditHead& last, const AuditHead& head, const Json& document,
                        const std::string& database, const std::optional<std::string>& seal_key) {
    const std::uint64_t good = last.sequence - (head.first - 1);
    if (last.sequence < head.sequence) {
        return broken_at(
            last.sequence + 1, good,
            "expected entries up to " + std::to_string(head.sequence) + ", but the end is missing");
    }
    if (last.sequence > head.sequence || last.hash != head.hash) {
        return broken_at(std::max<std::uint64_t>(last.sequence, 1), good,
                         "expected it to be the one that the head names, but it is not");
    }
    if (!seal_key) return doubted(good, kNoKey);
    const SealState seal = seal_state_of(*seal_key, document);
    if (seal == SealState::of_another_key) return doubted(good, kOtherKey);
    if (seal == SealState::does_not_fit) return broken_at(last.sequence, good, kMadeAnew);
    if (!head.database.empty() && head.database != database) return doubted(good, kOtherDatabase);
    if (head.doubted >= head.first) {
        return doubted(good,
                       "of the entries up to " + std::to_string(head.doubted) + ": " + head.doubt);
    }
    return doubted(good, "");
}

/// Where the entries that are there begin and end, and how large they are: for a head that does not
/// say it, or is gone.
Result<AuditHead> head_of_entries(const AuditSource& read) {
    AuditHead head;
    std::string after;
    while (true) {
        const auto page = SW_TRY(read(after));
        if (page.empty()) return head;
        for (const auto& record : page) {
            const Json json = parse_json(record.value).value_or(Json());
            if (after.empty() && &record == &page.front()) {
                head.first = number_in(record.key);
                head.before_first = string_or(json, "previous", "");
            }
            head.sequence = number_in(record.key);
            head.hash = string_or(json, "hash", "");
            head.bytes += record.key.size() + record.value.size();
        }
        after = page.back().key;
    }
}

/// Why the log that is there is not to be trusted; empty where it is.
std::string doubt_of(const std::string& seal_key, const AuditDocuments& documents,
                     const AuditHead& head) {
    const std::string id = id_in(documents.database);
    if (!documents.head && head.sequence > 0) return kHeadGone;
    if (!documents.head) return id.empty() ? "" : kAllGone;
    const Json document = parse_json(*documents.head).value_or(Json());
    const SealState seal = seal_state_of(seal_key, document);
    if (seal == SealState::of_another_key) return kOtherKey;
    if (seal == SealState::does_not_fit) return kMadeAnew;
    return !head.database.empty() && head.database != id ? kOtherDatabase : "";
}

}  // namespace

std::string audit_key_id(const std::string& seal_key) {
    return hmac_sha256_hex(seal_key, "stepwell audit key").substr(0, 16);
}

std::string audit_seal(const std::string& seal_key, const Json& head) {
    const auto text = [&](const char* name) {
        const Json* value = find(head, name);
        return !value               ? std::string()
               : value->is_string() ? value->get<std::string>()
                                    : to_text(*value);
    };
    std::string sealed = text("sequence") + " " + text("hash");
    if (find(head, "first")) {
        for (const char* name : {"first", "before_first", "database", "doubted", "doubt"}) {
            sealed += "\n" + text(name);
        }
    }
    return hmac_sha256_hex(seal_key, sealed);
}

SealState seal_state_of(const std::string& seal_key, const Json& head) {
    if (string_or(head, "seal", "") == audit_seal(seal_key, head)) return SealState::fits;
    const std::string key = string_or(head, "key", "");
    const bool is_other = !key.empty() && key != audit_key_id(seal_key);
    return is_other ? SealState::of_another_key : SealState::does_not_fit;
}

Result<AuditOpening> open_audit(const std::string& seal_key, const AuditDocuments& documents,
                                const std::string& new_id, Timestamp now, const AuditSource& read) {
    AuditHead head = SW_TRY(read_audit_head(documents.head));
    const bool is_of_older = head.database.empty();
    if (!documents.head) {
        head = SW_TRY(head_of_entries(read));
    } else if (is_of_older) {
        head.bytes = SW_TRY(head_of_entries(read)).bytes;
    }
    const std::string doubt = doubt_of(seal_key, documents, head);
    const std::string id = id_in(documents.database);
    if (doubt.empty() && !is_of_older) return AuditOpening{{seal_key, std::move(head)}, {}, ""};

    head.database = id.empty() ? new_id : id;
    AuditEntry entry;
    entry.at = now;
    entry.action = head.sequence > 0 ? "audit log goes on" : "audit log begun";
    entry.subject = head.database;
    if (!doubt.empty()) {
        entry.details = {{"doubted", doubt}};
        head.doubted = std::max<std::uint64_t>(head.sequence, 1);
        head.doubt = doubt;
    }
    AuditOpening opening{{seal_key, std::move(head)}, {}, doubt};
    if (id.empty()) {
        opening.writes.push_back({kAuditHeadCollection, kAuditDatabaseKey,
                                  to_text(Json{{"id", opening.chain.head().database}})});
    }
    opening.writes.push_back(opening.chain.add(entry));
    opening.writes.push_back(opening.chain.head_document());
    return opening;
}

Json view_of(const AuditVerdict& verdict) {
    return {{"whole", verdict.is_whole()},
            {"entries", verdict.entries},
            {"broken", verdict.broken ? Json(*verdict.broken) : Json()},
            {"why", verdict.why}};
}

Result<AuditVerdict> verify_audit(const AuditSource& read, const AuditDocuments& documents,
                                  const std::optional<std::string>& seal_key) {
    const auto head = read_audit_head(documents.head);
    AuditHead last;
    if (head) {
        last.sequence = head->first - 1;
        last.hash = head->before_first;
    }
    if (auto broken = SW_TRY(check_entries(read, last))) return *std::move(broken);
    if (!head) return broken_at(last.sequence + 1, last.sequence, head.error().message);
    if (!documents.head && last.sequence == 0) {
        return doubted(0, id_in(documents.database).empty() ? kNoLog : kAllGone);
    }
    const Json document = documents.head ? parse_json(*documents.head).value_or(Json()) : Json();
    return check_head(last, *head, document, id_in(documents.database), seal_key);
}

}  // namespace stepwell::api

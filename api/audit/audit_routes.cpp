// The audit log, newest first, and whether it is whole.
#include <algorithm>

#include "api/audit/audit_chain.hpp"
#include "api/auth/routes.hpp"
#include "api/router/paging.hpp"
#include "api/router/parameters.hpp"

namespace stepwell::api {
namespace {

constexpr std::size_t kPage = 500;

constexpr const char* kEntry = R"json({"type": "object", "required": ["hash"],
    "description": "of one that cannot be read there is only the hash, and `unreadable`",
    "properties": {
    "sequence": {"type": "integer", "minimum": 1}, "at": {"type": "string", "format": "date-time"},
    "who": {"type": "string", "description": "KIND:ID; empty: nobody known"},
    "credential": {"type": "string"}, "from": {"type": "string"},
    "action": {"type": "string"}, "subject": {"type": "string"},
    "outcome": {"type": "string", "description": "the status of the answer"},
    "details": {"type": "object", "additionalProperties": true},
    "hash": {"type": "string"}, "unreadable": {"type": "boolean"}}})json";

Result<AuditHead> head_of(runtime::Reader& reader) {
    const auto document = SW_TRY(reader.document(kAuditHeadCollection, kAuditHeadKey));
    return read_audit_head(document);
}

/// The entry as it was written; what it says cannot be told where it cannot be read.
Json view_of(const journal::DocumentRecord& record) {
    const auto document = parse_json(record.value);
    auto entry = document ? parse_json(string_or(*document, "entry", ""))
                          : Result<Json>(fail(document.error()));
    Json view = entry && entry->is_object() ? *std::move(entry) : Json{{"unreadable", true}};
    view["hash"] = document ? string_or(*document, "hash", "") : "";
    return view;
}

struct AuditFilter {
    std::uint64_t before = 0;  // only entries with a lower number
    std::size_t limit = 0;
    std::string who;
    std::string action;  // its beginning

    [[nodiscard]] bool lets_pass(const Json& entry) const {
        return (who.empty() || string_or(entry, "who", "") == who) &&
               string_or(entry, "action", "").starts_with(action);
    }
};

Result<Json> list(runtime::Reader& reader, const AuditFilter& filter, std::uint64_t first) {
    Json entries = Json::array();
    std::uint64_t before = filter.before;
    while (before > first && entries.size() < filter.limit) {
        const std::uint64_t from = std::max(before > kPage ? before - kPage : 1, first);
        auto page = SW_TRY(reader.documents(kAuditCollection, from == 1 ? "" : audit_key(from - 1),
                                            static_cast<std::size_t>(before - from)));
        std::reverse(page.begin(), page.end());
        before = from;
        for (const auto& record : page) {
            Json entry = view_of(record);
            if (!filter.lets_pass(entry)) continue;
            entries.push_back(std::move(entry));
            if (entries.size() == filter.limit) break;
        }
    }
    const bool has_more = entries.size() == filter.limit && !entries.empty();
    const Json* last = has_more ? find(entries.back(), "sequence") : nullptr;
    std::string next = last && *last != first ? to_text(*last) : "";
    Json out{{"items", std::move(entries)}};
    if (!next.empty()) out["next"] = std::move(next);
    return out;
}

Result<Json> list(const SecurityParts& parts, const Call& call) {
    auto reader = SW_TRY(parts.readers.take());
    const AuditHead head = SW_TRY(head_of(*reader));
    AuditFilter filter;
    filter.before = head.sequence + 1;
    if (const auto after = call.text("after")) {
        const auto number = parse_integer(*after);
        if (!number || *number < 1) {
            return fail(
                ErrorCode::invalid,
                "expected 'after' to be 'next' of the page before, but got '" + *after + "'");
        }
        filter.before = std::min(filter.before, static_cast<std::uint64_t>(*number));
    }
    filter.limit = static_cast<std::size_t>(*call.integer("limit"));
    filter.who = call.text("who").value_or("");
    filter.action = call.text("action").value_or("");
    return list(*reader, filter, head.first);
}

Result<Json> verify(const SecurityParts& parts, const Call&) {
    auto reader = SW_TRY(parts.readers.take());
    const AuditDocuments documents{
        SW_TRY(reader->document(kAuditHeadCollection, kAuditHeadKey)),
        SW_TRY(reader->document(kAuditHeadCollection, kAuditDatabaseKey))};
    const AuditHead last = SW_TRY(read_audit_head(documents.head));
    // What is written meanwhile is not looked at.
    const auto read = [&](const std::string& after) {
        auto page = reader->documents(kAuditCollection, after, kPage);
        if (page) {
            std::erase_if(
                *page, [&](const auto& record) { return record.key > audit_key(last.sequence); });
        }
        return page;
    };
    return view_of(SW_TRY(verify_audit(read, documents, parts.seal_key)));
}

}  // namespace

void add_audit_routes(Router& router, const SecurityParts& parts) {
    router.add(
        {.method = "GET",
         .pattern = "/api/v1/audit",
         .operation = "listAuditEntries",
         .role = Role::admin,
         .tag = "security",
         .summary = "Who did what, newest first",
         .query = page_parameters({text_parameter("who", "only of this user"),
                                   text_parameter("action", "only actions that begin with this")}),
         .answer = list_schema(kEntry),
         .read = [parts](const Call& call) { return list(parts, call); }});
    router.add({.method = "GET",
                .pattern = "/api/v1/audit/verification",
                .operation = "verifyAudit",
                .role = Role::admin,
                .tag = "security",
                .summary = "Whether the audit log is whole",
                .answer = R"json({"type": "object",
                    "required": ["whole", "entries", "broken", "why"], "properties": {
                    "whole": {"type": "boolean"}, "entries": {"type": "integer"},
                    "broken": {"type": ["integer", "null"]}, "why": {"type": "string"}}})json",
                .errors = {503},
                .act = done_later(parts, verify)});
}

}  // namespace stepwell::api

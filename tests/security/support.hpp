// What tests of the gate's parts share: a moment, and a shelf for what they write.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/auth/identities.hpp"

namespace stepwell::test {

inline const Timestamp kNow = from_ms(1'700'000'000'000);

/// Documents in memory, as the journal would keep them; may refuse to write.
struct Shelf {
    std::map<std::pair<std::string, std::string>, std::string> documents;  // by collection, key
    bool is_full = false;

    api::DocumentWriter writer() {
        return [this](const runtime::Writes& writes) -> Result<void> {
            if (is_full) return fail(ErrorCode::unavailable, "the disk is full");
            for (const auto& write : writes.documents) {
                if (write.value) documents[{write.collection, write.key}] = *write.value;
                if (!write.value) documents.erase({write.collection, write.key});
            }
            return {};
        };
    }
    [[nodiscard]] std::vector<journal::DocumentRecord> records(
        const std::string& collection) const {
        std::vector<journal::DocumentRecord> all;
        for (const auto& [key, value] : documents) {
            if (key.first == collection) all.push_back({key.first, key.second, value});
        }
        return all;
    }
    [[nodiscard]] api::Identities::DocumentSource source() const {
        return [this](const std::string& collection) {
            return Result<std::vector<journal::DocumentRecord>>(records(collection));
        };
    }
    [[nodiscard]] bool holds(const std::string& text) const {
        for (const auto& [key, value] : documents) {
            if (value.find(text) != value.npos || key.second.find(text) != key.second.npos) {
                return true;
            }
        }
        return false;
    }
};

}  // namespace stepwell::test

// What makes an audit log's head and its entries hard to forge. For the files of this room.
#pragma once

#include <string>

#include "engine/base/json.hpp"

namespace stepwell::api {

/// Of an entry's text that follows the entry with the hash `previous`.
std::string audit_hash(const std::string& previous, const std::string& entry);

/// Tells one seal key from another, and nothing about either.
std::string audit_key_id(const std::string& seal_key);

/// Over what the head's document says, in its form: that of an older Stepwell has fewer members.
std::string audit_seal(const std::string& seal_key, const Json& head);

enum class SealState {
    fits,
    of_another_key,  // the head names another one
    does_not_fit,    // the head names this one, or none
};
SealState seal_state_of(const std::string& seal_key, const Json& head);

}  // namespace stepwell::api

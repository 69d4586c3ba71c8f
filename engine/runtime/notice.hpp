// Notices: what people are told of by themselves. A notice is a document in the collection
// "notices", written in the transaction of what it is about, and removed once the task
// stepwell:notify has put it into the outbox. Its key is the outbox's, too, so that a crash between
// the two neither loses nor doubles it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/journal/records.hpp"

namespace stepwell::runtime {

inline constexpr const char* kNotices = "notices";

struct Notice {
    std::string event;            // "failed", "recovered", "late"
    std::vector<std::string> to;  // channels
    std::string workflow;
    std::string run;           // its name; empty where it is about none
    std::uint64_t number = 0;  // of that run, as commands take it
    std::string arn;
    std::string error;
    std::string cause;
    std::string state;    // the path of where it failed first; empty where that is not known
    std::string message;  // the sentence in the cause of that; empty: the cause itself
    std::string text;     // what to add for people; may be empty
    Timestamp at;
    std::optional<Timestamp> since;  // the first failure of the episode; what was missed
    std::uint64_t failures = 0;      // runs that have failed since
};

/// A notice, and the key under which it is told once.
struct NoticeWrite {
    Notice notice;
    std::string key;
};

/// The document that has it told, once for each key.
journal::DocumentWrite to_write(const Notice& notice, std::string key);
/// Nothing where `value` is none.
std::optional<Notice> notice_in(const std::string& value);

/// Parameters of stepwell:notify: subject, message and payload.
Json parameters_of(const Notice& notice);

}  // namespace stepwell::runtime

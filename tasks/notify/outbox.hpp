// Messages that are to be delivered, durably: <data>/outbox.db.
//
// Invariants:
//   (1) A message is on disk before its task succeeds, once for each run key and channel.
//   (2) A message leaves only when it was delivered or given up. Whoever delivers claims it for a
//       while first; after a crash in between it is delivered again.
//   (3) Messages of one channel and one line are claimed in the order in which they were added: one
//       that waits to be tried again holds those behind it. A message without a line holds nobody
//       and waits for nobody.
//
// Threads: an Outbox belongs to one thread at a time; open one for each. Processes may share the
// file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "tasks/notify/channel.hpp"

namespace stepwell::tasks {

struct Delivery {
    std::string id;
    std::int64_t attempts = 0;
    bool is_delivered = false;
    bool is_given_up = false;
    std::string last_error;
};

class Outbox {
public:
    static Result<std::unique_ptr<Outbox>> open(const std::filesystem::path& data_folder);
    ~Outbox();

    /// Durable on return. What is already there under the same key and channel stays as it is, but
    /// where it was given up it is to be delivered again, with all its attempts before it.
    /// Returns the message's id.
    Result<std::string> add(const std::string& run_key, const Message& message,
                            const std::string& line);

    Result<Delivery> status(const std::string& id);

    struct Claimed {
        std::int64_t row = 0;
        std::int64_t attempts = 0;  // this one included
        Message message;
    };
    /// Of the messages of a channel whose turn it is the one that is due longest, claimed until
    /// `now + lease`. Nothing where none is due.
    Result<std::optional<Claimed>> claim(const std::string& channel, std::int64_t now_ms,
                                         std::int64_t lease_ms);
    Result<void> delivered(std::int64_t row, std::int64_t now_ms);
    /// Due again at `due_ms`; nothing: given up.
    Result<void> failed(std::int64_t row, std::optional<std::int64_t> due_ms,
                        const std::string& error);
    /// Nobody waits for it any more, and it shall not be sent.
    Result<void> give_up(const std::string& id);

    /// Messages as they stand, the newest first: those before row `before`.
    struct Listed {
        std::int64_t row = 0;
        Message message;
        std::int64_t attempts = 0;
        std::optional<std::int64_t> due_ms;        // nothing: delivered or given up
        std::optional<std::int64_t> delivered_ms;  // the last time
        std::string last_error;
    };
    Result<std::vector<Listed>> list(std::optional<std::int64_t> before, std::size_t limit);
    /// Has one delivered again that was delivered or given up. Fails with `not_found`, `conflict`
    /// (it waits yet).
    Result<void> replay(const std::string& id, std::int64_t now_ms);

    /// When the next one of a channel is due whose turn it is; nothing where none waits.
    Result<std::optional<std::int64_t>> next_due_ms(const std::string& channel);
    /// The channels for which messages wait.
    Result<std::vector<std::string>> waiting_channels();
    struct Waiting {
        std::int64_t messages = 0;
        /// Of these, such as were never tried, and do not wait for one that was in vain.
        std::int64_t untried = 0;
    };
    Result<Waiting> waiting();
    /// Forgets what was delivered or given up before.
    Result<void> forget_before(std::int64_t ms);

private:
    class Impl;
    static bool is_made(const Impl& impl);
    static Result<void> make(const Impl& impl);
    static Result<void> prepare(const Impl& impl, const std::filesystem::path& data_folder);
    explicit Outbox(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace stepwell::tasks

// The little of SQLite's C interface that the journal uses, with our errors.
//
// Thread safety: none; a Database and its Statements belong to one thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace stepwell::journal {

/// A prepared statement. Bound text and blobs are not copied: they must live until reset().
class Statement {
public:
    void bind(int index, std::int64_t value);
    void bind(int index, std::string_view text);
    void bind_blob(int index, std::string_view bytes);
    void bind_null(int index);

    /// True where there is a row.
    Result<bool> step();
    /// For a statement without rows: steps, then resets.
    Result<void> run();
    void reset();

    [[nodiscard]] std::int64_t integer(int column) const;
    /// Text or blob; empty for NULL.
    [[nodiscard]] std::string bytes(int column) const;
    [[nodiscard]] bool is_null(int column) const;

private:
    friend class Database;
    struct Finalizer {
        void operator()(sqlite3_stmt* statement) const;
    };
    std::unique_ptr<sqlite3_stmt, Finalizer> handle_;
};

/// Resets a statement when the scope ends, so that no early return leaves a read transaction open.
class ResetGuard {
public:
    explicit ResetGuard(Statement& statement) : statement_(statement) {}
    ~ResetGuard() { statement_.reset(); }
    ResetGuard(const ResetGuard&) = delete;
    ResetGuard& operator=(const ResetGuard&) = delete;

private:
    Statement& statement_;
};

class Database {
public:
    enum class Mode { read_write, read_only };
    /// Fails with `io` where the file cannot be opened, `corruption` where it is no database.
    static Result<Database> open(const std::filesystem::path& path, Mode mode);

    /// How long a call waits where another connection has locked the file; 5 s unless it is set.
    void set_patience(Duration patience);
    [[nodiscard]] bool is_in_transaction() const;

    /// Runs statements that give no rows.
    Result<void> execute(const std::string& sql);
    /// `sql` must be right: a mistake in it is a bug, but a missing table is `corruption`.
    Result<Statement> prepare(std::string_view sql);
    /// As prepare(), once for each text: `sql` is a constant, and known by its address. The
    /// statement lives as long as the database.
    Result<Statement*> cached(const char* sql);
    /// The single integer that `sql` gives; 0 for NULL.
    Result<std::int64_t> scalar(std::string_view sql);

    /// No commit makes a checkpoint by itself from now on: whoever says so sees to that.
    void make_no_checkpoints();
    /// What the write-ahead log had after the last commit of this connection. REQUIRES:
    /// make_no_checkpoints().
    [[nodiscard]] int log_pages() const { return *log_pages_; }
    struct Checkpoint {
        int log_pages = 0;
        int copied_pages = 0;  // since the log has begun anew
    };
    /// Copies what it can of the log into the database, and keeps nobody waiting for that. Fails
    /// with `unavailable` where another connection is at it.
    Result<Checkpoint> checkpoint();

private:
    struct Closer {
        void operator()(sqlite3* database) const;
    };
    std::unique_ptr<int> log_pages_;  // SQLite knows where it is
    std::unique_ptr<sqlite3, Closer> handle_;
    std::vector<std::pair<const char*, std::unique_ptr<Statement>>> cache_;
};

}  // namespace stepwell::journal

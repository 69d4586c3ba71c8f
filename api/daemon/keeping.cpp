#include "api/daemon/keeping.hpp"

#include <spdlog/spdlog.h>

#include "api/audit/audit_chain.hpp"
#include "api/cli/commands.hpp"
#include "api/daemon/private_folder.hpp"
#include "api/read/run_row.hpp"
#include "api/read/views.hpp"
#include "api/secrets/secret_store.hpp"
#include "api/system/routes.hpp"
#include "engine/base/json_layout.hpp"
#include "engine/journal/backup.hpp"
#include "engine/journal/sqlite_journal.hpp"
#include "engine/runtime/clock.hpp"
#include "engine/triggers/plan.hpp"

namespace stepwell::api {
namespace {

namespace fs = std::filesystem;

Json description_of(const fs::path& file, Json manifest) {
    std::error_code ignored;
    return {{"file", file.string()},
            {"bytes", fs::file_size(file, ignored)},
            {"manifest", std::move(manifest)}};
}

std::string count_of(const Json& manifest, const char* name) {
    const Json* value = find(manifest, name);
    return value ? to_text(*value) : "?";
}

std::string contents_of(const Json& manifest) {
    return count_of(manifest, "runs") + " runs, " + count_of(manifest, "open_runs") +
           " of them open, of " + string_or(manifest, "created_at", "?");
}

/// What the audit log takes of the file: it has limits of its own. Its pages are not full.
Result<std::uint64_t> audit_bytes(journal::JournalReader& journal) {
    const auto head = SW_TRY(journal.document(kAuditHeadCollection, kAuditHeadKey));
    const AuditHead read = SW_TRY(read_audit_head(head));
    return read.bytes + read.bytes / 2;
}

runtime::RetentionSettings retention_settings(const Configuration& configuration) {
    runtime::RetentionSettings settings;
    settings.rule = configuration.retention;
    settings.logs_folder = logs_folder(configuration.data);
    const auto& rule = configuration.retention;
    const bool is_on = rule.succeeded || rule.failed || rule.runs || rule.bytes;
    if (is_on) {
        settings.claims.sources = triggers::forgettable_sources();
        settings.claims.sources.emplace_back(kStartKeys);
    }
    settings.bytes_apart = audit_bytes;
    return settings;
}

runtime::Retention::OpenJournal reader_of(const fs::path& data) {
    return [data]() -> Result<std::unique_ptr<journal::JournalReader>> {
        std::unique_ptr<journal::JournalReader> reader = SW_TRY(journal::SqliteReader::open(data));
        return reader;
    };
}

/// Into the folder `backups` of the data folder.
operations::Backups::Write backups_of(const Configuration& configuration) {
    return [data = configuration.data](const std::string& name,
                                       const std::atomic<bool>& is_stopping) -> Result<Json> {
        journal::BackupRequest request;
        request.data = data;
        request.file = data / "backups" / name;
        request.now = runtime::system_clock().now();
        request.is_stopping = &is_stopping;
        Json manifest = SW_TRY(journal::back_up(request));
        return description_of(request.file, std::move(manifest));
    };
}

}  // namespace

Keeper::Keeper(const Configuration& configuration, Node& node, Readers& readers,
               const triggers::Triggers& triggers)
    : backup_folder_(configuration.data / "backups"),
      retention_(retention_settings(configuration), node.engine(), runtime::system_clock(),
                 reader_of(configuration.data)),
      rows_(answers::run_row_of, node.engine(), reader_of(configuration.data)),
      backups_(backups_of(configuration)),
      sources_{node.engine(),
               readers,
               runtime::system_clock(),
               node.gate(),
               retention_,
               triggers,
               backups_,
               configuration.data,
               configuration.retention.bytes} {}

void Keeper::add_routes(Router& router) {
    operations::add_operation_routes(router, sources_);
}

void Keeper::start() {
    const std::size_t drafts = journal::remove_drafts(backup_folder_);
    if (drafts > 0) spdlog::info("removed {} drafts of backups that were not finished", drafts);
    retention_.start();
    rows_.start();
}

void Keeper::stop() {
    rows_.stop();
    retention_.stop();
    backups_.stop();
}

namespace cli {
namespace {

void print(const Terminal& terminal, const Options& options, const Json& answer,
           const std::string& text) {
    if (options.is_json) {
        terminal.out << to_lines(answer) << '\n';
    } else {
        terminal.out << text << '\n';
    }
}

Result<int> try_backup(const Options& options, const Terminal& terminal) {
    const Configuration configuration =
        SW_TRY(load_configuration(options.overrides, environment_variable));
    journal::BackupRequest request;
    request.data = configuration.data;
    request.file = fs::absolute(options.subject).lexically_normal();
    request.with_secret_key = options.with_secret_key;
    request.now = runtime::system_clock().now();
    Json manifest = SW_TRY(journal::back_up(request));
    const std::string text =
        "backup written: " + request.file.string() + " (" + contents_of(manifest) + ")";
    print(terminal, options, description_of(request.file, std::move(manifest)), text);
    return kSuccess;
}

/// A backup has the secrets, and their key only where that was asked for.
Result<void> tell_of_sealed_secrets(const fs::path& data, const Terminal& terminal) {
    std::error_code ignored;
    if (fs::exists(data / "secret.key", ignored)) return {};
    const auto reader = SW_TRY(runtime::Reader::open(data));
    const auto secrets = SW_TRY(reader->documents(kSecretsCollection, "", 1'000));
    if (secrets.empty()) return {};
    std::string names;
    for (const auto& secret : secrets) names += (names.empty() ? "" : ", ") + secret.key;
    terminal.err << "stepwell: the backup has no key for its secrets: " << names << "; put their "
                 << (data / "secret.key").string() << " back, or set them again with `stepwell "
                 << "secrets set NAME --data " << data.string() << "`\n";
    return {};
}

Result<int> try_restore(const Options& options, const Terminal& terminal) {
    const fs::path file = fs::absolute(options.subject).lexically_normal();
    if (options.is_check_only) {
        const Json manifest = SW_TRY(journal::verify_backup(file));
        print(terminal, options, description_of(file, manifest),
              "the backup is sound (" + contents_of(manifest) + "); nothing was restored");
        return kSuccess;
    }
    if (!options.overrides.data) {
        return fail(ErrorCode::invalid,
                    "expected --data DIR, the new data folder, or --verify to check only");
    }
    const fs::path data = fs::absolute(*options.overrides.data).lexically_normal();
    const Json manifest = SW_TRY(journal::restore_backup(file, data));
    SW_TRY(make_private(
        data, [&](const std::string& line) { terminal.err << "stepwell: " << line << '\n'; }));
    SW_TRY(tell_of_sealed_secrets(data, terminal));
    print(terminal, options, {{"data", data.string()}, {"manifest", manifest}},
          "restored into " + data.string() + " (" + contents_of(manifest) +
              "); `stepwell serve --data " + data.string() + "` goes on with its open runs");
    return kSuccess;
}

/// Histories that cannot be read although the file is sound: what was damaged holds together for
/// SQLite, and not for us.
struct HistoryCheck {
    std::size_t runs = 0;
    Json faults = Json::array();  // {"run", "message"}; at most kFaultsListed
    std::size_t fault_count = 0;
    static constexpr std::size_t kFaultsListed = 20;
};

Result<HistoryCheck> check_histories(const fs::path& data) {
    const auto reader = SW_TRY(runtime::Reader::open(data));
    HistoryCheck out;
    runtime::ListQuery query;
    query.limit = 1'000;
    do {
        const auto page = SW_TRY(reader->list(query));
        for (const auto& run : page.items) {
            ++out.runs;
            const auto events = reader->events(run.id);
            // Retention may have taken it meanwhile.
            if (events || events.error().code == ErrorCode::not_found) continue;
            ++out.fault_count;
            if (out.faults.size() == HistoryCheck::kFaultsListed) continue;
            out.faults.push_back({{"run", value_of(run.id)}, {"message", events.error().message}});
        }
        query.token = page.next;
    } while (query.token);
    return out;
}

Result<int> try_check(const Options& options, const Terminal& terminal) {
    const Configuration configuration =
        SW_TRY(load_configuration(options.overrides, environment_variable));
    const Json found = SW_TRY(journal::check_journal(configuration.data));
    const HistoryCheck histories = SW_TRY(check_histories(configuration.data));
    const bool is_sound = histories.fault_count == 0;
    std::string text = is_sound ? "the journal is sound" : "the journal is damaged";
    text += " (" + std::to_string(histories.runs) + " runs, " + count_of(found, "open_runs") +
            " of them open)";
    for (const Json& fault : histories.faults) {
        text += "\nrun " + to_text(fault["run"]) + ": " + string_or(fault, "message", "");
    }
    if (histories.fault_count > histories.faults.size()) {
        text +=
            "\nand " + std::to_string(histories.fault_count - histories.faults.size()) + " more";
    }
    print(terminal, options,
          {{"sound", is_sound},
           {"runs", histories.runs},
           {"open_runs", found["open_runs"]},
           {"damaged", histories.fault_count},
           {"faults", histories.faults}},
          text);
    return is_sound ? kSuccess : kFailed;
}

/// The data or the disk failed, or the command was wrong.
int end(const Terminal& terminal, const Result<int>& status) {
    if (status) return *status;
    const int usual = report(terminal, status.error());
    const bool is_data =
        status.error().code == ErrorCode::corruption || status.error().code == ErrorCode::io;
    return is_data ? static_cast<int>(kFailed) : usual;
}

}  // namespace

int backup(const Options& options, const Terminal& terminal) {
    return end(terminal, try_backup(options, terminal));
}

int check(const Options& options, const Terminal& terminal) {
    return end(terminal, try_check(options, terminal));
}

int restore(const Options& options, const Terminal& terminal) {
    return end(terminal, try_restore(options, terminal));
}

}  // namespace cli
}  // namespace stepwell::api

#include "tasks/validate/metrics_store.hpp"

#include <chrono>

#include "tasks/sql/sqlite/sqlite_engine.hpp"
#include "tasks/wall_clock.hpp"

namespace stepwell::tasks::data {
namespace {

constexpr std::string_view kSchema =
    "create table if not exists metrics(dataset text, run_key text, metric text, value real, "
    "  primary key (dataset, run_key, metric)) without rowid;"
    "create table if not exists runs(id integer primary key, dataset text, run_key text, "
    "  unique (dataset, run_key));"
    "create table if not exists outputs(path text primary key, fingerprint text, etag text) "
    "  without rowid;"
    "create table if not exists verdicts(run_key text primary key, envelope text) without rowid;"
    "create table if not exists verdict_times(run_key text primary key, at text) without rowid;"
    "create index if not exists verdict_times_at on verdict_times(at);"
    "create table if not exists standing_verdicts(place text primary key, verdict text, at text);"
    "create index if not exists standing_verdicts_at on standing_verdicts(at);";

/// Looked at, and kept, of each dataset.
constexpr int kHistoryRuns = 100;
constexpr int kRunsKept = 1000;
/// No retry comes after this.
constexpr auto kVerdictsKept = std::chrono::hours(90 * 24);
/// For the next run with the same files: an older one costs no more than that these are read.
constexpr int kStandingKept = 2000;

}  // namespace

DataResult<MetricsStore> MetricsStore::open(DataSession& session) {
    const auto folder = session.locations().data_folder() / "metrics";
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    auto database = SW_TRY(open_sqlite({folder / "validations.sqlite"}));
    MetricsStore store(SW_TRY(database->connect()));
    // What builds after the first one added.
    const Json made = SW_TRY(store.connection_->query_value(
        "select count(*) from sqlite_master where name in ('verdict_times_at', "
        "'standing_verdicts_at')"));
    // As one: each statement by itself would wait for the disk.
    if (made != 2) {
        SW_TRY(store.connection_->execute("begin immediate;" + std::string(kSchema) + "commit"));
    }
    // Earlier builds did not note when.
    SW_TRY(store.connection_->execute(
        "insert or ignore into verdict_times select run_key, $now from verdicts "
        "where not exists (select 1 from verdict_times)",
        {{"now", to_iso8601(wall_clock())}}));
    return store;
}

DataResult<MetricsHistory> MetricsStore::history(const std::string& dataset) {
    MetricsHistory history;
    const Rows rows = SW_TRY(connection_->query(
        "select m.metric, m.value from metrics m join (select id, run_key from runs where dataset "
        "= "
        "$dataset order by id desc limit " +
            std::to_string(kHistoryRuns) +
            ") r on r.run_key = m.run_key where m.dataset = $dataset order by r.id desc",
        {{"dataset", dataset}}));
    for (const auto& row : rows.rows) {
        history[row[0].get<std::string>()].push_back(row[1].get<double>());
    }
    return history;
}

DataResult<void> MetricsStore::record(const std::string& dataset, const std::string& run_key,
                                      const std::map<std::string, double>& metrics) {
    auto transaction = SW_TRY(Transaction::begin(*connection_));
    SW_TRY(
        connection_->execute("insert or ignore into runs(dataset, run_key) values ($dataset, $key)",
                             {{"dataset", dataset}, {"key", run_key}}));
    for (const auto& [metric, value] : metrics) {
        SW_TRY(connection_->execute(
            "insert or replace into metrics values ($dataset, $key, $metric, $value)",
            {{"dataset", dataset}, {"key", run_key}, {"metric", metric}, {"value", value}}));
    }
    const Json parameters = {{"dataset", dataset}};
    const std::string oldest =
        "(select id from runs where dataset = $dataset order by id desc "
        "limit 1 offset " +
        std::to_string(kRunsKept) + ")";
    SW_TRY(connection_->execute(
        "delete from metrics where dataset = $dataset and run_key in (select run_key from runs "
        "where dataset = $dataset and id <= " +
            oldest + ")",
        parameters));
    SW_TRY(connection_->execute("delete from runs where dataset = $dataset and id <= " + oldest,
                                parameters));
    return transaction.commit();
}

DataResult<std::string> MetricsStore::fingerprint_of(const InputFile& output) {
    const Json found = SW_TRY(connection_->query_value(
        "select fingerprint from outputs where path = $path and etag = $etag",
        {{"path", output.path.string()}, {"etag", output.etag()}}));
    return found.is_string() ? found.get<std::string>() : std::string();
}

DataResult<void> MetricsStore::record_output(const InputFile& output,
                                             const std::string& fingerprint) {
    SW_TRY(connection_->execute(
        "insert or replace into outputs values ($path, $print, $etag)",
        {{"path", output.path.string()}, {"print", fingerprint}, {"etag", output.etag()}}));
    return {};
}

DataResult<std::optional<Json>> MetricsStore::verdict_of(const std::string& run_key) {
    const Json found = SW_TRY(connection_->query_value(
        "select envelope from verdicts where run_key = $key", {{"key", run_key}}));
    if (!found.is_string()) return std::optional<Json>();
    return std::optional<Json>(SW_TRY(parse_json(found.get_ref<const std::string&>())));
}

DataResult<void> MetricsStore::record_verdict(const std::string& run_key, const Json& envelope) {
    auto transaction = SW_TRY(Transaction::begin(*connection_));
    const auto now = wall_clock();
    SW_TRY(connection_->execute("insert or replace into verdicts values ($key, $envelope)",
                                {{"key", run_key}, {"envelope", to_text(envelope)}}));
    SW_TRY(connection_->execute("insert or replace into verdict_times values ($key, $now)",
                                {{"key", run_key}, {"now", to_iso8601(now)}}));
    const Json oldest = {{"oldest", to_iso8601(now - kVerdictsKept)}};
    SW_TRY(connection_->execute(
        "delete from verdicts where run_key in (select run_key from verdict_times where at < "
        "$oldest)",
        oldest));
    SW_TRY(connection_->execute("delete from verdict_times where at < $oldest", oldest));
    return transaction.commit();
}

DataResult<std::optional<Json>> MetricsStore::standing_verdict(const std::string& place) {
    const Json found = SW_TRY(connection_->query_value(
        "select verdict from standing_verdicts where place = $place", {{"place", place}}));
    if (!found.is_string()) return std::optional<Json>();
    return std::optional<Json>(SW_TRY(parse_json(found.get_ref<const std::string&>())));
}

DataResult<void> MetricsStore::record_standing(const std::string& place,
                                               const std::string& verdict) {
    auto transaction = SW_TRY(Transaction::begin(*connection_));
    SW_TRY(connection_->execute(
        "insert or replace into standing_verdicts values ($place, $verdict, $now)",
        {{"place", place}, {"verdict", verdict}, {"now", to_iso8601(wall_clock())}}));
    SW_TRY(connection_->execute(
        "delete from standing_verdicts where rowid in (select rowid from standing_verdicts "
        "order by at desc limit -1 offset " +
        std::to_string(kStandingKept) + ")"));
    return transaction.commit();
}

}  // namespace stepwell::tasks::data

#include "tasks/validate/metrics_store.hpp"

#include "tasks/sql/sqlite/sqlite_engine.hpp"

namespace stepwell::tasks::data {
namespace {

constexpr std::string_view kSchema =
    "create table if not exists metrics(dataset text, run_key text, metric text, value real, "
    "  primary key (dataset, run_key, metric)) without rowid;"
    "create table if not exists runs(id integer primary key, dataset text, run_key text, "
    "  unique (dataset, run_key));"
    "create table if not exists outputs(path text primary key, fingerprint text, etag text) "
    "  without rowid;"
    "create table if not exists verdicts(run_key text primary key, envelope text) without rowid;";

constexpr int kHistoryRuns = 100;

}  // namespace

DataResult<MetricsStore> MetricsStore::open(DataSession& session) {
    const auto folder = session.locations().data_folder() / "metrics";
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    auto database = SW_TRY(open_sqlite({folder / "validations.sqlite"}));
    MetricsStore store(SW_TRY(database->connect()));
    SW_TRY(store.connection_->execute(kSchema));
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
    SW_TRY(connection_->execute("insert or replace into verdicts values ($key, $envelope)",
                                {{"key", run_key}, {"envelope", to_text(envelope)}}));
    return {};
}

}  // namespace stepwell::tasks::data

#include "tasks/validate/standing_verdict.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "engine/base/digest.hpp"
#include "tasks/data/input_version.hpp"
#include "tasks/sql/column_types.hpp"
#include "tasks/validate/validate.hpp"

namespace stepwell::tasks::data {
namespace {

/// To be raised whenever the same rules say something else of the same rows, or the result's form
/// changes: what was kept before does not stand any more. So it is with each release.
constexpr const char* kRules = "1 " STEPWELL_VERSION;

/// A longer verdict costs more to keep than the files take to read.
constexpr std::size_t kVerdictBytesMax = 256 << 10;

/// Words of queries within an expression: of tables, of files, of the engine's settings.
constexpr std::array<std::string_view, 11> kOfOthers = {
    "select", "from",   "table",  "pivot",           "unpivot",    "describe",
    "show",   "getenv", "values", "current_setting", "getvariable"};

bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// Whether SQL names something else than the rows that it is about. Texts are looked into as well:
/// too often is no harm.
bool asks_others(const std::string& sql) {
    std::string word;
    for (const char c : sql + ' ') {
        if (is_word(c)) {
            word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
            continue;
        }
        if (std::find(kOfOthers.begin(), kOfOthers.end(), word) != kOfOthers.end()) return true;
        word.clear();
    }
    return false;
}

/// The SQL over rows that rules of columns and checks have.
void collect_sql(const Json& rule, std::vector<std::string>& found) {
    for (const char* name : {"where", "expr", "order_by"}) {
        const std::string sql = string_or(rule, name, "");
        if (!sql.empty()) found.push_back(sql);
    }
}

/// The one member of a check's item that says what it is.
std::pair<std::string, Json> kind_of(const Json& item) {
    for (const auto& [name, check] : item.items()) {
        if (!check.is_null()) return {name, check};
    }
    return {"", Json::object()};
}

bool is_told_by_rows(const std::string& kind, const Json& check) {
    if (kind == "freshness") return check.contains("as_of") && !check["as_of"].is_null();
    constexpr std::array<std::string_view, 5> kTold = {"row_count", "duplicates", "references",
                                                       "file", "aggregate"};
    return kind == "rows" || std::find(kTold.begin(), kTold.end(), kind) != kTold.end();
}

/// Whether parameters, files and references tell all of the verdict and of what is written.
bool is_told(const ValidateParameters& parameters, const Json& raw_parameters) {
    const bool is_moving = !parameters.move_passed.empty() || !parameters.move_failed.empty();
    if (parameters.input.uri.is_null() || is_moving || !parameters.good_table.empty()) return false;
    if (!parameters.good_uri.empty() && !is_file_uri(parameters.good_uri)) return false;
    if (asks_beyond_inputs(raw_parameters)) return false;
    std::vector<std::string> sql;
    bool has_references = false;
    for (const auto& rule : parameters.columns) collect_sql(rule.value, sql);
    for (const auto& item : parameters.checks) {
        const auto [kind, check] = kind_of(item);
        if (!is_told_by_rows(kind, check)) return false;
        has_references = has_references || kind == "references";
        collect_sql(check, sql);
    }
    // In a database an expression may call what somebody has defined there.
    if (has_references && !sql.empty()) return false;
    return std::none_of(sql.begin(), sql.end(), asks_others);
}

/// Where the outputs go, as the configuration has it now.
DataResult<std::string> targets_of(DataSession& session, const ValidateParameters& parameters) {
    std::string text;
    for (const std::string& uri : {parameters.good_uri, parameters.quarantine_uri}) {
        if (!uri.empty()) text += SW_TRY(session.locations().target(uri)).string();
        text += "\n";
    }
    return text;
}

/// Of an output: it need not be hashed to be told from what somebody else has put there.
bool is_there(DataSession& session, const std::string& path, const std::string& identity) {
    const auto file = session.locations().file_at(path);
    return file && file->identity == identity;
}

}  // namespace

DataResult<void> StandingVerdict::look_at_files() {
    files_ = SW_TRY(session_.input_files(parameters_.input.uri));
    bool is_told = !files_.empty();
    std::string text;
    for (const auto& file : files_) {
        versions_.push_back(SW_TRY(version_of(file)));
        is_told = is_told && !versions_.back().empty();
        text += file.uri + " " + file.path.string() + " " + versions_.back() + "\n";
    }
    if (is_told) files_version_ = digest_hex("SHA-256", text).value_or("");
    return {};
}

DataResult<std::string> StandingVerdict::references_version() const {
    Json versions = Json::array();
    for (const auto& item : parameters_.checks) {
        const auto [kind, check] = kind_of(item);
        if (kind != "references") continue;
        const Json& to = check.at("to");
        const auto table =
            SW_TRY(session_.table_reference(string_or(to, "table", ""), parameters_.connection));
        Connection* connection = SW_TRY(session_.connect(table.connection));
        std::string column = string_or(to, "column", "");
        if (column.empty()) column = string_or(check, "column", "");
        const std::string where = string_or(to, "where", "");
        const std::string values = "(select distinct " + quote_identifier(column) +
                                   " as value from " +
                                   quote_table(table.name, connection->dialect()) +
                                   (where.empty() ? "" : " where (" + where + "\n)") + ")";
        const auto columns =
            SW_TRY(connection->describe("select * from " + values, parameters_.params));
        versions.push_back(
            {table.display(), columns[0].type,
             SW_TRY(rows_version(*connection, values, {"value"}, parameters_.params))});
    }
    return to_text(versions);
}

StandingVerdict StandingVerdict::of(DataSession& session, const ValidateParameters& parameters,
                                    const Json& raw_parameters) {
    StandingVerdict standing(session, parameters);
    if (!is_told(parameters, raw_parameters)) return standing;
    const auto targets = targets_of(session, parameters);
    if (!targets || !standing.look_at_files() || standing.files_version_.empty()) return standing;
    auto references = standing.references_version();
    if (!references) return standing;
    standing.references_version_ = *std::move(references);
    const auto& request = session.context().request();
    const Json place = {request.workflow_name, request.state_name, raw_parameters};
    const Json key = {kRules, *targets, standing.files_version_, standing.references_version_};
    standing.place_ = digest_hex("SHA-256", to_text(place)).value_or("");
    standing.key_ = digest_hex("SHA-256", to_text(key)).value_or("");
    return standing;
}

DataResult<std::optional<KeptVerdict>> StandingVerdict::find(MetricsStore& store) const {
    std::optional<KeptVerdict> none;
    if (!is_certain()) return none;
    const auto kept = SW_TRY(store.standing_verdict(place_));
    if (!kept || string_or(*kept, "key", "") != key_) return none;
    for (const auto& output : kept->at("outputs")) {
        if (!is_there(session_, string_or(output, "path", ""), string_or(output, "identity", "")))
            return none;
    }
    KeptVerdict verdict{kept->at("envelope"), {}, string_or(*kept, "run_key", "")};
    for (const auto& [name, value] : kept->at("metrics").items())
        verdict.metrics[name] = value.get<double>();
    return std::optional(std::move(verdict));
}

bool StandingVerdict::is_as_it_was() const {
    for (std::size_t i = 0; i < files_.size(); ++i) {
        if (!has_still(session_, files_[i], versions_[i]).value_or(false)) return false;
    }
    const auto references = references_version();
    return references && *references == references_version_;
}

DataResult<void> StandingVerdict::keep(MetricsStore& store, const KeptVerdict& verdict,
                                       const std::vector<InputFile>& outputs) const {
    if (!is_certain() || !is_as_it_was()) return {};
    Json kept = {{"key", key_},
                 {"run_key", verdict.run_key},
                 {"envelope", verdict.envelope},
                 {"metrics", verdict.metrics},
                 {"outputs", Json::array()}};
    for (const auto& file : outputs) {
        if (!is_there(session_, file.path, file.identity)) return {};
        kept["outputs"].push_back({{"path", file.path.string()}, {"identity", file.identity}});
    }
    const std::string text = to_text(kept);
    if (text.size() > kVerdictBytesMax) return {};
    return store.record_standing(place_, text);
}

Json StandingVerdict::unchanged_result(const KeptVerdict& verdict) const {
    Json result = verdict.envelope;
    result["unchanged"] = true;
    result["files"] = {{"read", 0}, {"written", 0}, {"unchanged", files_.size()}};
    result["bytes"] = {{"read", 0}, {"written", 0}};
    result["artifacts"] = Json::array();
    for (auto& output : result["outputs"]) output["unchanged"] = true;
    if (result.contains("quarantine")) result["quarantine"]["unchanged"] = true;
    return result;
}

}  // namespace stepwell::tasks::data

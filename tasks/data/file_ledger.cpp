#include "tasks/data/file_ledger.hpp"

#include <chrono>
#include <map>
#include <set>

#include "tasks/wall_clock.hpp"

namespace stepwell::tasks::data {
namespace {

/// How long a file that is gone is remembered: it may come back as it was.
constexpr auto kGoneKept = std::chrono::hours(90 * 24);

using Versions = std::map<std::string, std::string>;  // uri -> etag

DataResult<Versions> pairs_of(Connection& connection, const std::string& sql,
                              const std::string& target) {
    Versions pairs;
    for (const auto& row : SW_TRY(connection.query(sql, {{"target", target}})).rows)
        pairs[row[0].get<std::string>()] = row[1].get<std::string>();
    return pairs;
}

/// Those that are known, not among `files`, and not in their places any more.
std::set<std::string> gone_files(DataSession& session, const Versions& known,
                                 const std::vector<InputFile>& files) {
    std::set<std::string> gone;
    for (const auto& [uri, etag] : known) gone.insert(uri);
    for (const auto& file : files) gone.erase(file.uri);
    std::erase_if(gone, [&](const std::string& uri) {
        const auto path = session.locations().resolve(uri);
        std::error_code failed;
        return !path || std::filesystem::exists(*path, failed) || failed;
    });
    return gone;
}

DataResult<void> note_gone(Connection& connection, const std::string& target,
                           const std::set<std::string>& gone, const Versions& noted) {
    for (const auto& uri : gone) {
        if (noted.contains(uri)) continue;
        SW_TRY(connection.execute(
            "insert into _stepwell_files_gone values ($target, $uri, $now)",
            {{"target", target}, {"uri", uri}, {"now", to_iso8601(wall_clock())}}));
    }
    const std::string oldest = to_iso8601(wall_clock() - kGoneKept);
    for (const auto& [uri, since] : noted) {
        const bool is_back = !gone.contains(uri);
        if (!is_back && since >= oldest) continue;
        const Json parameters = {{"target", target}, {"uri", uri}};
        const std::string which = " where target = $target and uri = $uri";
        if (!is_back) SW_TRY(connection.execute("delete from _stepwell_files" + which, parameters));
        SW_TRY(connection.execute("delete from _stepwell_files_gone" + which, parameters));
    }
    return {};
}

/// So that the ledger does not grow with each file that ever was.
DataResult<void> forget_gone(DataSession& session, Connection& connection,
                             const std::string& target, const Versions& known,
                             const std::vector<InputFile>& files) {
    const auto gone = gone_files(session, known, files);
    const bool has_notes = SW_TRY(connection.has_table({"", "_stepwell_files_gone"}));
    if (gone.empty() && !has_notes) return {};
    if (!has_notes) {
        SW_TRY(connection.execute(
            "create table if not exists _stepwell_files_gone(target varchar, uri varchar, "
            "since varchar, primary key (target, uri))"));
    }
    const auto noted = SW_TRY(pairs_of(
        connection, "select uri, since from _stepwell_files_gone where target = $target", target));
    return note_gone(connection, target, gone, noted);
}

}  // namespace

DataResult<std::vector<InputFile>> changed_files(DataSession& session, Connection& connection,
                                                 const std::string& target,
                                                 const std::vector<InputFile>& files) {
    Versions known;
    {
        const auto guard = SW_TRY(lock_by_name("_stepwell_files", std::chrono::minutes(1),
                                               [&] { return session.context().is_cancelled(); }));
        SW_TRY(connection.execute(
            "create table if not exists _stepwell_files(target varchar, uri varchar, etag varchar, "
            "primary key (target, uri))"));
        known = SW_TRY(pairs_of(
            connection, "select uri, etag from _stepwell_files where target = $target", target));
        SW_TRY(forget_gone(session, connection, target, known, files));
    }
    std::vector<InputFile> changed;
    for (const auto& file : files) {
        const auto found = known.find(file.uri);
        if (found == known.end() || found->second != file.etag()) changed.push_back(file);
    }
    return changed;
}

DataResult<void> record_files(Connection& connection, const std::string& target,
                              const std::vector<InputFile>& files) {
    for (const auto& file : files) {
        SW_TRY(connection.execute(
            "insert into _stepwell_files values ($target, $uri, $etag) on conflict (target, uri) "
            "do update set etag = excluded.etag",
            {{"target", target}, {"uri", file.uri}, {"etag", file.etag()}}));
    }
    return {};
}

}  // namespace stepwell::tasks::data

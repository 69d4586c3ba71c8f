#include "tasks/data/file_ledger.hpp"

#include <map>

namespace stepwell::tasks::data {

DataResult<std::vector<InputFile>> changed_files(Connection& connection, const std::string& target,
                                                 const std::vector<InputFile>& files) {
    {
        const auto guard =
            SW_TRY(lock_by_name("_stepwell_files", std::chrono::minutes(1), [] { return false; }));
        SW_TRY(connection.execute(
            "create table if not exists _stepwell_files(target varchar, uri varchar, etag varchar, "
            "primary key (target, uri))"));
    }
    std::map<std::string, std::string> known;
    const Rows rows = SW_TRY(connection.query(
        "select uri, etag from _stepwell_files where target = $target", {{"target", target}}));
    for (const auto& row : rows.rows) known[row[0].get<std::string>()] = row[1].get<std::string>();
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

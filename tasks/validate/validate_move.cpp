#include "tasks/validate/validate_move.hpp"

#include <set>

#include "tasks/files/durable_files.hpp"

namespace stepwell::tasks::data {
namespace {

std::string trimmed(std::string text) {
    text.erase(0, text.find_first_not_of(' '));
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
}

/// Whether the name is another file's, and not that of the same bytes.
DataResult<bool> is_taken(DataSession& session, const InputFile& file,
                          const std::filesystem::path& target) {
    const auto& locations = session.locations();
    if (!files::is_there(target)) return false;
    const auto there = locations.file_at(target);
    if (!there || there->bytes != file.bytes) return true;
    const files::Place ours = SW_TRY(locations.place_of(file.path));
    const files::Place theirs = SW_TRY(locations.place_of(target));
    return SW_TRY(files::sha256_of(ours)) != SW_TRY(files::sha256_of(theirs));
}

DataResult<void> move_one(DataSession& session, const PlannedMove& move) {
    const auto& locations = session.locations();
    const auto present = locations.file_at(move.path);
    if (present && present->etag() == move.etag) {
        return files::move_file(SW_TRY(locations.place_of(move.path)),
                                SW_TRY(locations.place_of(move.target)), files::IfThere::refuse);
    }
    if (!present && present.error().code != "E_NOT_FOUND") return fail(present.error());
    if (files::is_there(move.target)) return {};  // moved before; what is here now is newer
    return data_fail("E_CONFLICT", move.uri + ": expected the file that was validated, but it is " +
                                       (present ? "another one by now" : "gone") +
                                       "; validate it again");
}

}  // namespace

DataResult<std::vector<PlannedMove>> plan_moves(DataSession& session,
                                                const std::vector<InputFile>& files,
                                                const std::string& rule) {
    const auto arrow = rule.find("->");
    const std::string from = trimmed(rule.substr(0, arrow));
    const std::string to = trimmed(rule.substr(arrow + 2));
    std::vector<PlannedMove> moves;
    std::set<std::filesystem::path> targets;
    for (const auto& file : files) {
        if (file.is_immutable) {
            return data_fail("E_CONFLICT",
                             "move: expected files that may go, but " + file.uri +
                                 " is of a lake table, whose log names it; leave move out");
        }
        std::string uri = file.uri;
        const auto at = uri.find(from);
        if (at == std::string::npos || from.empty()) {
            return data_fail("E_CONFIG", "move: expected '" + from + "' in " + file.uri +
                                             ", but it is not there");
        }
        uri.replace(at, from.size(), to);
        auto target = SW_TRY(session.locations().target(uri));
        if (!targets.insert(target).second || SW_TRY(is_taken(session, file, target))) {
            return data_fail("E_CONFLICT", "move: expected a new name for " + file.uri + ", but " +
                                               uri +
                                               " is there already; nothing was written or moved: "
                                               "put the run's name into the rule, or remove the "
                                               "older file");
        }
        moves.push_back({file.uri, file.path, file.etag(), std::move(target)});
    }
    return moves;
}

DataResult<void> carry_out(DataSession& session, const std::vector<PlannedMove>& moves,
                           const FaultHook& fault_hook) {
    if (moves.empty()) return {};
    Json moved = Json::array();
    for (const auto& move : moves) {
        if (fault_hook) SW_TRY(fault_hook("before a move"));
        SW_TRY(move_one(session, move));
        moved.push_back({{"from", move.uri}, {"to", session.locations().uri_of(move.target)}});
    }
    session.result()["moved"] = moved.size() == 1 ? moved[0] : moved;
    return {};
}

Json to_json(const std::vector<PlannedMove>& moves) {
    Json list = Json::array();
    for (const auto& move : moves) {
        list.push_back({{"uri", move.uri},
                        {"path", move.path.string()},
                        {"etag", move.etag},
                        {"target", move.target.string()}});
    }
    return list;
}

std::vector<PlannedMove> moves_from(const Json& json) {
    std::vector<PlannedMove> moves;
    for (const auto& entry : json) {
        moves.push_back({string_or(entry, "uri", ""), string_or(entry, "path", ""),
                         string_or(entry, "etag", ""), string_or(entry, "target", "")});
    }
    return moves;
}

}  // namespace stepwell::tasks::data

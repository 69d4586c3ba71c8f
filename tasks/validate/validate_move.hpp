// Where a validation's input goes by its verdict: planned before anything is written, recorded with
// the verdict, and carried out at the end; so that a repeat after a crash finishes what was begun
// and judges nothing a second time.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tasks/data/data_session.hpp"
#include "tasks/support/fault_hook.hpp"

namespace stepwell::tasks::data {

struct PlannedMove {
    std::string uri;               // of the file, before
    std::filesystem::path path;    // before
    std::string etag;              // of what was validated
    std::filesystem::path target;  // after
    bool operator==(const PlannedMove&) const = default;
};

/// `rule`: "FROM -> TO", texts in the files' uris. Fails with E_CONFIG where FROM is not in one,
/// E_CONFLICT where two files would have one name or an older file has it.
DataResult<std::vector<PlannedMove>> plan_moves(DataSession& session,
                                                const std::vector<InputFile>& files,
                                                const std::string& rule);

/// Moves what has not moved yet and notes it in the envelope. A file that has changed since it was
/// validated is left where it is; E_CONFLICT where the validated one has not been moved before.
DataResult<void> carry_out(DataSession& session, const std::vector<PlannedMove>& moves,
                           const FaultHook& fault_hook = {});

Json to_json(const std::vector<PlannedMove>& moves);
std::vector<PlannedMove> moves_from(const Json& json);

}  // namespace stepwell::tasks::data

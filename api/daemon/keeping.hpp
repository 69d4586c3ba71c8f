// Retention and backups of a daemon; `stepwell backup` and `stepwell restore`. Part of the
// composition root, as it goes at the journal's files.
#pragma once

#include "api/cli/options.hpp"
#include "api/cli/terminal.hpp"
#include "api/daemon/config.hpp"
#include "api/daemon/node.hpp"
#include "api/system/operation_routes.hpp"
#include "engine/runtime/keep/row_keeper.hpp"

namespace stepwell::api {

/// What keeps a daemon's data folder in order: retention, run rows and backups, and the routes to
/// operate by.
class Keeper {
public:
    /// REQUIRES: all of them outlive it.
    Keeper(const Configuration& configuration, Node& node, Readers& readers,
           const triggers::Triggers& triggers);

    /// REQUIRES: it outlives the requests that the router gets.
    void add_routes(Router& router);
    void start();
    /// REQUIRES: before the server stops, which a backup may still answer through.
    void stop();

private:
    const std::filesystem::path backup_folder_;
    runtime::Retention retention_;
    runtime::RowKeeper rows_;
    operations::Backups backups_;
    const operations::Sources sources_;
};

namespace cli {

int backup(const Options& options, const Terminal& terminal);
int check(const Options& options, const Terminal& terminal);
int restore(const Options& options, const Terminal& terminal);

}  // namespace cli
}  // namespace stepwell::api

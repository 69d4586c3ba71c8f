#include <iterator>

#include "api/cli/rest_tables.hpp"

namespace stepwell::api::cli {

std::vector<RestCommand> rest_commands() {
    std::vector<RestCommand> all;
    for (const auto table : {run_commands, callback_commands, trigger_commands, operation_commands,
                             security_commands}) {
        auto rows = table();
        std::move(rows.begin(), rows.end(), std::back_inserter(all));
    }
    return all;
}

}  // namespace stepwell::api::cli

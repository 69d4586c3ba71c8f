// What a load task is told: docs/tasks/load.md.
#pragma once

#include <string>
#include <vector>

#include "tasks/data/input.hpp"

namespace stepwell::tasks::data {

struct LoadParameters {
    InputSpec input;
    std::string target;  // as written
    std::string connection;
    bool is_created = true;  // create: auto | never
    std::vector<std::string> primary_key;
    std::vector<std::vector<std::string>> indexes;
    std::string mode = "append";
    std::vector<std::string> keys;
    std::string strategy = "auto";            // auto | merge | delete_insert | on_conflict
    std::vector<std::string> update_columns;  // empty = all
    std::vector<std::string> update_except;
    std::string update_when;  // SQL over src and dst
    std::string delete_when;
    std::string duplicates = "fail";  // fail | first | latest
    std::string duplicates_order;     // SQL, for latest
    std::string new_columns = "add";  // add | ignore | fail
    std::string missing_columns = "null";
    std::string type_changes = "widen";  // widen | stringify | fail
    std::vector<std::string> after;      // analyze | checkpoint | vacuum
    std::string loaded_at_column;        // "" = none
    std::string file_column;
    std::string run_id_column;
    bool is_dry_run = false;

    [[nodiscard]] bool is_keyed() const {
        return mode == "upsert" || mode == "merge" || mode == "insert_only";
    }
    static DataResult<LoadParameters> parse(const Json& parameters);
};

}  // namespace stepwell::tasks::data

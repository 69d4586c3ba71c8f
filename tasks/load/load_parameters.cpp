#include "tasks/load/load_parameters.hpp"

namespace stepwell::tasks::data {
namespace {

void read_target(ParameterReader& read, LoadParameters& load) {
    const Json* target = read.any("target");
    if (target != nullptr && target->is_string()) {
        load.target = target->get<std::string>();
        return;
    }
    ParameterReader object = read.object("target");
    load.target = object.required_text("table");
    load.connection = object.text("connection");
    load.is_created = object.choice("create", {"auto", "never"}, "auto") == "auto";
    load.primary_key = object.texts("primary_key");
    if (const Json* indexes = object.any("indexes"); indexes != nullptr && indexes->is_array()) {
        for (const auto& index : *indexes) {
            const Json wrapped = {{"columns", index}};
            ParameterReader one(wrapped, object.place_of("indexes") + ".", read.faults());
            load.indexes.push_back(one.texts("columns"));
        }
    } else if (indexes != nullptr) {
        object.fault("indexes", "expected a list of lists of columns");
    }
    object.finish();
}

/// "latest(updated_at)", "latest" with order_by beside it, or {latest: updated_at}.
void read_duplicates(ParameterReader& read, LoadParameters& load) {
    const Json* given = read.any("duplicates");
    if (given == nullptr) return;
    if (given->is_object()) {
        ParameterReader object = read.object("duplicates");
        load.duplicates = "latest";
        load.duplicates_order = object.required_text("latest");
        return object.finish();
    }
    const std::string text = read.text("duplicates");
    if (text.starts_with("latest(") && text.ends_with(")")) {
        load.duplicates = "latest";
        load.duplicates_order = text.substr(7, text.size() - 8);
        return;
    }
    load.duplicates = read.choice("duplicates", {"fail", "first"}, "fail");
}

void read_update(ParameterReader& read, LoadParameters& load) {
    ParameterReader update = read.object("update");
    const Json* columns = update.any("columns");
    if (columns != nullptr && *columns != "all") load.update_columns = update.texts("columns");
    load.update_except = update.texts("except");
    load.update_when = update.text("when");
    load.delete_when = update.text("delete_when");
    update.finish();
}

void read_rest(ParameterReader& read, LoadParameters& load) {
    ParameterReader policy = read.object("schema_policy");
    load.new_columns = policy.choice("new_columns", {"add", "ignore", "fail"}, "add");
    load.missing_columns = policy.choice("missing_columns", {"null", "fail"}, "null");
    load.type_changes = policy.choice("type_changes", {"widen", "stringify", "fail"}, "widen");
    policy.choice("drop", {"keep"}, "keep");
    policy.finish();
    ParameterReader copy = read.object("copy");
    for (auto& null : copy.texts("null_as")) load.input.nulls.push_back(null);
    load.input.is_trimmed = copy.flag("trim_blanks", load.input.is_trimmed);
    load.is_dry_run = copy.flag("no_load", false);
    copy.finish();
    ParameterReader audit = read.object("audit_columns");
    load.loaded_at_column = audit.text("loaded_at");
    load.file_column = audit.text("file");
    load.run_id_column = audit.text("run_id");
    audit.finish();
    load.after = read.texts("after");
    for (const auto& step : load.after) {
        if (step != "analyze" && step != "checkpoint" && step != "vacuum") {
            read.fault("after", "expected analyze, checkpoint or vacuum, but got '" + step + "'");
        }
    }
}

void check_together(ParameterReader& read, LoadParameters& load) {
    if (load.is_keyed() && load.keys.empty()) load.keys = load.primary_key;
    if (load.is_keyed() && load.keys.empty()) {
        read.fault("keys", "mode " + load.mode + " expects the columns that identify a row");
    }
    if (load.mode == "snapshot" && load.loaded_at_column.empty()) {
        load.loaded_at_column = "_loaded_at";
    }
    if (load.strategy == "on_conflict" && load.primary_key != load.keys) {
        read.fault("strategy", "on_conflict expects target.primary_key to be the keys");
    }
}

}  // namespace

DataResult<LoadParameters> LoadParameters::parse(const Json& parameters) {
    Faults faults;
    ParameterReader read(parameters, "", faults);
    LoadParameters load;
    static const Json kNone = Json::object();
    const Json* input = read.any("input");
    load.input = InputSpec::parse(input == nullptr ? kNone : *input, "input", faults);
    read_target(read, load);
    load.mode = read.choice(
        "mode",
        {"append", "replace", "truncate", "upsert", "merge", "insert_only", "snapshot", "scd2"},
        "append");
    load.keys = read.texts("keys");
    load.strategy =
        read.choice("strategy", {"auto", "merge", "delete_insert", "on_conflict"}, "auto");
    read_duplicates(read, load);
    read_update(read, load);
    read_rest(read, load);
    check_together(read, load);
    read.finish();
    SW_TRY(faults.result());
    if (load.mode == "scd2") {
        return data_fail("E_UNSUPPORTED",
                         "load does not keep history by itself; use etl with scd2 for that");
    }
    return load;
}

}  // namespace stepwell::tasks::data

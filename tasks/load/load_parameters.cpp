#include "tasks/load/load_parameters.hpp"

#include "tasks/load/load_shape.hpp"

namespace stepwell::tasks::data {
namespace {

void read_target(ParameterReader& read, LoadParameters& load) {
    const Json* target = read.any("target");
    if (target != nullptr && target->is_string()) {
        load.target = target->get<std::string>();
        return;
    }
    ParameterReader object = read.object("target");
    load.target = object.text("table");
    load.connection = object.text("connection");
    load.is_created = object.text("create") == "auto";
    load.primary_key = object.texts("primary_key");
    if (const Json* indexes = object.any("indexes")) {
        for (const auto& index : *indexes) load.indexes.push_back(texts_in(index));
    }
    object.finish();
}

/// "latest(updated_at)", or {latest: updated_at}.
void read_duplicates(ParameterReader& read, LoadParameters& load) {
    const Json* given = read.any("duplicates");
    if (given == nullptr) return;
    if (given->is_object()) {
        ParameterReader object = read.object("duplicates");
        load.duplicates = "latest";
        load.duplicates_order = object.text("latest");
        return object.finish();
    }
    const std::string text = read.text("duplicates");
    if (text.starts_with("latest(") && text.ends_with(")")) {
        load.duplicates = "latest";
        load.duplicates_order = text.substr(7, text.size() - 8);
        return;
    }
    load.duplicates = text;
}

void read_update(ParameterReader update, LoadParameters& load) {
    const Json* columns = update.any("columns");
    if (columns != nullptr && *columns != "all") load.update_columns = texts_in(*columns);
    load.update_except = update.texts("except");
    load.update_when = update.text("when");
    load.delete_when = update.text("delete_when");
    update.finish();
}

void read_policy(ParameterReader policy, LoadParameters& load) {
    load.new_columns = policy.text("new_columns");
    load.missing_columns = policy.text("missing_columns");
    load.type_changes = policy.text("type_changes");
    policy.text("drop");
    policy.finish();
}

void read_copy(ParameterReader copy, LoadParameters& load) {
    for (auto& null : copy.texts("null_as")) load.input.nulls.push_back(null);
    const bool is_trimmed = copy.flag("trim_blanks");
    if (copy.has("trim_blanks")) load.input.is_trimmed = is_trimmed;
    load.is_dry_run = copy.flag("no_load");
    copy.finish();
}

void read_audit(ParameterReader audit, LoadParameters& load) {
    load.loaded_at_column = audit.text("loaded_at");
    load.file_column = audit.text("file");
    load.run_id_column = audit.text("run_id");
    audit.finish();
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
    ParameterReader read = ParameterReader::checked(parameters, load_shape(), "", faults);
    LoadParameters load;
    load.input = InputSpec::member(read, "input");
    read_target(read, load);
    load.mode = read.text("mode");
    load.keys = read.texts("keys");
    load.strategy = read.text("strategy");
    read_duplicates(read, load);
    read_update(read.object("update"), load);
    read_policy(read.object("schema_policy"), load);
    read_copy(read.object("copy"), load);
    read_audit(read.object("audit_columns"), load);
    load.after = read.texts("after");
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

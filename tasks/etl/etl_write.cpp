// Stages the rows of the last step as Parquet files and commits them to a lake table.
#include <algorithm>

#include "tasks/etl/etl_run.hpp"
#include "tasks/etl/step_tools.hpp"
#include "tasks/files/durable_files.hpp"
#include "tasks/files/hive_partitions.hpp"

namespace stepwell::tasks::etl {
namespace {

using data::data_fail;
using data::DataSession;
using data::quote_identifier;
using data::quote_literal;

std::string copy_statement(const LakeTarget& target, const std::string& query,
                           const std::filesystem::path& folder) {
    std::string options = "format parquet, compression " + target.compression +
                          ", filename_pattern 'part-{uuidv7}', file_extension 'parquet.new', "
                          "overwrite_or_ignore true";
    if (target.partition_by.empty())
        options += ", file_size_bytes " + std::to_string(target.target_file_size);
    // The files carry the partition columns too: their types and NULLs do not depend on the reader.
    else
        options += ", partition_by (" + data::quoted_list(target.partition_by) +
                   "), write_partition_columns true";
    return "copy (" + query + ") to " + quote_literal(folder.string()) + " (" + options + ")";
}

std::string files_literal(const std::vector<std::filesystem::path>& paths) {
    std::string list;
    for (const auto& path : paths)
        list += (list.empty() ? "[" : ", ") + quote_literal(path.string());
    return list + "]";
}

/// Rows of the present table that a merge keeps: those of the touched partitions whose key does
/// not come again.
struct MergePlan {
    std::string query;                 // staged rows
    std::vector<std::string> emptied;  // partitions that lose their last rows
    std::int64_t kept = 0;
};

DataResult<std::vector<std::filesystem::path>> touched_files(Pipeline& pipeline,
                                                             const LakeTarget& target,
                                                             const std::filesystem::path& root,
                                                             const lake::LakeState& state,
                                                             const std::string& source) {
    std::vector<std::filesystem::path> all;
    for (const auto& [path, file] : state.files) all.push_back(root / path);
    // By key, or by partition: those are the folders that will be swapped.
    const std::string read = "read_parquet(" + files_literal(all) +
                             ", union_by_name = true, filename = true, hive_partitioning = false)";
    std::string sql = "select distinct filename from " + read + " where (" +
                      data::quoted_list(target.keys) + ") in (select (" +
                      data::quoted_list(target.keys) + ") from " + source + ")";
    if (!target.partition_by.empty()) {
        sql +=
            " union select distinct filename from " + read + " semi join " + source + " as s on ";
        std::vector<std::string> same;
        for (const auto& name : target.partition_by)
            same.push_back("s." + quote_identifier(name) + " is not distinct from read_parquet." +
                           quote_identifier(name));
        sql += joined(same, " and ");
    }
    const auto rows = SW_TRY(pipeline.connection().query(sql));
    std::vector<std::string> partitions;
    for (const auto& row : rows.rows)
        partitions.push_back(
            std::filesystem::path(row[0].get<std::string>()).parent_path().string());
    std::vector<std::filesystem::path> touched;
    for (const auto& path : all) {
        if (std::find(partitions.begin(), partitions.end(), path.parent_path().string()) !=
            partitions.end())
            touched.push_back(path);
    }
    return touched;
}

/// A key that is NULL is no other row's: it would come in anew with every run.
DataResult<void> check_keys_given(Pipeline& pipeline, const LakeTarget& target, std::int64_t rows) {
    std::vector<std::string> conditions;
    for (const auto& key : target.keys) conditions.push_back(quote_identifier(key) + " is null");
    const auto missing = SW_TRY(pipeline.connection().query_integer(
        pipeline.query("select count(*) from this where " + joined(conditions, " or ")),
        pipeline.parameters()));
    if (missing == 0) return {};
    return data_fail("E_QUALITY", "write: expected a value for key (" +
                                      data::quoted_list(target.keys) + ") in every row, but " +
                                      std::to_string(missing) + " of " + std::to_string(rows) +
                                      " rows have none; filter them, or fill the key");
}

DataResult<MergePlan> plan_merge(Pipeline& pipeline, const LakeTarget& target,
                                 const std::filesystem::path& root, const lake::LakeState& state) {
    SW_TRY(need_columns(pipeline.columns(), target.keys, "write.keys"));
    const std::int64_t rows = SW_TRY(pipeline.materialize());
    SW_TRY(check_keys_given(pipeline, target, rows));
    const std::string keys = data::quoted_list(target.keys);
    const auto doubled = SW_TRY(pipeline.connection().query(
        pipeline.query("select " + keys + ", count(*) as rows from this group by " + keys +
                       " having count(*) > 1 order by all limit 5"),
        pipeline.parameters()));
    if (!doubled.rows.empty()) {
        return data_fail("E_DUPLICATE_KEY",
                         "write: expected one row per key (" + keys +
                             "), but some keys come more than once, for example " +
                             to_text(doubled.objects()[0]) + "; add a dedupe step");
    }
    MergePlan plan;
    if (state.files.empty()) return plan;
    SW_TRY(pipeline.connection().execute(
        "create or replace temp table _sw_merge_source as " + pipeline.query("select * from this"),
        pipeline.parameters()));
    const auto touched = SW_TRY(touched_files(pipeline, target, root, state, "_sw_merge_source"));
    if (touched.empty()) return plan;
    const std::string old = "read_parquet(" + files_literal(touched) +
                            ", union_by_name = true, hive_partitioning = false)";
    std::vector<std::string> same;
    for (const auto& name : target.keys)
        same.push_back("o." + quote_identifier(name) + " = s." + quote_identifier(name));
    SW_TRY(pipeline.connection().execute(
        "create or replace temp table _sw_merge_kept as select * from " + old +
        " o anti join _sw_merge_source s on " + joined(same, " and ")));
    plan.kept = SW_TRY(pipeline.connection().query_integer("select count(*) from _sw_merge_kept"));
    SW_TRY(pipeline.add_input("_sw_merge_kept_rows", "_sw_merge_kept"));
    SW_TRY(pipeline.add_step(
        "merge", "select * from this union all by name select * from \"_sw_merge_kept_rows\"",
        "write"));
    for (const auto& path : touched)
        plan.emptied.push_back(path.lexically_relative(root).parent_path().string());
    return plan;
}

DataResult<std::vector<lake::StagedFile>> staged_files(Pipeline& pipeline,
                                                       const std::filesystem::path& folder) {
    std::vector<lake::StagedFile> files;
    if (SW_TRY(files::files_below(folder)).empty()) return files;
    const auto rows = SW_TRY(pipeline.connection().query(
        "select file_name, num_rows from parquet_file_metadata(" +
        quote_literal((folder / "**" / "*.parquet.new").string()) + ")"));
    for (const auto& row : rows.rows) {
        files.push_back(
            {std::filesystem::path(row[0].get<std::string>()).lexically_relative(folder).string(),
             row[1].get<std::int64_t>()});
    }
    return files;
}

Json schema_json(const std::vector<Column>& columns) {
    Json schema = Json::array();
    for (const auto& column : columns)
        schema.push_back({{"name", column.name}, {"type", column.type}});
    return schema;
}

/// Compares with the table's present columns; lists the changes in the envelope.
DataResult<void> check_schema(DataSession& session, const LakeTarget& target,
                              const std::vector<Column>& columns, const Json& before) {
    const auto refuse = [](const std::string& message) {
        return data_fail("E_SCHEMA", "write: " + message);
    };
    Json& changes = session.result()["schema_changes"];
    std::vector<Column> old;
    for (const auto& column : before)
        old.push_back({string_or(column, "name", ""), string_or(column, "type", "")});
    for (const auto& column : columns) {
        const auto known = std::find_if(
            old.begin(), old.end(), [&](const Column& c) { return has_column({c}, column.name); });
        if (known == old.end()) {
            changes.push_back(
                {{"op", "add_column"}, {"column", column.name}, {"type", column.type}});
            if (!target.allows_new_columns)
                return refuse(
                    "column '" + column.name +
                    "' is new to the table; schema_policy: {new_columns: add} lets it in");
        } else if (known->type != column.type) {
            changes.push_back({{"op", "change_type"},
                               {"column", column.name},
                               {"from", known->type},
                               {"to", column.type}});
            if (!target.allows_type_changes)
                return refuse("expected column '" + column.name + "' to be " + known->type +
                              ", as in the table, but it is " + column.type +
                              "; cast it, or set schema_policy: {type_changes: allow}");
        }
    }
    for (const auto& column : old) {
        if (has_column(columns, column.name)) continue;
        changes.push_back({{"op", "column_missing"}, {"column", column.name}});
        if (!target.allows_missing_columns)
            return refuse("expected column '" + column.name +
                          "', as in the table, but the steps do not give it");
    }
    return {};
}

void report(DataSession& session, const EtlParameters& parameters, const StepCounts& counts,
            std::int64_t rows, const lake::WriteSummary& summary) {
    Json& result = session.result();
    counts.report(session);
    session.count("files", "written", summary.files_added);
    session.count("bytes", "written", summary.bytes);
    constexpr std::size_t kListedMax = 100;
    Json replaced = Json::array();
    for (const auto& partition : summary.partitions_replaced) {
        if (replaced.size() < kListedMax) replaced.push_back(partition);
    }
    result["steps"] = counts.to_json();
    result["outputs"].push_back({{"uri", parameters.write->uri},
                                 {"commit", summary.commit},
                                 {"rows", rows},
                                 {"partitions_replaced", std::move(replaced)},
                                 {"partitions_removed", summary.partitions_removed.size()},
                                 {"partitions_untouched", summary.partitions_untouched},
                                 {"files_added", summary.files_added},
                                 {"files_removed", summary.files_removed}});
}

}  // namespace

DataResult<void> write_lake(DataSession& session, const EtlParameters& parameters,
                            Pipeline& pipeline, StepCounts counts, lake::LakeWrite& write) {
    const LakeTarget& target = *parameters.write;
    SW_TRY(need_columns(pipeline.columns(), target.partition_by, "write.partition_by"));
    SW_TRY(need_columns(pipeline.columns(), target.sort_by, "write.sort_by"));
    const bool replaces_all = target.mode == lake::WriteMode::overwrite;
    if (!replaces_all)
        SW_TRY(check_schema(session, target, pipeline.columns(), write.before().schema));
    MergePlan merge;
    const auto table_root = SW_TRY(session.locations().resolve(target.uri));
    if (target.mode == lake::WriteMode::merge)
        merge = SW_TRY(plan_merge(pipeline, target, table_root, write.before()));
    const std::vector<std::string> order = [&] {
        std::vector<std::string> columns =
            target.sort_by.empty() ? std::vector<std::string>{} : target.partition_by;
        columns.insert(columns.end(), target.sort_by.begin(), target.sort_by.end());
        return columns;
    }();
    const std::string select = data::guarded_select(target.partition_by, pipeline.columns()) +
                               " from this" +
                               (order.empty() ? "" : " order by " + data::quoted_list(order));
    if (counts.tally) counts.tally_before = counts.tally->load();
    const auto written = SW_TRY(pipeline.connection().execute(
        copy_statement(target, pipeline.query(select), write.data_folder()),
        pipeline.parameters()));
    const auto files = SW_TRY(staged_files(pipeline, write.data_folder()));
    const std::int64_t rows_new = written - merge.kept;
    counts.take_tally();
    counts.finish(rows_new);
    SW_TRY(check_expected(parameters, rows_new));
    std::vector<std::filesystem::path> paths;
    for (const auto& file : files) paths.push_back(write.data_folder() / file.path);
    const std::string staged =
        paths.empty() ? "(" + pipeline.query("select * from this limit 0") + ")"
                      : "read_parquet(" + files_literal(paths) + ", hive_partitioning = false)";
    SW_TRY(run_checks(session, pipeline, parameters.checks, staged, rows_new));
    const auto summary =
        SW_TRY(write.commit(files, written, schema_json(pipeline.columns()), merge.emptied));
    report(session, parameters, counts, rows_new, summary);
    return {};
}

}  // namespace stepwell::tasks::etl

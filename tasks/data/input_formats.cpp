#include "tasks/data/input_formats.hpp"

#include <algorithm>

#include "engine/base/ascii.hpp"
#include "tasks/files/csv_function.hpp"
#include "tasks/files/reserved_columns.hpp"
#include "tasks/lake/lake_places.hpp"
#include "tasks/sql/column_types.hpp"

namespace stepwell::tasks::data {
namespace {

std::string path_list(const std::vector<InputFile>& files) {
    Json paths = Json::array();
    for (const auto& file : files) paths.push_back(file.path.string());
    return sql_literal(paths);
}

/// SQL for the name of the file that a row comes from: that which programs see, not the second name
/// under which a lake table's file is read.
std::string shown_name(const Input& input) {
    const bool is_lake = std::any_of(input.files.begin(), input.files.end(),
                                     [](const auto& file) { return file.is_immutable; });
    if (!is_lake) return "filename";
    return "regexp_replace(filename, '" + std::string(lake::kKeptFolder) + "(.*)" + "\\" +
           std::string(lake::kKeptSuffix) + "$', '/\\1')";
}

/// The engine's words on a file that it cannot read: the data is at fault, not the parameters.
DataError of_files(DataError error, const Input& input) {
    const std::string of = input.files.size() == 1 ? input.files[0].uri
                                                   : std::to_string(input.files.size()) + " files";
    if (error.message.find("top-level JSON array") != std::string::npos) {
        return {"E_FORMAT", of + ": expected json, an array of objects, but it does not begin with "
                                 "'['; say format: ndjson where each line is an object"};
    }
    if (error.code == "E_CONFIG") error.code = "E_FORMAT";
    return std::move(error).within(of + ": expected " + input.format);
}

/// In which of several files a column is.
struct Presence {
    std::string name;
    std::int64_t files = 0;
    bool is_in_first = true;
};

void drop_column(Input& input, const std::string& name) {
    std::erase_if(input.columns,
                  [&](const Column& column) { return is_same_column(column.name, name); });
}

/// Says which columns are not in all `total` files, and does with them what the policy says.
DataResult<void> apply_policy(DataSession& session, const InputSpec& spec,
                              const std::vector<Presence>& columns, std::int64_t total,
                              Input& input) {
    for (const auto& column : columns) {
        if (column.files >= total) continue;
        session.result()["schema_changes"].push_back(
            {{"op", "column_not_in_all_files"}, {"column", column.name}, {"files", column.files}});
        const std::string& policy = column.is_in_first ? spec.missing_columns : spec.new_columns;
        if (policy == "ignore") drop_column(input, column.name);
        if (policy != "fail") continue;
        return data_fail(
            "E_SCHEMA",
            "expected column '" + column.name + "' in all " + std::to_string(total) +
                " files, but it is in " + std::to_string(column.files) +
                (column.is_in_first ? ", the first among them" : " and not in the first"));
    }
    return {};
}

std::vector<Presence> presence_of(const CsvScan& scan, std::int64_t& total) {
    std::vector<Presence> columns;
    for (const auto& name : scan.columns()) columns.push_back({name, 0, false});
    total = 0;
    for (std::size_t i = 0; i < scan.files().size(); ++i) {
        if (scan.files()[i].is_empty) continue;
        const bool is_first = ++total == 1;
        const auto& fields = scan.fields_of(i);
        for (std::size_t c = 0; c < columns.size(); ++c) {
            if (fields[c] < 0) continue;
            ++columns[c].files;
            columns[c].is_in_first = columns[c].is_in_first || is_first;
        }
    }
    return columns;
}

/// Between the fields of CSV files, where nothing is said: a tab in .tsv, a comma in the others.
DataResult<char> delimiter_of(const std::vector<InputFile>& files) {
    const auto is_tsv = [](const InputFile& file) { return ending_of(file) == ".tsv"; };
    const auto tsv = std::count_if(files.begin(), files.end(), is_tsv);
    if (tsv == 0) return ',';
    if (tsv == std::ssize(files)) return '\t';
    const auto other = std::find_if_not(files.begin(), files.end(), is_tsv);
    return data_fail("E_CONFIG", other->uri +
                                     ": expected one delimiter in all files, but others are .tsv; "
                                     "say options.delimiter");
}

/// The files as a scan of records, or of lines.
DataResult<void> open_scan(DataSession& session, const InputSpec& spec, Input& input) {
    CsvOptions options = spec.csv;
    options.temporary_folder = session.locations().temporary_folder();
    options.is_lines = input.format == "ndjson";
    if (!spec.has_delimiter) options.delimiter = SW_TRY(delimiter_of(input.files));
    input.scan = SW_TRY(CsvScan::open(input.files, options));
    auto lease = std::make_shared<duckdb::CsvLease>(input.scan);
    input.relation = lease->relation();
    if (!options.is_lines) {
        input.tally = lease->tally();
        input.pieces = duckdb::CsvLease::pieces(*input.scan);
    }
    input.keep.push_back(std::move(lease));
    input.is_text = true;
    return {};
}

/// Names of SQL cannot have a NUL, and differ in more than case.
DataResult<void> check_member_names(const std::vector<Presence>& columns, const Input& input) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const std::string& name = columns[i].name;
        if (name.empty()) {
            return data_fail("E_FORMAT", input.files[0].uri +
                                             ": expected members with names, but that of one is "
                                             "the empty text");
        }
        if (name.find('\0') != name.npos) {
            return data_fail("E_FORMAT",
                             input.files[0].uri + ": expected names of members without NUL bytes");
        }
        for (std::size_t j = 0; j < i; ++j) {
            if (!is_same_column(columns[j].name, name)) continue;
            return data_fail("E_SCHEMA",
                             "expected members whose names differ in more than case, "
                             "but there are '" +
                                 columns[j].name + "' and '" + name + "'");
        }
    }
    return {};
}

/// The members of all objects, in order of first appearance.
DataResult<std::vector<Presence>> members_of(Connection& connection, const std::string& objects,
                                             std::int64_t& total) {
    const std::string from =
        " from " + objects +
        " as objects where line is not null and stepwell_json_fault(line) is null";
    const Rows files =
        SW_TRY(connection.query("select count(distinct _sw_file), min(_sw_file)" + from));
    total = files.rows[0][0].get<std::int64_t>();
    const std::string first = files.rows[0][1].is_null() ? "null" : sql_literal(files.rows[0][1]);
    const Rows rows = SW_TRY(
        connection.query("select key, count(distinct _sw_file), bool_or(_sw_file = " + first +
                         ") from (select unnest(json_keys(line)) as key, _sw_file, _sw_line" +
                         from + ") group by key order by min(_sw_file), min(_sw_line), key"));
    std::vector<Presence> members;
    for (const auto& row : rows.rows) {
        members.push_back({row[0].get<std::string>(), row[1].get<std::int64_t>(), row[2] == true});
    }
    return members;
}

/// Objects, one per row in `line`, as a relation of text columns.
DataResult<void> open_objects(DataSession& session, Connection& connection, const InputSpec& spec,
                              const std::string& objects, Input& input) {
    std::int64_t total = 0;
    const auto members = SW_TRY(members_of(connection, objects, total));
    SW_TRY(check_member_names(members, input));
    std::string select;
    for (const auto& member : members) {
        const std::string name = input_name(member.name);
        select += "case when _sw_fault is null then stepwell_json_text(line, " +
                  quote_literal(member.name) + ") end as " + quote_identifier(name) + ", ";
        input.columns.push_back({name, "varchar"});
    }
    input.relation =
        "(select " + select +
        "_sw_file, _sw_line, _sw_fault, case when _sw_fault is not null then coalesce(_sw_raw, "
        "line) end as _sw_raw from (select line, _sw_file, _sw_line, _sw_raw, "
        "coalesce(_sw_fault, stepwell_json_fault(line)) as _sw_fault from " +
        objects + " as objects where line is not null or _sw_fault is not null))";
    input.is_text = true;
    return apply_policy(session, spec, members, total, input);
}

std::string parquet_scan(const std::vector<InputFile>& files, const std::string& options) {
    return "read_parquet(" + path_list(files) + options;
}

/// Whether all files have the same columns of the same types, told from their ends.
DataResult<bool> have_one_schema(Connection& connection, const Input& input) {
    if (input.files.size() < 2) return true;
    const auto differing = SW_TRY(connection.query_integer(
        "select count(*) from (select name from parquet_schema(" + path_list(input.files) +
        ") where num_children is null or num_children = 0 group by name having "
        "count(distinct file_name) <> " +
        std::to_string(input.files.size()) +
        " or count(distinct coalesce(logical_type, '') || type) <> 1)"));
    return differing == 0;
}

/// What the files before say of a column, and one more file.
DataResult<void> combine_types(DataSession& session, const InputSpec& spec, const Column& own,
                               const InputFile& file, Column& so_far) {
    if (own.type == so_far.type) return {};
    const auto wider = wider_type(own.type, so_far.type);
    const bool is_declared = !declared_type(spec, own.name).type.empty();
    const bool is_inexact = is_floating_type(own.type) != is_floating_type(so_far.type);
    const bool is_refused = spec.type_changes == "fail" || (!wider && (!is_declared || is_inexact));
    if (is_refused) {
        return data_fail("E_SCHEMA", "expected one type for column '" + own.name +
                                         "' in all files, but it is " + so_far.type +
                                         " in the files before and " + own.type + " in " +
                                         file.uri);
    }
    const std::string type = wider ? *wider : "varchar";
    session.result()["schema_changes"].push_back(
        {{"op", "widen_column"}, {"column", own.name}, {"from", so_far.type}, {"to", type}});
    so_far.type = type;
    return {};
}

/// Compares the files' schemas: DuckDB alone would take the first file's and drop the rest, or
/// turn whole numbers into floating ones.
DataResult<void> compare_schemas(DataSession& session, Connection& connection,
                                 const InputSpec& spec, Input& input) {
    std::vector<Column> types;
    std::vector<Presence> columns;
    for (const auto& file : input.files) {
        const bool is_first = &file == input.files.data();
        const auto own = SW_TRY(connection.describe("select * from " + parquet_scan({file}, ")")));
        for (const auto& column : own) {
            const auto known = std::find_if(types.begin(), types.end(), [&](const Column& other) {
                return is_same_column(other.name, column.name);
            });
            if (known == types.end()) {
                types.push_back(column);
                columns.push_back({column.name, 1, is_first});
                continue;
            }
            SW_TRY(combine_types(session, spec, column, file, *known));
            ++columns[static_cast<std::size_t>(known - types.begin())].files;
        }
    }
    return apply_policy(session, spec, columns, static_cast<std::int64_t>(input.files.size()),
                        input);
}

DataResult<void> open_parquet_files(DataSession& session, Connection& connection,
                                    const InputSpec& spec, Input& input) {
    const bool is_same = SW_TRY(have_one_schema(connection, input));
    const bool is_hive = std::all_of(input.files.begin(), input.files.end(), [](const auto& file) {
        return file.path.parent_path().string().find('=') != std::string::npos;
    });
    const std::string scan = parquet_scan(
        input.files, std::string(is_same ? "" : ", union_by_name = true") +
                         (is_hive ? ", hive_partitioning = true" : ", hive_partitioning = false"));
    input.columns = SW_TRY(connection.describe("select * from " + scan + ")"));
    if (!is_same) SW_TRY(compare_schemas(session, connection, spec, input));
    std::string select;
    for (auto& column : input.columns) {
        const std::string name = input_name(column.name);
        select += quote_identifier(column.name) + " as " + quote_identifier(name) + ", ";
        column.name = name;
    }
    input.relation = "(select " + select + shown_name(input) +
                     " as _sw_file, file_row_number + 1 as _sw_line from " + scan +
                     ", filename = true, file_row_number = true))";
    return {};
}

}  // namespace

std::string ending_of(const InputFile& file) {
    const auto lowered = [](std::string text) {
        std::transform(text.begin(), text.end(), text.begin(), stepwell::lower);
        return text;
    };
    std::filesystem::path name(lowered(file.uri));
    if (name.extension() == ".gz" || name.extension() == ".zst") name = name.stem();
    return name.extension().string();
}

DataResult<void> open_csv(DataSession& session, const InputSpec& spec, Input& input) {
    SW_TRY(open_scan(session, spec, input));
    for (const auto& name : input.scan->columns()) input.columns.push_back({name, "varchar"});
    std::int64_t total = 0;
    const auto columns = presence_of(*input.scan, total);
    return apply_policy(session, spec, columns, total, input);
}

DataResult<void> open_ndjson(DataSession& session, Connection& connection, const InputSpec& spec,
                             Input& input) {
    SW_TRY(open_scan(session, spec, input));
    return open_objects(session, connection, spec, input.relation, input);
}

DataResult<void> open_json(DataSession& session, Connection& connection, const InputSpec& spec,
                           Input& input) {
    const std::string objects =
        "(select json::varchar as line, filename as _sw_file, row_number() over (partition by "
        "filename) as _sw_line, null::varchar as _sw_fault, null::varchar as _sw_raw from "
        "read_json_objects(" +
        path_list(input.files) + ", format = 'array', filename = true))";
    auto opened = open_objects(session, connection, spec, objects, input);
    if (opened || opened.error().code == "E_SCHEMA") return opened;
    return fail(of_files(std::move(opened).error(), input));
}

DataResult<void> open_parquet(DataSession& session, Connection& connection, const InputSpec& spec,
                              Input& input) {
    auto opened = open_parquet_files(session, connection, spec, input);
    if (opened || opened.error().code == "E_SCHEMA") return opened;
    return fail(of_files(std::move(opened).error(), input));
}

}  // namespace stepwell::tasks::data

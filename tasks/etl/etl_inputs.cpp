#include "tasks/etl/etl_inputs.hpp"

#include "engine/base/digest.hpp"
#include "tasks/data/input_version.hpp"
#include "tasks/sql/column_types.hpp"
#include "tasks/sql/row_copy.hpp"

namespace stepwell::tasks::etl {
namespace {

using data::data_fail;
using data::DataSession;
using data::InputFile;
using data::InputSpec;

bool is_file_input(const InputSpec& spec) {
    return !spec.uri.is_null();
}

/// The name of the connection on which all inputs come together.
DataResult<data::Connection*> main_connection(DataSession& session, const EtlParameters& parameters,
                                              const std::string& name) {
    if (!name.empty()) return session.connect(name);
    for (const auto& input : parameters.inputs) {
        if (is_file_input(input.spec)) continue;
        std::string connection = input.spec.connection;
        if (!input.spec.table.empty())
            connection = SW_TRY(session.table_reference(input.spec.table, connection)).connection;
        data::Connection* opened = SW_TRY(session.connect(connection));
        if (opened->dialect() == data::Dialect::duckdb) return opened;
    }
    return session.connect_memory();
}

std::string connection_of(DataSession& session, const InputSpec& spec) {
    if (spec.table.empty()) return spec.connection.empty() ? "wh" : spec.connection;
    const auto reference = session.table_reference(spec.table, spec.connection);
    return reference ? reference->connection : spec.connection;
}

/// Brings a table or query of another database over, row by row.
DataResult<data::Input> carry_over(DataSession& session, data::Connection& target,
                                   const EtlInput& input) {
    data::Connection* source = SW_TRY(session.connect(connection_of(session, input.spec)));
    data::Input opened = SW_TRY(data::open_input(session, *source, input.spec));
    std::vector<std::string> names;
    for (const auto& column : opened.columns) names.push_back(column.name);
    const std::string table = "_sw_in_" + input.name;
    opened.columns = SW_TRY(data::copy_to_duckdb(
        *source, "select " + data::quoted_list(names) + " from " + opened.relation + " as input",
        opened.parameters, target, table));
    opened.relation = data::quote_identifier(table);
    opened.parameters = Json::object();
    return opened;
}

}  // namespace

DataResult<OpenedInputs> open_inputs(DataSession& session, const EtlParameters& parameters,
                                     const Json& raw_parameters, const Json& read_before,
                                     const std::string& connection_name) {
    OpenedInputs result;
    std::string versions = to_text(raw_parameters);
    bool has_versions = !data::asks_beyond_inputs(raw_parameters);
    std::vector<std::vector<InputFile>> chosen(parameters.inputs.size());
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        const EtlInput& input = parameters.inputs[i];
        has_versions = has_versions && is_file_input(input.spec);
        if (!is_file_input(input.spec)) continue;
        chosen[i] = SW_TRY(session.input_files(input.spec.uri));
        const Json* known = find(read_before, input.name);
        if (input.is_bookmarked && known != nullptr) {
            std::erase_if(chosen[i], [&](const InputFile& file) {
                return string_or(*known, file.uri, "") == file.etag();
            });
            if (chosen[i].empty()) return result;
        }
        for (const auto& file : chosen[i]) {
            const std::string version = SW_TRY(data::version_of(file));
            has_versions = has_versions && !version.empty();
            versions += "\n" + file.uri + " " + version;
            if (input.is_bookmarked) result.bookmarks[input.name][file.uri] = file.etag();
        }
    }
    if (has_versions) result.fingerprint = digest_hex("SHA-256", versions).value_or("");
    result.connection = SW_TRY(main_connection(session, parameters, connection_name));
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        const EtlInput& input = parameters.inputs[i];
        const bool is_elsewhere =
            !is_file_input(input.spec) &&
            &result.connection->database() !=
                &SW_TRY(session.connect(connection_of(session, input.spec)))->database();
        data::Input opened = is_elsewhere
                                 ? SW_TRY(carry_over(session, *result.connection, input))
                                 : SW_TRY(data::open_input_of(session, *result.connection,
                                                              input.spec, std::move(chosen[i])));
        if (i == 0)
            result.has_text = !opened.format.empty() && opened.format != "parquet" &&
                              opened.format != "table" && opened.format != "sql";
        result.inputs.push_back(std::move(opened));
    }
    return result;
}

DataResult<void> count_left_out(DataSession& session, const EtlParameters& parameters,
                                const OpenedInputs& opened) {
    for (std::size_t i = 0; i < opened.inputs.size(); ++i) {
        const auto bad = SW_TRY(
            data::count_bad_lines(*opened.connection, parameters.inputs[i].spec, opened.inputs[i]));
        session.count("rows", "read", bad);
        session.count("rows", "rejected", bad);
        SW_TRY(data::count_loosened(session, *opened.connection, opened.inputs[i]));
    }
    return {};
}

}  // namespace stepwell::tasks::etl

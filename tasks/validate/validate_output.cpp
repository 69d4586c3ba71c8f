#include <algorithm>

#include "engine/base/digest.hpp"
#include "tasks/data/file_output.hpp"
#include "tasks/sql/column_types.hpp"
#include "tasks/sql/row_copy.hpp"
#include "tasks/validate/validate.hpp"

namespace stepwell::tasks::data {
namespace {

namespace fs = std::filesystem;

/// The same for every attempt of a run, so that a repeat replaces what it wrote before.
std::string run_id(DataSession& session) {
    return digest_hex("SHA-256", session.run_key()).value_or("").substr(0, 16);
}

std::string format_options(const std::string& format) {
    return format == "csv" ? "format csv, header true" : "format parquet";
}

std::string good_rows(const Validation& validation) {
    std::vector<std::string> names;
    for (const auto& column : validation.rows.columns) names.push_back(column.name);
    const std::string where =
        validation.rejected_table.empty() ? "" : " where not (" + validation.rejecting + ")";
    const std::string& relation = validation.ordered_relation.empty() ? validation.rows.relation
                                                                      : validation.ordered_relation;
    return "select " + quoted_list(names) + " from " + relation + where;
}

DataResult<void> write_good_file(Validation& validation) {
    auto& session = validation.session;
    const auto& parameters = validation.parameters;
    fs::path target = SW_TRY(session.locations().target(parameters.good_uri));
    if (!is_file_uri(parameters.good_uri)) {
        target /= "part-" + run_id(session) + "." + parameters.good_format;
    }
    MetricsStore store = SW_TRY(MetricsStore::open(session));
    const std::string uri = session.locations().uri_of(target);
    Json& outputs = session.result()["outputs"];
    // The same rows again would only look new to whoever reads them next.
    if (const auto present = session.locations().file_at(target); present) {
        const std::string known = SW_TRY(store.fingerprint_of(*present));
        if (known == validation.fingerprint) {
            outputs.push_back({{"uri", uri}, {"rows", validation.good()}, {"unchanged", true}});
            validation.written.push_back(*present);
            return {};
        }
    }
    const WrittenFile written = SW_TRY(write_file(session, *validation.connection,
                                                  good_rows(validation), validation.rows.parameters,
                                                  target, format_options(parameters.good_format)));
    if (written.rows != validation.good()) {
        return data_fail("E_INTERNAL", "expected " + std::to_string(validation.good()) +
                                           " good rows, but wrote " + std::to_string(written.rows) +
                                           "; did the input change meanwhile?");
    }
    if (!written.file.identity.empty())
        SW_TRY(store.record_output(written.file, validation.fingerprint));
    validation.written.push_back(written.file);
    outputs.push_back({{"uri", uri}, {"rows", written.rows}});
    return {};
}

DataResult<std::int64_t> fill_table(Validation& validation, const TableName& name) {
    auto& connection = *validation.connection;
    const std::string table = quote_table(name, Dialect::duckdb);
    const std::string rows = good_rows(validation);
    const std::string& mode = validation.parameters.good_mode;
    const bool exists = SW_TRY(connection.has_table(name));
    if (mode == "replace" || !exists) {
        SW_TRY(connection.execute("create or replace table " + table + " as " + rows,
                                  validation.rows.parameters));
        return connection.query_integer("select count(*) from " + table);
    }
    if (mode == "truncate") SW_TRY(connection.execute("delete from " + table + " where true"));
    return connection.execute("insert into " + table + " by name " + rows,
                              validation.rows.parameters);
}

/// Into a table of another database than the one in which the rows were checked.
DataResult<std::int64_t> fill_table_of(Validation& validation, Connection& other,
                                       const TableName& name) {
    const Dialect dialect = other.dialect();
    const std::string table = quote_table(name, dialect);
    const std::string rows = good_rows(validation);
    const auto columns = SW_TRY(validation.connection->describe(rows, validation.rows.parameters));
    std::string declared;
    for (const auto& column : columns) {
        declared += (declared.empty() ? "" : ", ") + quote_identifier(column.name) + " " +
                    (dialect == Dialect::sqlite ? sqlite_type(column.type) : column.type);
    }
    const std::string& mode = validation.parameters.good_mode;
    if (mode == "replace") SW_TRY(other.execute("drop table if exists " + table));
    SW_TRY(other.execute("create table if not exists " + table + " (" + declared + ")"));
    if (mode == "truncate") SW_TRY(other.execute("delete from " + table + " where true"));
    std::vector<std::string> names;
    for (const auto& column : columns) names.push_back(column.name);
    return copy_rows(*validation.connection, rows, validation.rows.parameters, other, table, names);
}

DataResult<void> write_good_table(Validation& validation) {
    auto& session = validation.session;
    const auto target = SW_TRY(session.table_reference(validation.parameters.good_table,
                                                       validation.parameters.connection));
    const bool is_here = target.connection == validation.rows.connection;
    auto& connection =
        is_here ? *validation.connection : *SW_TRY(session.connect(target.connection));
    session.note_engine(validation.connection->database());
    const auto guard = SW_TRY(session.lock_table(target));
    Json output = {{"uri", target.display()}, {"rows", validation.good()}};
    if (SW_TRY(is_replayed(session, connection))) {
        output["unchanged"] = true;
        session.result()["outputs"].push_back(std::move(output));
        return {};
    }
    if (!target.name.schema.empty() && connection.dialect() == Dialect::duckdb) {
        SW_TRY(connection.execute("create schema if not exists " +
                                  quote_identifier(target.name.schema)));
    }
    auto transaction = SW_TRY(Transaction::begin(connection));
    const std::int64_t rows = is_here ? SW_TRY(fill_table(validation, target.name))
                                      : SW_TRY(fill_table_of(validation, connection, target.name));
    if (rows != validation.good()) {
        return data_fail("E_INTERNAL", "expected " + std::to_string(validation.good()) +
                                           " good rows, but wrote " + std::to_string(rows));
    }
    SW_TRY(record_commit(session, connection, target.display()));
    SW_TRY(transaction.commit());
    session.count("rows", "inserted", rows);
    session.result()["outputs"].push_back(std::move(output));
    return {};
}

}  // namespace

bool is_file_uri(const std::string& uri) {
    return !uri.ends_with("/") && fs::path(uri).has_extension();
}

DataResult<void> write_quarantine(Validation& validation) {
    if (validation.rejected == 0) return {};
    auto& session = validation.session;
    const auto& parameters = validation.parameters;
    fs::path target = SW_TRY(session.locations().target(parameters.quarantine_uri));
    if (!is_file_uri(parameters.quarantine_uri)) {
        target = target / ("run=" + run_id(session)) / ("rejected." + parameters.quarantine_format);
    }
    const std::string reasons = parameters.quarantine_format == "csv"
                                    ? "array_to_string(_sw_reasons, '; ') as _sw_reasons"
                                    : "_sw_reasons as _sw_reasons";
    const WrittenFile written =
        SW_TRY(write_file(session, *validation.connection,
                          "select * replace (" + reasons + "), " +
                              quote_literal(session.context().request().execution_name) +
                              "::varchar as _sw_run_id from " + validation.rejected_table +
                              " order by _sw_file, _sw_line",
                          Json::object(), target, format_options(parameters.quarantine_format)));
    SW_ASSERT(written.rows == validation.rejected);
    validation.written.push_back(written.file);
    session.result()["quarantine"] = {{"uri", session.locations().uri_of(target)},
                                      {"rows", written.rows}};
    // For who shows the file, in which the rows are as they stood.
    if (!parameters.masked.empty()) session.result()["quarantine"]["masked"] = parameters.masked;
    return {};
}

DataResult<void> write_good(Validation& validation) {
    if (!validation.parameters.good_uri.empty()) return write_good_file(validation);
    if (!validation.parameters.good_table.empty()) return write_good_table(validation);
    return {};
}

}  // namespace stepwell::tasks::data

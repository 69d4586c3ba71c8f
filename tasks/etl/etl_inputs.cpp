#include "tasks/etl/etl_inputs.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "engine/base/descriptor.hpp"
#include "engine/base/digest.hpp"
#include "tasks/lake/lake_table.hpp"
#include "tasks/sql/column_types.hpp"
#include "tasks/sql/row_copy.hpp"

namespace stepwell::tasks::etl {
namespace {

namespace fs = std::filesystem;
using data::data_fail;
using data::DataSession;
using data::InputFile;
using data::InputSpec;

/// Larger files are told apart by size and time of change alone.
constexpr std::uint64_t kHashedBytesMax = 64ull << 20;
constexpr std::size_t kPieceBytes = 256 * 1024;

/// What is in the file, so that a file written again with the same content is the same input. Read,
/// not mapped: who cuts the file meanwhile would end the process.
std::string version_of(const InputFile& file) {
    if (file.bytes == 0 || file.bytes > kHashedBytesMax) return file.etag();
    const Descriptor opened(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC));
    if (opened.get() < 0) return file.etag();
    Sha256 digest;
    std::vector<char> piece(kPieceBytes);
    while (true) {
        const ssize_t count = ::read(opened.get(), piece.data(), piece.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return file.etag();
        if (count == 0) return digest.hex();
        digest.update({piece.data(), static_cast<std::size_t>(count)});
    }
}

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

/// The files of one input before it is opened.
struct ChosenFiles {
    std::vector<InputFile> files;               // sorted by path, each once
    std::vector<std::shared_ptr<void>> guards;  // of the lake tables among them
};

DataResult<ChosenFiles> choose_files(DataSession& session, const InputSpec& spec) {
    ChosenFiles chosen;
    const Json uris = spec.uri.is_array() ? spec.uri : Json::array({spec.uri});
    for (const auto& uri : uris) {
        const bool has_glob =
            !uri.is_string() || uri.get<std::string>().find_first_of("*?[") != std::string::npos;
        const auto root = has_glob ? DataResult<fs::path>(fs::path())
                                   : session.locations().resolve(uri.get<std::string>());
        if (!root || !lake::is_lake_table(*root)) {
            for (auto& file : SW_TRY(session.locations().expand(uri)))
                chosen.files.push_back(std::move(file));
            continue;
        }
        lake::Waiting waiting;
        waiting.is_cancelled = [&] { return session.context().is_cancelled(); };
        lake::Snapshot snapshot = SW_TRY(lake::read_snapshot(*root, waiting));
        for (const auto& path : snapshot.paths) {
            chosen.files.push_back(SW_TRY(session.locations().file_at(path)));
        }
        chosen.guards.push_back(std::move(snapshot.guard));
    }
    const auto by_path = [](const InputFile& a, const InputFile& b) { return a.path < b.path; };
    std::sort(chosen.files.begin(), chosen.files.end(), by_path);
    const auto is_same = [](const InputFile& a, const InputFile& b) { return a.path == b.path; };
    chosen.files.erase(std::unique(chosen.files.begin(), chosen.files.end(), is_same),
                       chosen.files.end());
    return chosen;
}

}  // namespace

DataResult<OpenedInputs> open_inputs(DataSession& session, const EtlParameters& parameters,
                                     const Json& raw_parameters, const Json& read_before,
                                     const std::string& connection_name) {
    OpenedInputs result;
    std::string versions = to_text(raw_parameters);
    bool has_versions = true;
    std::vector<ChosenFiles> chosen(parameters.inputs.size());
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        const EtlInput& input = parameters.inputs[i];
        has_versions = has_versions && is_file_input(input.spec);
        if (!is_file_input(input.spec)) continue;
        chosen[i] = SW_TRY(choose_files(session, input.spec));
        const Json* known = find(read_before, input.name);
        if (input.is_bookmarked && known != nullptr) {
            std::erase_if(chosen[i].files, [&](const InputFile& file) {
                return string_or(*known, file.uri, "") == file.etag();
            });
            if (chosen[i].files.empty()) return result;
        }
        for (const auto& file : chosen[i].files) {
            versions += "\n" + file.uri + " " + version_of(file);
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
        data::Input opened =
            is_elsewhere ? SW_TRY(carry_over(session, *result.connection, input))
                         : SW_TRY(data::open_input_of(session, *result.connection, input.spec,
                                                      std::move(chosen[i].files)));
        if (i == 0)
            result.has_text = !opened.format.empty() && opened.format != "parquet" &&
                              opened.format != "table" && opened.format != "sql";
        result.inputs.push_back(std::move(opened));
        for (auto& guard : chosen[i].guards) result.guards.push_back(std::move(guard));
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

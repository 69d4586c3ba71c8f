#include "tasks/data/input_version.hpp"

#include <algorithm>
#include <chrono>

#include "tasks/files/moves.hpp"
#include "tasks/sql/column_types.hpp"
#include "tasks/sql/sql_text.hpp"
#include "tasks/wall_clock.hpp"

namespace stepwell::tasks::data {
namespace {

/// Larger files take longer to hash than a task without changes should.
constexpr std::uint64_t kHashedBytesMax = 64ULL << 20;
/// The coarsest clock of a file system that is in use.
constexpr auto kClockTick = std::chrono::seconds(2);

bool is_hashed(const InputFile& file) {
    return file.bytes <= kHashedBytesMax;
}

/// Whether a later touch would have a later time.
bool is_settled(const InputFile& file) {
    const auto touched = Timestamp(
        std::chrono::duration_cast<Timestamp::duration>(std::chrono::nanoseconds(file.touched_ns)));
    return touched + kClockTick < wall_clock();
}

}  // namespace

DataResult<std::string> version_of(const InputFile& file) {
    if (file.is_immutable) return std::string("immutable");
    if (is_hashed(file))
        return files::sha256_of({file.root, file.path.lexically_relative(file.root)});
    return is_settled(file) ? file.identity : std::string();
}

DataResult<bool> has_still(DataSession& session, const InputFile& file,
                           const std::string& version) {
    if (file.is_immutable) return true;
    const auto now = session.locations().file_at(file.path);
    if (!now || now->identity != file.identity) return false;
    return is_settled(file) || (is_hashed(file) && SW_TRY(version_of(*now)) == version);
}

DataResult<Json> rows_version(Connection& connection, const std::string& relation,
                              const std::vector<std::string>& columns, const Json& parameters) {
    const std::string hash = connection.dialect() == Dialect::sqlite
                                 ? "stepwell_rows_hash(" + quoted_list(columns) + ")"
                                 : "coalesce(sum(hash(t)), 0)";
    const Rows rows = SW_TRY(
        connection.query("select count(*), " + hash + " from " + relation + " as t", parameters));
    return Json::array({rows.rows[0][0], rows.rows[0][1]});
}

bool asks_beyond_inputs(const Json& parameters) {
    if (parameters.is_string()) {
        const std::string& text = parameters.get_ref<const std::string&>();
        const bool reads_files = text.find("read_") != text.npos || text.find("glob(") != text.npos;
        return asks_clock_or_chance(text) || reads_files;
    }
    if (!parameters.is_structured()) return false;
    return std::any_of(parameters.begin(), parameters.end(), asks_beyond_inputs);
}

}  // namespace stepwell::tasks::data

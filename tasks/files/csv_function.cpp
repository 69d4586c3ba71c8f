#include "tasks/files/csv_function.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <map>
#include <mutex>
#include <numeric>
#include <optional>
#include <random>

#include "engine/base/utf8.hpp"
#include "tasks/sql/duckdb/duckdb_vectors.hpp"

namespace stepwell::tasks::data::duckdb {
namespace {

constexpr const char* kName = "stepwell_csv";

enum class Extra { file, line, fault, raw, piece };
constexpr Size kExtraColumns = 5;
constexpr std::size_t kPiecesMax = 48;

/// A thread takes so many units at once: a piece.
std::size_t units_per_piece(const CsvScan& scan) {
    return std::max<std::size_t>(1, (scan.units().size() + kPiecesMax - 1) / kPiecesMax);
}

/// A scan that is on offer.
struct Offer {
    std::shared_ptr<const CsvScan> scan;
    std::shared_ptr<CsvTally> tally;
    std::vector<std::size_t> pieces;  // which are read
};

/// Hands the places of a list out to threads: neighbours to one, as long as there are. Who has none
/// left takes the later half of the longest run that another one still has.
class Runs {
public:
    static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

    explicit Runs(std::size_t size) : size_(size) {}
    /// The next place for the thread of this run; kNone is a thread without one, which gets it.
    std::optional<std::size_t> next(std::size_t& run) {
        const std::lock_guard lock(mutex_);
        if (run == kNone) {
            run = runs_.size();
            runs_.push_back(runs_.empty() ? Run{0, size_} : take_half());
        }
        if (runs_[run].first == runs_[run].second) runs_[run] = take_half();
        Run& own = runs_[run];
        if (own.first == own.second) return std::nullopt;
        return own.first++;
    }

private:
    using Run = std::pair<std::size_t, std::size_t>;  // [first, second)

    static std::size_t length(const Run& run) { return run.second - run.first; }
    Run take_half() {
        Run& longest =
            *std::max_element(runs_.begin(), runs_.end(),
                              [](const Run& a, const Run& b) { return length(a) < length(b); });
        const Run half = {longest.first + length(longest) / 2, longest.second};
        longest.second = half.first;
        return half;
    }

    std::mutex mutex_;
    std::size_t size_;
    std::vector<Run> runs_;
};

struct Registry {
    std::mutex mutex;
    std::map<std::int64_t, Offer> scans;
    // Not counted up: SQL must not be able to guess another task's scan.
    std::mt19937_64 numbers{std::random_device{}()};
};

Registry& registry() {
    static Registry instance;
    return instance;
}

using BindData = Offer;

/// What all threads of one scan share.
struct GlobalState {
    std::shared_ptr<const CsvScan> scan;
    std::shared_ptr<CsvTally> tally;
    std::vector<std::size_t> pieces;
    std::vector<Size> projected;  // column indexes
    Runs runs;                    // over `pieces`

    explicit GlobalState(const Offer& offer)
        : scan(offer.scan), tally(offer.tally), pieces(offer.pieces), runs(offer.pieces.size()) {}
};

struct LocalState {
    std::size_t run = Runs::kNone;
    std::size_t piece = 0;
    std::size_t next_unit = 0;  // of the piece
    std::size_t end_unit = 0;
    std::unique_ptr<CsvReader> reader;
    std::vector<int> fields;  // per projected column, the field of the current file; -1 none
    CsvRecord record;
    Size uri_row = 0;  // of the chunk, where the name of the file `uri_file` stands
    std::size_t uri_file = kNoFile;
    static constexpr std::size_t kNoFile = static_cast<std::size_t>(-1);
};

template <class T>
void destroy(void* data) {
    delete static_cast<T*>(data);
}

const Api& library() {
    return **duckdb::api();
}

void bind(Handle info) {
    const Api& api = library();
    Handle parameter = api.bind_get_parameter(info, 0);
    const std::int64_t id = api.get_int64(parameter);
    api.destroy_value(&parameter);
    Offer offer;
    {
        auto& all = registry();
        const std::lock_guard lock(all.mutex);
        if (const auto found = all.scans.find(id); found != all.scans.end()) offer = found->second;
    }
    const auto& scan = offer.scan;
    if (!scan) return api.bind_set_error(info, "stepwell_csv reads only files that a task opened");
    Handle text = api.create_logical_type(Type::varchar);
    Handle number = api.create_logical_type(Type::bigint);
    for (const auto& name : scan->columns()) api.bind_add_result_column(info, name.c_str(), text);
    api.bind_add_result_column(info, "_sw_file", text);
    api.bind_add_result_column(info, "_sw_line", number);
    api.bind_add_result_column(info, "_sw_fault", text);
    api.bind_add_result_column(info, "_sw_raw", text);
    api.bind_add_result_column(info, "_sw_piece", number);
    api.destroy_logical_type(&text);
    api.destroy_logical_type(&number);
    constexpr Size kBytesPerField = 8;
    api.bind_set_cardinality(info, scan->bytes() / (kBytesPerField * (scan->columns().size() + 1)),
                             false);
    api.bind_set_bind_data(info, new BindData(std::move(offer)), destroy<BindData>);
}

void init(Handle info) {
    const Api& api = library();
    auto* state = new GlobalState(*static_cast<BindData*>(api.init_get_bind_data(info)));
    for (Size i = 0; i < api.init_get_column_count(info); ++i) {
        state->projected.push_back(api.init_get_column_index(info, i));
    }
    api.init_set_max_threads(info, std::max<Size>(1, state->pieces.size()));
    api.init_set_init_data(info, state, destroy<GlobalState>);
}

void local_init(Handle info) {
    library().init_set_init_data(info, new LocalState, destroy<LocalState>);
}

/// Bytes that are no text must not enter the engine: it relies on UTF-8.
std::string printable(std::string_view bytes) {
    if (is_utf8(bytes)) return std::string(bytes);
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            text += c;
            continue;
        }
        constexpr std::string_view kDigits = "0123456789ABCDEF";
        text += "\\x";
        text += kDigits[byte >> 4U];
        text += kDigits[byte & 15U];
    }
    return text;
}

/// The name stands once in a chunk, and is pointed at from each row.
void set_file(const Api& api, TargetVector& target, Size row, const CsvScan& scan,
              LocalState& local) {
    const std::size_t file = local.reader->unit().file;
    if (local.uri_file == file) return target.repeat(row, local.uri_row);
    target.set_text(api, row, scan.files()[file].file.uri);
    local.uri_file = file;
    local.uri_row = row;
}

void set_extra(const Api& api, TargetVector& target, Size row, Extra which, const CsvScan& scan,
               LocalState& local) {
    const CsvRecord& record = local.record;
    switch (which) {
        case Extra::file:
            return set_file(api, target, row, scan, local);
        case Extra::piece:
            return target.set(row, static_cast<std::int64_t>(local.piece));
        case Extra::line:
            return target.set(row, record.line);
        case Extra::fault:
            if (record.fault.empty()) return target.set_null(api, row);
            return target.set_text(api, row, record.fault);
        case Extra::raw:
            if (record.fault.empty()) return target.set_null(api, row);
            return target.set_text(api, row, printable(record.raw));
    }
}

void set_field(const Api& api, TargetVector& target, Size row, int field, const CsvRecord& record) {
    // The fields of a broken record may be anybody's: _sw_raw has it as it stands.
    const bool is_absent = field < 0 || static_cast<std::size_t>(field) >= record.fields.size();
    if (is_absent || !record.fault.empty()) return target.set_null(api, row);
    const CsvField& value = record.fields[static_cast<std::size_t>(field)];
    if (value.text.empty() && !value.is_quoted) return target.set_null(api, row);
    target.set_utf8(api, row, value.text);
}

/// Takes the next unit of the thread's piece, or of the next piece. False when there is none left.
bool take_unit(GlobalState& global, LocalState& local) {
    const auto& scan = *global.scan;
    if (local.next_unit == local.end_unit) {
        const auto place = global.runs.next(local.run);
        if (!place) return false;
        const std::size_t size = units_per_piece(scan);
        local.piece = global.pieces[*place];
        local.next_unit = local.piece * size;
        local.end_unit = std::min(local.next_unit + size, scan.units().size());
    }
    const CsvUnit& unit = scan.units()[local.next_unit++];
    local.reader = std::make_unique<CsvReader>(global.scan, unit);
    const auto& fields = scan.fields_of(unit.file);
    local.fields.clear();
    for (const Size column : global.projected) {
        local.fields.push_back(column < fields.size() ? fields[column] : -1);
    }
    return true;
}

/// Goes on with the unit, or takes the next one. False when there is none left.
DataResult<bool> next_record(GlobalState& global, LocalState& local) {
    while (true) {
        if (local.reader && SW_TRY(local.reader->next(local.record))) return true;
        if (!take_unit(global, local)) return false;
    }
}

DataResult<Size> fill(const Api& api, GlobalState& global, LocalState& local, Handle chunk) {
    std::vector<TargetVector> targets;
    for (Size i = 0; i < global.projected.size(); ++i) {
        targets.emplace_back(api, api.data_chunk_get_vector(chunk, i));
    }
    const Size columns = global.scan->columns().size();
    const Size rows_max = api.vector_size();
    std::int64_t whole = 0;
    local.uri_file = LocalState::kNoFile;
    Size row = 0;
    for (; row < rows_max; ++row) {
        if (!SW_TRY(next_record(global, local))) break;
        if (local.record.fault.empty()) ++whole;
        for (Size i = 0; i < targets.size(); ++i) {
            const Size column = global.projected[i];
            if (column < columns) {
                set_field(api, targets[i], row, local.fields[i], local.record);
            } else if (column - columns < kExtraColumns) {
                set_extra(api, targets[i], row, static_cast<Extra>(column - columns), *global.scan,
                          local);
            }
        }
    }
    *global.tally += whole;
    return row;
}

void produce(Handle info, Handle chunk) {
    const Api& api = library();
    auto& global = *static_cast<GlobalState*>(api.function_get_init_data(info));
    auto& local = *static_cast<LocalState*>(api.function_get_local_init_data(info));
    const auto rows = fill(api, global, local, chunk);
    if (!rows) return api.function_set_error(info, rows.error().message.c_str());
    api.data_chunk_set_size(chunk, *rows);
}

std::vector<std::size_t> all_pieces(const CsvScan& scan) {
    std::vector<std::size_t> pieces(CsvLease::pieces(scan));
    std::iota(pieces.begin(), pieces.end(), 0);
    return pieces;
}

}  // namespace

DataResult<void> register_csv_function(void* connection) {
    const Api& api = *SW_TRY(duckdb::api());
    Handle function = api.create_table_function();
    Handle number = api.create_logical_type(Type::bigint);
    api.table_function_set_name(function, kName);
    api.table_function_add_parameter(function, number);
    api.table_function_set_bind(function, bind);
    api.table_function_set_init(function, init);
    api.table_function_set_local_init(function, local_init);
    api.table_function_set_function(function, produce);
    api.table_function_supports_projection_pushdown(function, true);
    const State state = api.register_table_function(connection, function);
    api.destroy_table_function(&function);
    api.destroy_logical_type(&number);
    if (state == State::success) return {};
    return data_fail("E_INTERNAL", "expected DuckDB to take a table function, but it refused");
}

CsvLease::CsvLease(std::shared_ptr<const CsvScan> scan) : CsvLease(scan, all_pieces(*scan)) {}

CsvLease::CsvLease(std::shared_ptr<const CsvScan> scan, std::vector<std::size_t> pieces) {
    auto& all = registry();
    const std::lock_guard lock(all.mutex);
    do {
        id_ = static_cast<std::int64_t>(all.numbers() >> 1U);
    } while (all.scans.contains(id_));
    auto tally = std::make_shared<CsvTally>(0);
    tally_ = tally;
    all.scans.emplace(id_, Offer{std::move(scan), std::move(tally), std::move(pieces)});
}

std::size_t CsvLease::pieces(const CsvScan& scan) {
    const std::size_t size = units_per_piece(scan);
    return (scan.units().size() + size - 1) / size;
}

CsvLease::~CsvLease() {
    auto& all = registry();
    const std::lock_guard lock(all.mutex);
    all.scans.erase(id_);
}

std::string CsvLease::relation() const {
    return std::string(kName) + "(" + std::to_string(id_) + ")";
}

}  // namespace stepwell::tasks::data::duckdb

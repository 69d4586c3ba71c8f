#include "tasks/validate/kept_rows.hpp"

#include <algorithm>

#include "tasks/sql/column_types.hpp"

namespace stepwell::tasks::data {
namespace {

const ColumnRule* rule_of(const ValidateParameters& parameters, const std::string& column) {
    for (const auto& rule : parameters.columns) {
        const bool is_it =
            parameters.is_case_sensitive ? rule.name == column : is_same_column(rule.name, column);
        if (is_it) return &rule;
    }
    return nullptr;
}

/// A column as it is written, as text, and as its type; equal ones are the same expression.
struct TypedColumn {
    std::string source, text, typed;
    std::string loosened;  // true where it is typed only because the rule is loose; "" = never
};

TypedColumn typed_column(const ValidateParameters& parameters, const Input& input,
                         const Column& column) {
    TypedColumn made;
    made.source = quote_identifier(column.name);
    made.text = input.is_text ? text_expression(parameters.input, column.name)
                              : "cast(" + made.source + " as varchar)";
    made.typed = input.is_text ? made.text : made.source;
    const ColumnRule* rule = rule_of(parameters, column.name);
    if (rule == nullptr || rule->type.empty()) return made;
    const std::string& from = input.is_text ? made.text : made.source;
    made.typed = strict_value(from, column.type, rule->declared());
    made.loosened = loosened_condition(from, column.type, rule->declared());
    return made;
}

constexpr const char* kLineAndFault = "_sw_line, _sw_fault, _sw_raw";
constexpr const char* kPlaceAndFault = "_sw_file, _sw_line, _sw_fault, _sw_raw";

std::string input_with_faults(const Input& input) {
    if (input.is_text) return input.relation;
    return "(select *, null::varchar as _sw_fault, null::varchar as _sw_raw from " +
           input.relation + " as input)";
}

}  // namespace

namespace {

/// What stands behind FROM for the rows as the files have them, each column in its three forms.
std::string typed_relation(const ValidateParameters& parameters, const Input& input) {
    std::string select;
    for (const auto& column : input.columns) {
        const TypedColumn made = typed_column(parameters, input, column);
        select += made.typed + " as " + made.source + ", " + made.text + " as " +
                  quote_identifier(raw_name(column.name)) + ", " + made.source + " as " +
                  quote_identifier(source_name(column.name)) + ", ";
    }
    return "(select " + select + (input.pieces > 1 ? "_sw_piece, " : "") + kPlaceAndFault +
           " from " + input_with_faults(input) + ")";
}

}  // namespace

void make_typed_rows(const ValidateParameters& parameters, Input& input, CheckedRows& rows) {
    rows.columns = input.columns;
    rows.parameters = parameters.params;
    for (const auto& column : input.columns) {
        const std::string loosened = typed_column(parameters, input, column).loosened;
        if (!loosened.empty()) input.loose.push_back({column.name, loosened});
    }
    rows.relation = typed_relation(parameters, input);
}

namespace {

/// Of files. Beyond it every query reads them again: rows of any number must not fill the disk.
DataResult<std::int64_t> kept_bytes_max(DataSession& session) {
    constexpr std::int64_t kDefault = 256 << 20;
    const Json* section = find(session.context().settings().configuration, "tasks");
    const Json* told = section == nullptr ? nullptr : find(*section, "kept_rows");
    if (told == nullptr) return kDefault;
    if (const auto bytes = parse_bytes(*told)) return *bytes;
    return data_fail("E_CONFIG",
                     "tasks.kept_rows: expected a size such as 256MB, but got " + to_text(*told));
}

DataResult<bool> is_worth_keeping(DataSession& session, const Input& input) {
    const std::int64_t bytes_max = SW_TRY(kept_bytes_max(session));
    std::int64_t bytes = 0;
    for (const auto& file : input.files) bytes += static_cast<std::int64_t>(file.bytes);
    return input.is_text && bytes <= bytes_max;
}

constexpr std::size_t kMarksPerColumn = 62;  // of a signed 64-bit number

std::string marks_column(std::size_t index) {
    return "_sw_marks_" + std::to_string(index);
}

/// The columns of `_sw_rows`, and how they are called outside of it. Values that are the same in
/// several forms stand there once.
class KeptColumns {
public:
    std::string keep(const std::string& expression) {
        std::string name = "_sw_" + std::to_string(++number_);
        kept_ += expression + " as " + name + ", ";
        return name;
    }
    void show(const std::string& kept, const std::string& name) {
        shown_ += kept + " as " + quote_identifier(name) + ", ";
    }
    /// `file`: an expression that says of which file a row is.
    void show_file(const std::string& file) { shown_ += file + " as _sw_file, "; }
    /// `has_pieces`: the rows may be kept in any order, as they can be told apart by their piece.
    [[nodiscard]] std::string table(const std::string& rows, const RowMarks& marks,
                                    bool has_pieces) const {
        return "create or replace temp table _sw_rows as select " + kept_ + marks.names() +
               (has_pieces ? "_sw_piece, " : "") + kLineAndFault + " from (select source.*, " +
               marks.definitions() + " from " + (has_pieces ? unordered(rows) : rows) +
               " as source)";
    }
    /// A query of all kept rows, as they are called outside.
    [[nodiscard]] std::string query(const RowMarks& marks, bool has_pieces) const {
        return "select " + shown_ + marks.names() + (has_pieces ? "_sw_piece, " : "") +
               kLineAndFault + " from _sw_rows";
    }

private:
    std::size_t number_ = 0;
    std::string kept_;
    std::string shown_;
};

/// As it stands in the file a value is asked for only of rows that fail something, or where it has
/// no typed form: elsewhere it is not kept.
void keep_column(KeptColumns& columns, const TypedColumn& made, const std::string& name,
                 const std::string& is_failing) {
    const std::string own = quote_identifier(name);
    const std::string source = quote_identifier(source_name(name));
    const std::string text = quote_identifier(raw_name(name));
    const std::string typed = columns.keep(own);
    columns.show(typed, name);
    if (made.typed == made.source) {
        columns.show(typed, raw_name(name));
        columns.show(typed, source_name(name));
        return;
    }
    const auto where_asked_for = [&](const std::string& form) {
        return columns.keep("case when " + is_failing + " or " + own + " is null then " + form +
                            " end");
    };
    const std::string as_text = "cast(" + typed + " as varchar)";
    const std::string kept = where_asked_for(source);
    columns.show("coalesce(" + kept + ", " + as_text + ")", source_name(name));
    const bool is_typed = made.typed != made.text;
    const std::string kept_text = !is_typed                  ? typed
                                  : made.text == made.source ? kept
                                                             : where_asked_for(text);
    columns.show(is_typed ? "coalesce(" + kept_text + ", " + as_text + ")" : typed, raw_name(name));
}

/// The kept rows in the order of the files. What one thread has read lies in that order, run by
/// run of neighbouring pieces, and a run is long enough to be read by several threads again.
DataResult<std::string> in_order(const Validation& validation) {
    const Rows pieces = SW_TRY(validation.connection->query(
        "select _sw_piece, min(rowid), max(rowid) from _sw_rows group by all order by all"));
    struct Run {
        std::int64_t first, last, end;  // pieces, and the rowid of the last row
    };
    std::vector<Run> runs;
    for (const Row& piece : pieces.rows) {
        const auto number = piece[0].get<std::int64_t>();
        const auto end = piece[2].get<std::int64_t>();
        if (runs.empty() || piece[1].get<std::int64_t>() < runs.back().end) {
            runs.push_back({number, number, end});
        } else {
            runs.back().last = number;
            runs.back().end = end;
        }
    }
    if (runs.size() <= 1) return std::string();
    std::string all;
    for (const Run& run : runs) {
        all += (all.empty() ? "(from (" : ") union all from (") + validation.kept +
               " where _sw_piece between " + std::to_string(run.first) + " and " +
               std::to_string(run.last);
    }
    return all + "))";
}

/// What is counted, and what rejects.
void mark_checks(Validation& validation) {
    validation.marks.add("_sw_fault is not null");
    for (const Check& check : validation.checks) {
        if (!check.fails.empty()) validation.marks.add(check.fails);
    }
    validation.marks.end_of_failures();
    for (const Check& check : validation.checks) {
        if (check.fails.empty()) continue;
        validation.marks.add(considered_condition(check));
        if (!check.column.empty()) validation.marks.add(missing_condition(check));
    }
}

}  // namespace

void RowMarks::add(const std::string& condition) {
    if (std::find(conditions_.begin(), conditions_.end(), condition) == conditions_.end())
        conditions_.push_back(condition);
}

std::size_t RowMarks::columns() const {
    return (conditions_.size() + kMarksPerColumn - 1) / kMarksPerColumn;
}

std::string RowMarks::names() const {
    std::string names;
    for (std::size_t i = 0; i < columns(); ++i) names += marks_column(i) + ", ";
    return names;
}

std::string RowMarks::definitions() const {
    std::string text;
    for (std::size_t i = 0; i < conditions_.size(); ++i) {
        const bool is_first = i % kMarksPerColumn == 0;
        const bool is_last = (i + 1) % kMarksPerColumn == 0 || i + 1 == conditions_.size();
        // With a condition of a user's it may be NULL.
        const bool may_be_null = conditions_[i].find(" and (") != std::string::npos;
        text += std::string(is_first ? (i == 0 ? "stepwell_bits(" : ", stepwell_bits(") : ", ") +
                (may_be_null ? "coalesce(" + conditions_[i] + ", false)" : conditions_[i]);
        if (is_last) text += ") as " + marks_column(i / kMarksPerColumn);
    }
    return text;
}

std::string RowMarks::failing() const {
    std::string text;
    for (std::size_t column = 0; column * kMarksPerColumn < failures_; ++column) {
        const std::size_t bits = std::min(failures_ - column * kMarksPerColumn, kMarksPerColumn);
        text += (text.empty() ? "(" : " or ") + marks_column(column) + " & " +
                std::to_string((1ULL << bits) - 1) + " <> 0";
    }
    return text + ")";
}

std::string RowMarks::of(const std::string& condition) const {
    const auto found = std::find(conditions_.begin(), conditions_.end(), condition);
    if (!is_kept || found == conditions_.end()) return condition;
    const auto index = static_cast<std::size_t>(found - conditions_.begin());
    return "(" + marks_column(index / kMarksPerColumn) + " & " +
           std::to_string(1ULL << (index % kMarksPerColumn)) + " <> 0)";
}

std::optional<std::size_t> RowMarks::index_of(const std::string& condition) const {
    for (std::size_t i = 0; is_kept && i < conditions_.size(); ++i) {
        if (conditions_[i] == condition || of(conditions_[i]) == condition) return i;
    }
    return std::nullopt;
}

bool RowMarks::is_set(const Row& marks, std::size_t index) {
    const auto bits = marks[index / kMarksPerColumn].get<std::uint64_t>();
    return (bits >> (index % kMarksPerColumn) & 1U) != 0;
}

DataResult<void> keep_rows(Validation& validation) {
    const Input& input = validation.input;
    if (!SW_TRY(is_worth_keeping(validation.session, input))) return {};
    mark_checks(validation);
    KeptColumns columns;
    const std::string is_failing = validation.marks.failing();
    for (const auto& column : input.columns) {
        keep_column(columns, typed_column(validation.parameters, input, column), column.name,
                    is_failing);
    }
    // The same long text in every row would be most of what is kept.
    const bool is_one_file = input.scan && input.scan->files().size() == 1;
    columns.show_file(is_one_file ? quote_literal(input.scan->files().front().file.uri)
                                  : columns.keep("_sw_file"));
    const bool has_pieces = input.pieces > 1;
    SW_TRY(validation.connection->execute(
        columns.table(validation.rows.relation, validation.marks, has_pieces),
        validation.rows.parameters));
    validation.files_relation = validation.rows.relation;
    validation.kept = columns.query(validation.marks, has_pieces);
    validation.rows.relation = "(" + validation.kept + ")";
    if (has_pieces) validation.ordered_relation = SW_TRY(in_order(validation));
    validation.marks.is_kept = true;
    for (Check& check : validation.checks) check.fails = validation.marks.of(check.fails);
    return {};
}

std::string kept_rows(const Validation& validation, const std::string& condition) {
    return "(" + validation.kept + " where " + condition + ")";
}

DataResult<std::string> rows_of_files(Validation& validation, const std::string& condition) {
    if (validation.input.pieces <= 1) return validation.files_relation;
    const Rows rows = SW_TRY(validation.connection->query("select distinct _sw_piece from " +
                                                              validation.rows.relation + " where " +
                                                              condition + " order by all",
                                                          validation.rows.parameters));
    std::vector<std::size_t> pieces;
    for (const Row& row : rows.rows) pieces.push_back(row[0].get<std::size_t>());
    auto lease = std::make_shared<duckdb::CsvLease>(validation.input.scan, std::move(pieces));
    Input some = validation.input;
    some.relation = lease->relation();
    validation.input.keep.push_back(std::move(lease));
    return typed_relation(validation.parameters, some);
}

}  // namespace stepwell::tasks::data

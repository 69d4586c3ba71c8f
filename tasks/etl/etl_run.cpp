// Steps, counts and checks.
#include "tasks/etl/etl_run.hpp"

#include <algorithm>
#include <set>
#include <span>

#include "engine/base/assert.hpp"
#include "tasks/etl/step_order.hpp"

namespace stepwell::tasks::etl {
namespace {

using data::data_fail;
using data::DataSession;

bool may_change_rows(const Step& step) {
    static const std::set<std::string, std::less<>> kTypes = {
        "cast",  "filter",    "dedupe", "sql",    "join",
        "union", "aggregate", "limit",  "unnest", "flatten"};
    return kTypes.contains(step.type);
}

/// Base relation without the reader's own columns; `_file` and `_line` where a step names them.
std::string base_relation(const data::Input& input, const EtlParameters& parameters) {
    std::vector<std::string> names;
    for (const auto& column : input.columns) names.push_back(column.name);
    std::string select = data::quoted_list(names);
    const bool has_place = !input.files.empty();
    const auto mentions = [&](const std::string& word) {
        return std::any_of(parameters.steps.begin(), parameters.steps.end(), [&](const Step& step) {
            return to_text(step.argument).find(word) != std::string::npos;
        });
    };
    if (has_place && !has_column(input.columns, "_file") && mentions("_file"))
        select += ", _sw_file as _file";
    if (has_place && !has_column(input.columns, "_line") && mentions("_line"))
        select += ", _sw_line as _line";
    return "(select " + select + " from " + input.relation + ")";
}

/// Whether the query that writes reads each record of the first input once, and all of them: then
/// it is not parsed for its count alone. `compiled`, `type`: the first step that changes the number
/// of rows; `later`: those that are run behind it.
bool is_told_by_tally(const EtlParameters& parameters, const OpenedInputs& opened,
                      const CompiledStep& compiled, const std::string& type,
                      std::span<const std::size_t> later) {
    static const std::set<std::string, std::less<>> kReadAllOnce = {"filter", "dedupe", "cast"};
    static const std::set<std::string, std::less<>> kKeepRows = {"regexp_replace", "hash", "drop",
                                                                 "rename", "sort"};
    const auto& steps = parameters.steps;
    const auto is_named = [&](const Step& step) {
        const std::string text = to_text(step.argument);
        return text.find("this") != text.npos || text.find(parameters.inputs[0].name) != text.npos;
    };
    return opened.inputs[0].tally && kReadAllOnce.contains(type) && compiled.prelude.empty() &&
           compiled.must_be_empty.empty() &&
           std::all_of(later.begin(), later.end(),
                       [&](std::size_t i) {
                           return kKeepRows.contains(steps[i].type) || is_of_single_rows(steps[i]);
                       }) &&
           std::none_of(steps.begin(), steps.end(), is_named);
}

/// Entries that came in the order in which the steps were run, in the order in which they are told.
/// A step that was run behind one that drops rows is told to have got what that one got.
void order_as_told(std::vector<StepCounts::Entry>& entries, const std::vector<std::size_t>& order) {
    std::vector<StepCounts::Entry> told(entries.size());
    for (std::size_t at = 0; at < order.size(); ++at) {
        const std::size_t own = order[at];
        told[own] = std::move(entries[at]);
        const auto end = order.begin() + static_cast<std::ptrdiff_t>(at);
        const auto ahead =
            std::find_if(order.begin(), end, [&](auto other) { return other > own; });
        if (ahead != end) told[own].in = told[own].out = told[*ahead].in;
    }
    entries = std::move(told);
}

DataResult<void> check_before(const Step& step, const CompiledStep& compiled, Pipeline& pipeline) {
    if (compiled.must_be_empty.empty()) return {};
    const auto rows = SW_TRY(
        pipeline.connection().query(pipeline.query(compiled.must_be_empty), pipeline.parameters()));
    if (rows.rows.empty()) return {};
    return data_fail(compiled.error_code, step.place + ": " + compiled.error_message +
                                              "; for example " + to_text(rows.objects()[0]));
}

/// Counts what of the rows before the step only its loose forms take.
DataResult<void> count_loosened(const CompiledStep& compiled, Pipeline& pipeline, Json& loosened) {
    if (compiled.loose.empty()) return {};
    std::string select;
    for (const auto& [column, condition] : compiled.loose) {
        select +=
            (select.empty() ? "select " : ", ") + ("count(*) filter (where " + condition + ")");
    }
    const auto counted = SW_TRY(
        pipeline.connection().query(pipeline.query(select + " from this"), pipeline.parameters()));
    for (std::size_t i = 0; i < compiled.loose.size(); ++i) {
        Json& number = loosened[compiled.loose[i].first];
        const std::int64_t before = number.is_number() ? number.get<std::int64_t>() : 0;
        number = before + counted.rows[0][i].get<std::int64_t>();
    }
    return {};
}

}  // namespace

void StepCounts::take_tally() {
    if (!tally) return;
    read = tally->load() - tally_before;
    for (auto& step : steps) {
        step.in = read;
        if (step.is_changing) break;
        step.out = read;
    }
}

void StepCounts::settle(std::int64_t rows) {
    std::optional<std::int64_t> known = rows;
    for (auto step = steps.rbegin(); step != steps.rend() && !step->out; ++step) {
        step->out = known;
        if (!step->in && !step->is_changing) step->in = known;
        known = step->in;
    }
}

void StepCounts::finish(std::int64_t rows) {
    written = rows;
    settle(rows);
    if (!read) read = steps.empty() ? rows : steps.front().in;
}

void StepCounts::report_loosened(DataSession& session) const {
    for (const auto& [column, values] : loosened.items()) {
        session.count("loosened", column, values.get<std::int64_t>());
    }
}

void StepCounts::report(DataSession& session) const {
    report_loosened(session);
    session.count("rows", "good", written);
    session.count("rows", "written", written);
    std::int64_t rejected = 0;
    std::int64_t dropped = 0;
    std::int64_t added = 0;
    for (const auto& step : steps) {
        if (!step.in || !step.out) continue;
        const std::int64_t gone = *step.in - *step.out;
        if (gone < 0) added -= gone;
        if (gone > 0) (step.is_rejecting ? rejected : dropped) += gone;
    }
    session.count("rows", "rejected", rejected);
    if (!read) return;
    session.count("rows", "read", *read);
    session.count("rows", "dropped", dropped);
    session.count("rows", "added", added);
    SW_ASSERT(*read + added == written + rejected + dropped);
}

Json StepCounts::to_json() const {
    Json list = Json::array();
    for (const auto& step : steps) {
        Json entry = {{"step", step.name}, {"in", nullptr}, {"out", nullptr}};
        if (step.in) entry["in"] = *step.in;
        if (step.out) entry["out"] = *step.out;
        if (step.in && step.out && *step.in > *step.out)
            entry[step.is_rejecting ? "rejected" : "dropped"] = *step.in - *step.out;
        if (step.in && step.out && *step.in < *step.out) entry["added"] = *step.out - *step.in;
        list.push_back(std::move(entry));
    }
    return list;
}

DataResult<StepCounts> run_steps(const EtlParameters& parameters, const OpenedInputs& opened,
                                 Pipeline& pipeline, Reading reading) {
    StepCounts counts;
    for (std::size_t i = 0; i < opened.inputs.size(); ++i) {
        pipeline.bind(opened.inputs[i].parameters);
        SW_TRY(pipeline.add_input(parameters.inputs[i].name,
                                  base_relation(opened.inputs[i], parameters)));
    }
    std::optional<std::int64_t> rows;
    const std::vector<std::size_t> order = run_order(parameters.steps);
    for (std::size_t at = 0; at < order.size(); ++at) {
        const Step& step = parameters.steps[order[at]];
        const auto later = std::span(order).subspan(at + 1);
        CompiledStep compiled = SW_TRY(compile_step(step, pipeline));
        const bool changes = compiled.effect != RowEffect::keeps;
        if (changes && !counts.read && parameters.counts_steps && reading == Reading::once &&
            is_told_by_tally(parameters, opened, compiled, step.type, later)) {
            counts.tally = opened.inputs[0].tally;
        }
        const bool is_first_change =
            changes && !counts.read && parameters.counts_steps && !counts.tally;
        // A text file is parsed once: later counts and steps go on from the parsed rows.
        if (is_first_change)
            rows = SW_TRY(opened.has_text ? pipeline.materialize() : pipeline.count_rows());
        if (is_first_change) {
            for (auto& earlier : counts.steps) earlier.in = earlier.out = rows;
            counts.read = rows;
        }
        if (!compiled.prelude.empty()) {
            SW_TRY(pipeline.add_step(step.name, compiled.prelude, step.place));
            SW_TRY(pipeline.materialize());
        }
        SW_TRY(check_before(step, compiled, pipeline));
        SW_TRY(count_loosened(compiled, pipeline, counts.loosened));
        // A step whose type does not say that it changes rows, behind the one that was taken
        // for the last that does.
        if (changes && !rows && parameters.counts_steps && !counts.tally) {
            rows = SW_TRY(pipeline.count_rows());
            counts.settle(*rows);
        }
        SW_TRY(pipeline.add_step(step.name, compiled.sql, step.place));
        counts.steps.push_back(
            {step.name, rows, changes ? std::nullopt : rows, compiled.is_rejecting, changes});
        const bool is_last_change = std::none_of(
            later.begin(), later.end(),
            [&](std::size_t other) { return may_change_rows(parameters.steps[other]); });
        if (!changes || !parameters.counts_steps) continue;
        // What the last change leaves is what is written: counted there.
        if (is_last_change) {
            rows.reset();
            continue;
        }
        rows = SW_TRY(compiled.effect == RowEffect::heavy ? pipeline.materialize()
                                                          : pipeline.count_rows());
        counts.steps.back().out = rows;
    }
    order_as_told(counts.steps, order);
    return counts;
}

DataResult<void> check_expected(const EtlParameters& parameters, std::int64_t rows) {
    if (!parameters.expect_rows || parameters.expect_rows->holds(rows)) return {};
    return data_fail("E_ROW_COUNT", "expected " + parameters.expect_rows->text() +
                                        " rows, but the steps gave " + std::to_string(rows));
}

}  // namespace stepwell::tasks::etl

#include "api/cli/progress.hpp"

#include "api/cli/cause.hpp"

namespace stepwell::api::cli {
namespace {

constexpr std::size_t kPlaceColumns = 36;

std::string padded(std::string text, std::size_t columns) {
    std::size_t used = 0;
    for (const char c : text) used += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
    if (used < columns) text.append(columns - used, ' ');
    return text;
}

bool takes_time(const StateRow& row) {
    return row.kind == "Task" || row.kind == "Wait" || row.kind == "Map" || row.kind == "Parallel";
}

std::string failure_text(const StateRow& row) {
    std::string text = row.outcome;
    if (!row.error.empty()) text += ": " + row.error;
    if (!row.cause.empty()) text += ": " + shortened(cause_sentence(row.cause), 200);
    return text;
}

}  // namespace

Progress::Progress(const Terminal& terminal, std::string workflow, Settings settings)
    : terminal_(terminal),
      workflow_(std::move(workflow)),
      settings_(settings),
      tracker_({[this](const StateRow& row) { on_entered(row); },
                [this](const StateRow& row, Duration delay) { on_retried(row, delay); },
                [this](const StateRow& row) { on_ended(row); }}) {}

runtime::Listener Progress::listener() {
    runtime::Listener listener;
    if (settings_.is_silent) return listener;
    listener.events = [this](const core::Execution& execution,
                             const std::vector<core::Event>& events) {
        on_events(execution, events);
    };
    if (!settings_.is_verbose) return listener;
    listener.log = [this](const TaskToken& token, const std::string& line) { on_log(token, line); };
    listener.progress = [this](const TaskToken& token, const Json& progress) {
        on_progress(token, progress);
    };
    return listener;
}

void Progress::on_events(const core::Execution& execution, const std::vector<core::Event>& events) {
    const bool begins = !events.empty() &&
                        events.front().type == core::EventType::execution_started &&
                        execution.facts().workflow_name == workflow_;
    if (run_ == 0 && begins) run_ = value_of(execution.id());
    if (run_ == value_of(execution.id())) tracker_.take(events);
}

void Progress::on_entered(const StateRow& row) {
    if (!settings_.shows_begin || !takes_time(row)) return;
    print(terminal_.styled("  … " + row.place, Style::dim));
}

void Progress::on_retried(const StateRow& row, Duration delay) {
    print(terminal_.styled("  ↻ ", Style::yellow) + padded(row.place, kPlaceColumns) + "  " +
          row.error + (row.cause.empty() ? "" : ": " + shortened(cause_sentence(row.cause), 100)) +
          "; again in " + duration_text(delay));
}

void Progress::on_ended(const StateRow& row) {
    const bool is_good = row.outcome == "succeeded";
    std::string line =
        is_good ? terminal_.styled("  ✓ ", Style::green) : terminal_.styled("  ✗ ", Style::red);
    const std::string note = !is_good     ? failure_text(row)
                             : row.result ? result_text(row.result->json())
                                          : rows_text(row.rows);
    const std::string duration = duration_text(*row.ended_at - row.entered_at);
    line += padded(row.place, kPlaceColumns) + "  ";
    print(line + (note.empty() ? duration : padded(duration, 8) + "  " + note));
}

void Progress::on_log(const TaskToken& token, const std::string& line) {
    if (run_ == value_of(token.execution)) print(terminal_.styled("    | " + line, Style::dim));
}

void Progress::on_progress(const TaskToken& token, const Json& progress) {
    if (run_ != value_of(token.execution)) return;
    std::string line = string_or(progress, "message", "");
    if (const Json* percent = find(progress, "percent")) line += " " + to_text(*percent) + " %";
    if (const Json* rows = find(progress, "rows"); rows && rows->is_number_integer()) {
        line += " " + count_text(rows->get<std::int64_t>()) + " rows";
    }
    print(terminal_.styled("    | " + line, Style::dim));
}

void Progress::print(const std::string& line) {
    const std::lock_guard lock(mutex_);
    terminal_.out << line << std::endl;
}

}  // namespace stepwell::api::cli

#include "api/workflows/workflow_files.hpp"

#include <algorithm>
#include <utility>

namespace stepwell::api {
namespace {

constexpr std::size_t kHomesPage = 1'000;
constexpr std::size_t kWriteBytes = 4'000'000;  // of texts in one commit

std::string source_key(std::string_view workflow, std::uint32_t version) {
    return std::string(workflow) + "/" + std::to_string(version);
}

Json view_of(const std::string& file, const char* status, const std::string& workflow,
             Timestamp since, const std::vector<definition::Diagnostic>& faults) {
    Json view{{"path", file}, {"status", status}};
    if (!workflow.empty()) view["workflow"] = workflow;
    view["since"] = to_iso8601(since);
    view["faults"] = faults_view(faults);
    return view;
}

bool are_same(const std::vector<definition::Diagnostic>& a,
              const std::vector<definition::Diagnostic>& b) {
    return faults_view(a) == faults_view(b);
}

}  // namespace

Json faults_view(const std::vector<definition::Diagnostic>& faults) {
    Json list = Json::array();
    for (const definition::Diagnostic& fault : faults) {
        const bool is_error = fault.severity == definition::Severity::error;
        Json view{{"severity", is_error ? "error" : "warning"},
                  {"pointer", "#" + fault.location},
                  {"code", fault.code},
                  {"message", fault.message}};
        if (fault.position.line > 0) {
            view["line"] = fault.position.line;
            view["column"] = fault.position.column;
        }
        if (!fault.hint.empty()) view["hint"] = fault.hint;
        list.push_back(std::move(view));
    }
    return list;
}

std::vector<journal::DocumentWrite> to_writes(const WorkflowSource& source) {
    std::vector<journal::DocumentWrite> writes;
    const Json text{{"file", source.file}, {"format", source.format}, {"text", source.text}};
    writes.push_back(
        {kWorkflowSources, source_key(source.workflow, source.version), to_text(text)});
    if (!source.file.empty()) {
        writes.push_back({kWorkflowHomes, source.workflow, to_text(Json{{"file", source.file}})});
    }
    return writes;
}

Result<std::optional<WorkflowSource>> source_of(runtime::Reader& reader, std::string_view workflow,
                                                std::uint32_t version) {
    const auto kept = SW_TRY(reader.document(kWorkflowSources, source_key(workflow, version)));
    if (!kept) return std::optional<WorkflowSource>();
    const Json found = SW_TRY(parse_json(*kept));
    return std::optional(
        WorkflowSource{std::string(workflow), version, string_or(found, "file", ""),
                       string_or(found, "format", "yaml"), string_or(found, "text", "")});
}

Result<void> WorkflowFiles::open() {
    auto reader = SW_TRY(readers_.take());
    const std::lock_guard lock(mutex_);
    const Timestamp now = clock_.now();
    std::string after;
    while (true) {
        const auto page = SW_TRY(reader->documents(kWorkflowHomes, after, kHomesPage));
        for (const auto& document : page) {
            const Json home = SW_TRY(parse_json(document.value));
            homes_[document.key] = {string_or(home, "file", ""), now};
            after = document.key;
        }
        if (page.size() < kHomesPage) return {};
    }
}

Result<std::vector<journal::DocumentWrite>> WorkflowFiles::writes_of(
    runtime::Reader& reader, const WorkflowSource& source) const {
    std::vector<journal::DocumentWrite> writes;
    for (auto& write : to_writes(source)) {
        if (SW_TRY(reader.document(write.collection, write.key)) == write.value) continue;
        writes.push_back(std::move(write));
    }
    return writes;
}

Result<void> WorkflowFiles::flush() {
    std::vector<WorkflowSource> sources;
    {
        const std::lock_guard lock(mutex_);
        sources = unkept_;
    }
    auto reader = SW_TRY(readers_.take());
    runtime::Writes writes;
    std::size_t bytes = 0;
    for (const WorkflowSource& source : sources) {
        for (auto& write : SW_TRY(writes_of(*reader, source))) {
            bytes += write.value->size();
            writes.documents.push_back(std::move(write));
        }
        if (bytes < kWriteBytes) continue;
        SW_TRY(engine_.write_now(std::exchange(writes, {})));
        bytes = 0;
    }
    if (!writes.documents.empty()) SW_TRY(engine_.write_now(std::move(writes)));
    const std::lock_guard lock(mutex_);
    unkept_.erase(unkept_.begin(), unkept_.begin() + static_cast<std::ptrdiff_t>(sources.size()));
    return {};
}

void WorkflowFiles::is_good(WorkflowSource source, std::vector<definition::Diagnostic> warnings) {
    if (secrets_) source.text = secrets_->mask(std::move(source.text));
    const std::lock_guard lock(mutex_);
    const Timestamp now = clock_.now();
    // A workflow of this file that has got another name in it has no file any more.
    for (auto& [workflow, home] : homes_) {
        const bool is_left = home.file == source.file && workflow != source.workflow;
        if (is_left && has_its_file(workflow, home)) home.left = now;
    }
    homes_[source.workflow] = {source.file, now};
    note(source.file, {true, source.workflow, std::move(warnings), now});
    unkept_.push_back(std::move(source));
}

void WorkflowFiles::is_faulty(const std::string& file, std::vector<definition::Diagnostic> faults) {
    const std::lock_guard lock(mutex_);
    note(file, {false, workflow_of(file), std::move(faults), clock_.now()});
}

/// REQUIRES: the lock is held.
void WorkflowFiles::note(const std::string& file, Fact fact) {
    const auto known = facts_.find(file);
    const bool is_the_same = known != facts_.end() && known->second.is_good == fact.is_good &&
                             known->second.workflow == fact.workflow &&
                             are_same(known->second.faults, fact.faults);
    if (!is_the_same) facts_[file] = std::move(fact);
}

std::string WorkflowFiles::is_gone(const std::string& file) {
    const std::lock_guard lock(mutex_);
    const auto known = facts_.find(file);
    if (known == facts_.end()) return "";
    std::string workflow = known->second.workflow;
    const auto home = homes_.find(workflow);
    if (home != homes_.end() && home->second.file == file) home->second.left = clock_.now();
    facts_.erase(known);
    return workflow;
}

journal::DocumentWrite WorkflowFiles::leave(const std::string& workflow) {
    const std::lock_guard lock(mutex_);
    homes_.erase(workflow);
    return {kWorkflowHomes, workflow, std::nullopt};
}

/// REQUIRES: the lock is held.
std::string WorkflowFiles::workflow_of(const std::string& file) const {
    const auto known = facts_.find(file);
    if (known != facts_.end()) return known->second.workflow;
    const auto home = std::find_if(homes_.begin(), homes_.end(),
                                   [&](const auto& each) { return each.second.file == file; });
    return home == homes_.end() ? "" : home->first;
}

bool WorkflowFiles::is_known(const std::string& file) const {
    const std::lock_guard lock(mutex_);
    return facts_.contains(file) || !workflow_of(file).empty();
}

/// REQUIRES: the lock is held.
bool WorkflowFiles::has_its_file(const std::string& workflow, const Home& home) const {
    const auto fact = facts_.find(home.file);
    return fact != facts_.end() && fact->second.workflow == workflow;
}

Json WorkflowFiles::gone_view(const std::string& workflow, const Home& home) const {
    return view_of(home.file, "gone", workflow, home.left, {});
}

/// Also of one that was deleted and made again while its file lay there. REQUIRES: the lock is
/// held.
std::optional<WorkflowFiles::Home> WorkflowFiles::home_of(const std::string& workflow) const {
    const auto home = homes_.find(workflow);
    if (home != homes_.end()) return home->second;
    const auto file = std::find_if(facts_.begin(), facts_.end(), [&](const auto& fact) {
        return fact.second.workflow == workflow;
    });
    if (file == facts_.end()) return std::nullopt;
    return Home{file->first, file->second.since};
}

std::optional<Json> WorkflowFiles::of_workflow(const std::string& workflow) const {
    const std::lock_guard lock(mutex_);
    const auto home = home_of(workflow);
    if (!home) return std::nullopt;
    if (!has_its_file(workflow, *home)) return gone_view(workflow, *home);
    const Fact& fact = facts_.at(home->file);
    return view_of(home->file, fact.is_good ? "good" : "faulty", workflow, fact.since, fact.faults);
}

Json WorkflowFiles::list() const {
    const std::lock_guard lock(mutex_);
    std::multimap<std::string, Json> all;
    for (const auto& [file, fact] : facts_) {
        all.emplace(file, view_of(file, fact.is_good ? "good" : "faulty", fact.workflow, fact.since,
                                  fact.faults));
    }
    for (const auto& [workflow, home] : homes_) {
        if (!has_its_file(workflow, home)) all.emplace(home.file, gone_view(workflow, home));
    }
    Json items = Json::array();
    for (auto& [file, view] : all) items.push_back(std::move(view));
    return Json{{"items", std::move(items)}};
}

}  // namespace stepwell::api

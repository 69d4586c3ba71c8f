// The loop and what is published of workflows: versions, aliases, tags, and what else is decided by
// the documents that are there.
#include "engine/base/prng.hpp"
#include "engine/runtime/loop/loop.hpp"
#include "engine/runtime/published.hpp"

namespace stepwell::runtime {
namespace {

class TurnView final : public ChangeView {
public:
    TurnView(Ledger& ledger, Catalog& catalog, Timestamp now)
        : ledger_(ledger), catalog_(catalog), now_(now) {}

    Result<std::optional<std::string>> document(const std::string& collection,
                                                const std::string& key) override {
        return ledger_.document(collection, key);
    }
    Result<std::vector<journal::DocumentRecord>> documents(const std::string& collection,
                                                           const std::string& prefix) override {
        return ledger_.documents(collection, prefix);
    }
    Result<WorkflowStatus> workflow(const std::string& name) override {
        return catalog_.status(name);
    }
    [[nodiscard]] Timestamp now() const override { return now_; }

private:
    Ledger& ledger_;
    Catalog& catalog_;
    Timestamp now_;
};

}  // namespace

void Loop::on(const ChangeDocuments& message) {
    TurnView view(ledger_, catalog_, now_);
    auto writes = message.change(view);
    if (!writes) return reply(message.answer, Result<void>(stepwell::fail(writes.error())));
    reply(message.answer, write(*writes));
}

Result<void> Loop::write(const Writes& writes) {
    SW_TRY(ledger_.check(writes.documents, writes.claims));
    ledger_.add(writes.documents, writes.claims, ExecutionId{0}, now_, batch_);
    add_notices(writes.notices);
    return {};
}

Result<WorkflowStatus> Loop::with_change(Result<WorkflowStatus> status,
                                         const WorkflowChange& beside) {
    if (!status || !beside) return status;
    TurnView view(ledger_, catalog_, now_);
    const Writes writes = SW_TRY(beside(*status, view));
    SW_TRY(write(writes));
    return status;
}

/// Whoever makes a workflow of this name anew begins without.
Result<void> Loop::remove_published(const std::string& workflow) {
    if (!catalog_.status(workflow)) return {};
    std::vector<journal::DocumentWrite> removals;
    for (const char* collection : {kPublishedVersions, kAliases}) {
        for (auto& one : SW_TRY(ledger_.documents(collection, published_prefix(workflow)))) {
            removals.push_back(removal_of(collection, std::move(one.key)));
        }
    }
    const std::string tags = tags_key("stateMachine", workflow);
    if (SW_TRY(ledger_.document(kLastPublished, workflow))) {
        removals.push_back(removal_of(kLastPublished, workflow));
    }
    if (SW_TRY(ledger_.document(kTags, tags))) removals.push_back(removal_of(kTags, tags));
    ledger_.add(removals, {}, ExecutionId{0}, now_, batch_);
    return {};
}

/// The same start by the version that its qualifier names, or that its alias draws.
Result<StartRequest> Loop::resolved(const StartRequest& request) {
    const std::string& workflow = request.workflow;
    const std::string arn = workflow_arn_of(settings_.region, settings_.account, workflow) + ":";
    StartRequest start = request;
    start.qualifier.clear();
    auto number = version_number_in(request.qualifier);
    if (!number) {
        const auto alias =
            SW_TRY(ledger_.document(kAliases, alias_key(workflow, request.qualifier)));
        if (alias) {
            Prng random(clock_.entropy());
            number = version_drawn(SW_TRY(alias_in(*alias)), random.below(100));
            start.alias_arn = arn + request.qualifier;
        }
    }
    const auto version =
        number ? SW_TRY(ledger_.document(kPublishedVersions, version_key(workflow, *number)))
               : std::nullopt;
    if (!version) {
        return stepwell::fail(ErrorCode::not_found,
                              "State Machine Does Not Exist: '" + arn + request.qualifier + "'");
    }
    start.version = SW_TRY(published_version_in(*version)).id;
    start.version_arn = arn + std::to_string(*number);
    return start;
}

}  // namespace stepwell::runtime

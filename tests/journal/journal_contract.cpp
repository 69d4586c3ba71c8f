// The contract of workflows, of batches as such, and of who may write.
#include "tests/journal/contract_records.hpp"

namespace stepwell::test {
namespace {

using namespace contract;

void check_workflows(JournalUnderTest& under_test) {
    REQUIRE(commit(under_test.get(), workflows()));
    under_test.reopen();
    Journal& journal = under_test.get();

    REQUIRE(journal.workflows());
    CHECK(journal.workflows()->size() == 2);
    const auto etl = *journal.workflow_named("etl");
    REQUIRE(etl);
    CHECK((etl->id == kEtl && etl->arn == "arn:etl" && etl->type == "STANDARD"));
    CHECK(etl->created_at == from_ms(5));
    CHECK_FALSE(journal.workflow_named("nobody")->has_value());
    CHECK((*journal.latest_version(kEtl))->number == 2);
    const auto first = **journal.version(VersionId{1});
    CHECK((first.definition == "{ \"a\" : 1}" && first.role_arn == "role"));
    CHECK(first.settings == "{\"x\":1}");
    CHECK_FALSE(journal.version(VersionId{9})->has_value());

    Batch again;
    again.add(journal::WorkflowRecord{WorkflowId{3}, "etl", "arn:etl", "STANDARD", from_ms(8)});
    CHECK(commit(journal, again).error().code == ErrorCode::conflict);
    Batch removal;
    removal.add(journal::WorkflowDeletion{kEtl});
    REQUIRE(commit(journal, removal));
    CHECK_FALSE(journal.workflow_named("etl")->has_value());
    CHECK((*journal.workflow(kEtl))->is_deleted);
    REQUIRE(commit(journal, again));
    CHECK((*journal.workflow_named("etl"))->id == WorkflowId{3});
}

void check_order(JournalUnderTest& under_test) {
    REQUIRE(commit(under_test.get(), workflows()));
    const auto made = [](std::uint64_t id) {
        return journal::WorkflowRecord{WorkflowId{id}, "etl", "arn:etl", "STANDARD", from_ms(8)};
    };
    Batch batch;
    batch.add(journal::WorkflowDeletion{kEtl});
    batch.add(made(3));
    batch.add(journal::WorkflowDeletion{WorkflowId{3}});
    batch.add(made(4));
    batch.add(journal::DocumentWrite{"state", "etl", "first"});
    batch.add(journal::DocumentWrite{"state", "etl", std::nullopt});
    batch.add(journal::DocumentWrite{"state", "etl", "last"});
    REQUIRE(commit(under_test.get(), batch));
    under_test.reopen();
    Journal& journal = under_test.get();
    CHECK((*journal.workflow_named("etl"))->id == WorkflowId{4});
    CHECK((*journal.workflow(WorkflowId{3}))->is_deleted);
    CHECK(journal.workflows()->size() == 2);
    CHECK(journal.document("state", "etl")->value() == "last");

    Batch early;  // the name is freed too late
    early.add(made(5));
    early.add(journal::WorkflowDeletion{WorkflowId{4}});
    const auto refused = commit(journal, early);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == journal::CommitError::Kind::refused);
    CHECK((*journal.workflow_named("etl"))->id == WorkflowId{4});
}

void check_lease(JournalUnderTest& under_test) {
    const journal::Lease old = under_test.get().lease();
    REQUIRE(commit(under_test.get(), workflows()));
    under_test.reopen();
    Journal& journal = under_test.get();
    CHECK(journal.lease().epoch > old.epoch);
    const auto fenced = journal.commit(of({opened(1, kEtl)}), old);
    REQUIRE_FALSE(fenced);
    CHECK(fenced.error().kind == journal::CommitError::Kind::fenced);
    CHECK_FALSE(journal.execution(ExecutionId{1})->has_value());
    // It is over for this one, whatever it tries.
    CHECK(commit(journal, of({opened(1, kEtl)})).error().kind ==
          journal::CommitError::Kind::fenced);
}

void check_counters(JournalUnderTest& under_test) {
    auto counters = *under_test.get().counters();
    CHECK((counters.execution == ExecutionId{1} && counters.chunk == ChunkId{1}));
    CHECK((counters.workflow == WorkflowId{1} && counters.version == VersionId{1}));
    REQUIRE(commit(under_test.get(), workflows()));
    REQUIRE(commit(under_test.get(), of({opened(8, kEtl)})));
    const auto secret = under_test.get().secret();
    under_test.reopen();
    counters = *under_test.get().counters();
    CHECK((counters.execution == ExecutionId{9} && counters.chunk == ChunkId{801}));
    CHECK((counters.workflow == WorkflowId{3} && counters.version == VersionId{4}));
    CHECK(under_test.get().secret() == secret);
}

}  // namespace

void check_journal_contract(const MakeJournal& make) {
    check_contract_of_executions(make);
    check_contract_of_histories(make);
    check_contract_of_links(make);
    check_contract_of_documents(make);
    SUBCASE("workflows and their versions are kept, and a deleted one frees its name") {
        check_workflows(*make());
    }
    SUBCASE("operations of a batch are carried out in their order") {
        check_order(*make());
    }
    SUBCASE("nothing is written under a lease that is not the newest") {
        check_lease(*make());
    }
    SUBCASE("ids go on behind the highest after a restart") {
        check_counters(*make());
    }
}

}  // namespace stepwell::test

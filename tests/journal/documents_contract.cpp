// The contract of documents and claims.
#include "tests/journal/contract_records.hpp"

namespace stepwell::test {
namespace {

using namespace contract;

std::string texts_of(const Result<std::vector<journal::DocumentRecord>>& rows) {
    REQUIRE(rows);
    std::string text;
    for (const auto& row : *rows) text += row.key + "=" + row.value + " ";
    return text;
}

void check_documents(JournalUnderTest& under_test) {
    using Documents = std::vector<journal::DocumentWrite>;
    Documents documents{{"users", "bo", "1"}, {"users", "ann", "2"}, {"tokens", "ann", "3"}};
    REQUIRE(commit(under_test.get(), all_of(documents)));
    documents = {{"users", "bo", "0"},
                 {"users", "bo", "4"},
                 {"users", "cy", "5"},
                 {"tokens", "ann", std::nullopt}};
    REQUIRE(commit(under_test.get(), all_of(documents)));
    under_test.reopen();
    Journal& journal = under_test.get();
    CHECK(journal.document("users", "bo")->value() == "4");
    CHECK_FALSE(journal.document("tokens", "ann")->has_value());
    CHECK(texts_of(journal.documents("users", "", 10)) == "ann=2 bo=4 cy=5 ");
    CHECK(texts_of(journal.documents("users", "ann", 1)) == "bo=4 ");
    CHECK(texts_of(journal.documents("none", "", 10)).empty());
}

void check_claims(JournalUnderTest& under_test) {
    REQUIRE(commit(under_test.get(), workflows()));
    Batch batch = of({opened(1, kEtl)});
    for (const journal::ClaimRecord& claim :
         std::vector<journal::ClaimRecord>{{{"files", "a.csv", "{}"}, ExecutionId{1}, from_ms(5)},
                                           {{"files", "b.csv", "{}"}, ExecutionId{1}, from_ms(5)},
                                           {{"hook", "a.csv", "{}"}, ExecutionId{0}, from_ms(6)}}) {
        batch.add(claim);
    }
    REQUIRE(commit(under_test.get(), batch));

    Batch again = of({opened(2, kEtl)});
    again.add(journal::ClaimRecord{{"files", "b.csv", "{}"}, ExecutionId{2}, from_ms(7)});
    const auto refused = commit(under_test.get(), again);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::conflict);
    under_test.reopen();
    Journal& journal = under_test.get();
    CHECK_FALSE(journal.execution(ExecutionId{2})->has_value());

    const auto claim = **journal.claim("files", "b.csv");
    CHECK((claim.execution == ExecutionId{1} && claim.at == from_ms(5)));
    CHECK_FALSE(journal.claim("files", "c.csv")->has_value());
    const auto newest = *journal.claims({"files", {}, 1});
    REQUIRE(newest.size() == 1);
    CHECK(newest[0].record.claim.key == "b.csv");
    const auto older = *journal.claims({"files", newest[0].row, 10});
    REQUIRE(older.size() == 1);
    CHECK(older[0].record.claim.key == "a.csv");
    CHECK(journal.claims_of(ExecutionId{1})->size() == 2);
    CHECK(journal.claims_of(ExecutionId{0})->empty());
}

/// "1 2* ": a star where the execution is still there.
std::string rows_of(Journal& journal, const journal::OldClaimQuery& query) {
    std::string text;
    const auto claims = *journal.old_claims(query);
    for (const auto& claim : claims) {
        text += std::to_string(claim.row) + (claim.has_execution ? "* " : " ");
    }
    return text;
}

void check_old_claims(JournalUnderTest& under_test) {
    REQUIRE(commit(under_test.get(), workflows()));
    Batch batch = of({opened(1, kEtl)});
    for (const journal::ClaimRecord& claim : std::vector<journal::ClaimRecord>{
             {{"schedule:a", "1", "{}"}, ExecutionId{0}, from_ms(5)},
             {{"hook:b", "1", "{}"}, ExecutionId{0}, from_ms(6)},
             {{"schedule:a", "2", "{}"}, ExecutionId{1}, from_ms(7)},
             {{"schedule:a", "3", "{}"}, ExecutionId{9}, from_ms(8)},
             {{"schedule:a", "4", "{}"}, ExecutionId{0}, from_ms(9)}}) {
        batch.add(claim);
    }
    REQUIRE(commit(under_test.get(), batch));
    Journal& journal = under_test.get();
    CHECK(rows_of(journal, {"schedule:a"}) == "1 3* 4 5 ");
    CHECK(rows_of(journal, {"schedule:a", 1}) == "1 3* 4 ");
    CHECK(rows_of(journal, {"schedule:a", 4}).empty());
    CHECK(rows_of(journal, {"schedule:a", 99}).empty());
    CHECK(rows_of(journal, {"schedule:a", 1, 1, 1}) == "3* ");
    CHECK(journal.old_claims({"schedule:a"})->front().at == from_ms(5));
    CHECK(*journal.claim_sources("", 9) == std::vector<std::string>{"hook:b", "schedule:a"});
    CHECK(*journal.claim_sources("", 1) == std::vector<std::string>{"hook:b"});
    CHECK(*journal.claim_sources("hook:b", 9) == std::vector<std::string>{"schedule:a"});
    CHECK(journal.claim_sources("schedule:a", 9)->empty());

    Batch removal;
    removal.add(journal::Removal{{}, {}, {1, 4}});
    REQUIRE(commit(journal, removal));
    under_test.reopen();
    CHECK(rows_of(under_test.get(), {"schedule:a"}) == "3* 5 ");
    Batch again;
    again.add(journal::ClaimRecord{{"schedule:a", "1", "{}"}, ExecutionId{0}, from_ms(10)});
    REQUIRE(commit(under_test.get(), again));
    CHECK(rows_of(under_test.get(), {"schedule:a"}) == "3* 5 6 ");
}

}  // namespace

void check_contract_of_documents(const MakeJournal& make) {
    SUBCASE("a document is replaced, removed and listed by its key") {
        check_documents(*make());
    }
    SUBCASE("a claim is taken once, and a second one undoes the batch") {
        check_claims(*make());
    }
    SUBCASE("claims are listed from the oldest on but for the newest, and may be forgotten") {
        check_old_claims(*make());
    }
}

}  // namespace stepwell::test

// The contract of executions that other executions have started, or wait for.
#include "tests/journal/contract_records.hpp"

namespace stepwell::test {
namespace {

using namespace contract;

constexpr TaskToken attempt_of(std::uint64_t execution, std::uint32_t frame) {
    return {ExecutionId{execution}, FrameId{frame}, 1};
}

ExecutionWrite started_by(ExecutionWrite write, const TaskToken& attempt, std::uint32_t depth) {
    write.parent = journal::ParentLink{attempt, depth};
    return write;
}

void check_parents(JournalUnderTest& under_test) {
    REQUIRE(commit(under_test.get(), workflows()));
    REQUIRE(commit(
        under_test.get(),
        of({opened(1, kEtl), started_by(opened(2, kEtl), attempt_of(1, 3), 1),
            started_by(closed(opened(3, kOther), core::Status::failed, "E"), attempt_of(1, 4), 0),
            started_by(opened(4, kEtl), attempt_of(2, 0), 2), opened(5, kEtl)})));
    // What an older Stepwell did not write down is known later.
    REQUIRE(commit(under_test.get(), of({started_by(continued(5), attempt_of(1, 5), 1)})));
    REQUIRE(commit(under_test.get(), of({closed(continued(2), core::Status::succeeded)})));
    under_test.reopen();
    Journal& journal = under_test.get();
    CHECK_FALSE((*journal.execution(ExecutionId{1}))->parent);
    CHECK((*journal.execution(ExecutionId{2}))->parent == journal::ParentLink{attempt_of(1, 3), 1});
    const auto children_of_1 = [&](auto narrow) {
        ExecutionQuery query;
        query.parent = ExecutionId{1};
        narrow(query);
        return ids_of(journal.executions(query));
    };
    CHECK(children_of_1([](auto&) {}) == "5 3 2 ");
    CHECK(children_of_1([](auto& q) { q.limit = 2; }) == "5 3 ");
    CHECK(children_of_1([](auto& q) { q.before = ExecutionId{3}; }) == "2 ");
    CHECK(children_of_1([](auto& q) { q.status = core::Status::failed; }) == "3 ");
    CHECK(children_of_1([](auto& q) { q.workflow = kEtl; }) == "5 2 ");
    CHECK(children_of_1([](auto& q) { q.version = VersionId{9}; }).empty());
    CHECK(children_of_1([](auto& q) { q.is_redriven = true; }).empty());
    CHECK(children_of_1([](auto& q) { q.is_oldest_first = true; }) == "2 3 5 ");
    CHECK(children_of_1([](auto& q) { q.after = ExecutionId{2}; }) == "5 3 ");
}

void check_waits(JournalUnderTest& under_test) {
    REQUIRE(commit(under_test.get(), workflows()));
    auto child = opened(2, kEtl);
    child.waits = {attempt_of(1, 4), attempt_of(1, 3)};
    child.open->is_awaited = true;
    REQUIRE(commit(under_test.get(), of({opened(1, kEtl), std::move(child), opened(3, kEtl)})));
    auto other = continued(3);
    other.waits = {attempt_of(1, 5), attempt_of(7, 1)};
    auto again = continued(2);
    again.waits = {attempt_of(1, 3)};  // is there already
    REQUIRE(commit(under_test.get(), of({std::move(other), std::move(again)})));
    under_test.reopen();
    Journal* journal = &under_test.get();
    CHECK((*journal->load(ExecutionId{2}))->open.is_awaited == false);  // the last row counts
    CHECK(*journal->awaited_by(attempt_of(1, 3)) == ExecutionId{2});
    CHECK(*journal->awaited_by(attempt_of(7, 1)) == ExecutionId{3});
    CHECK_FALSE(journal->awaited_by(attempt_of(7, 2))->has_value());
    using Tokens = std::vector<TaskToken>;
    CHECK(*journal->waiting_for(ExecutionId{2}) == Tokens{attempt_of(1, 3), attempt_of(1, 4)});
    CHECK(*journal->waits_of(ExecutionId{1}) ==
          std::vector<journal::Wait>{{attempt_of(1, 3), ExecutionId{2}},
                                     {attempt_of(1, 4), ExecutionId{2}},
                                     {attempt_of(1, 5), ExecutionId{3}}});
    // The end of whom they wait for ends their waiting.
    auto ended = continued(2);
    ended.chunks.front() = {ChunkId{202}, ChunkId{201}, 6, "ended"};
    ended = closed(std::move(ended), core::Status::aborted);
    ended.was_awaited = true;
    REQUIRE(commit(*journal, of({std::move(ended)})));
    under_test.reopen();
    journal = &under_test.get();
    CHECK(journal->waiting_for(ExecutionId{2})->empty());
    CHECK_FALSE(journal->awaited_by(attempt_of(1, 4))->has_value());
    CHECK(journal->waits_of(ExecutionId{1})->size() == 1);
    CHECK(journal->waits_of(ExecutionId{2})->empty());
}

}  // namespace

void check_contract_of_links(const MakeJournal& make) {
    SUBCASE("an execution keeps what has started it, and those that one has started are listed") {
        check_parents(*make());
    }
    SUBCASE("attempts wait for the ends of open executions, and no longer") {
        check_waits(*make());
    }
}

}  // namespace stepwell::test

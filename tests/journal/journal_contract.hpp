// What every implementation of Journal has to keep; each runs through all of it.
#pragma once

#include <functional>
#include <memory>

#include "engine/journal/journal.hpp"

namespace stepwell::test {

/// A journal that can be closed and opened again on the same storage.
class JournalUnderTest {
public:
    virtual ~JournalUnderTest() = default;
    virtual journal::Journal& get() = 0;
    virtual void reopen() = 0;
};

using MakeJournal = std::function<std::unique_ptr<JournalUnderTest>()>;

/// All of it: the parts are each a subject.
void check_journal_contract(const MakeJournal& make);
void check_contract_of_executions(const MakeJournal& make);
void check_contract_of_histories(const MakeJournal& make);
void check_contract_of_links(const MakeJournal& make);
void check_contract_of_documents(const MakeJournal& make);

}  // namespace stepwell::test

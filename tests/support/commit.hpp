// A commit under the journal's own lease, as whoever opened it makes it.
#pragma once

#include "engine/journal/journal.hpp"

namespace stepwell::test {

inline Result<void, journal::CommitError> commit(journal::Journal& journal,
                                                 const journal::Batch& batch) {
    return journal.commit(batch, journal.lease());
}

}  // namespace stepwell::test

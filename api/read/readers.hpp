// Readers for the server's threads: each is used by one thread at a time and opened when first
// needed.
//
// Thread safety: complete.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/runtime/read/reader.hpp"

namespace stepwell::api {

class Readers {
public:
    explicit Readers(std::filesystem::path data_folder) : folder_(std::move(data_folder)) {}

    /// Gives its reader back when it goes.
    class Lease {
    public:
        Lease(Readers& owner, std::unique_ptr<runtime::Reader> reader)
            : owner_(&owner), reader_(std::move(reader)) {}
        Lease(Lease&& other) noexcept = default;
        Lease& operator=(Lease&&) = delete;
        ~Lease() {
            if (reader_) owner_->put_back(std::move(reader_));
        }
        runtime::Reader* operator->() { return reader_.get(); }
        runtime::Reader& operator*() { return *reader_; }

    private:
        Readers* owner_;
        std::unique_ptr<runtime::Reader> reader_;
    };

    Result<Lease> take();

private:
    void put_back(std::unique_ptr<runtime::Reader> reader);

    const std::filesystem::path folder_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<runtime::Reader>> idle_;
};

/// An answer that is of one moment of the journal, and says of which: its member "as_of" is the
/// place in the feed of events from which on they tell what is not in it. With it as `after`
/// nothing is missed, and nothing told twice. REQUIRES: `answer` gives an object.
Result<Json> snapshot_of(runtime::Reader& reader,
                         const std::function<Result<Json>(runtime::Reader&)>& answer);
Result<Json> snapshot_of(Readers& readers,
                         const std::function<Result<Json>(runtime::Reader&)>& answer);

}  // namespace stepwell::api

// Readers for the server's threads: each is used by one thread at a time and opened when first
// needed.
//
// Thread safety: complete.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

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

}  // namespace stepwell::api

// Reads files for their SHA-256, a slice at a time: a file that takes long is gone on with later.
//
// Threads: a slice is used by one at a time. May wait as long as a disk does.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/descriptor.hpp"
#include "engine/base/digest.hpp"
#include "engine/triggers/file_scan.hpp"

namespace stepwell::triggers {

/// A file of which a part was read.
struct HalfHashed {
    FoundFile file;
    Descriptor descriptor;
    Sha256 digest;
};

struct Hashed {
    FoundFile before;    // as it was asked for
    FoundFile after;     // as it was when the last byte had been read
    std::string digest;  // empty where it was written to meanwhile, or could not be read
    std::string fault;   // why it could not be read; else empty
};

struct HashSlice {
    std::vector<FoundFile> files;  // the first one is `half`, where there is one
    std::shared_ptr<HalfHashed> half;
    std::vector<Hashed> done;
};

/// Reads until `bytes` were read or all files are done. Ends soon once `is_stopping`.
void hash_some(HashSlice& slice, std::size_t bytes, const std::atomic<bool>& is_stopping);

}  // namespace stepwell::triggers

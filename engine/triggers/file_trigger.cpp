#include "engine/triggers/file_trigger.hpp"

#include <algorithm>

#include "engine/base/digest.hpp"

namespace stepwell::triggers {
namespace {

using Identity = definition::FileTriggerSpec::Identity;
using OnModified = definition::FileTriggerSpec::OnModified;

/// After a change in a folder; many changes are looked at together.
constexpr Duration kScanPause{200};
constexpr std::size_t kLedgerPage = 10'000;
/// Of files that wait to be hashed, as many are handed over together.
constexpr std::size_t kSliceFilesMax = 1'000;
/// A disk that takes longer for a look or for a slice is told of.
constexpr Duration kSlowAfter{60'000};

std::string iso_of_ns(std::int64_t ns) {
    std::string text = to_iso8601(from_ms(ns / 1'000'000'000 * 1000));
    text.pop_back();
    std::string fraction = std::to_string(ns % 1'000'000'000);
    return text + "." + std::string(9 - fraction.size(), '0') + fraction + "Z";
}

std::string key_of(const std::string& uri, const std::string& identity) {
    return uri + "|" + identity;
}

}  // namespace

FileTrigger::FileTrigger(std::string workflow, definition::FileTriggerSpec spec,
                         const FileTools& tools)
    : id_(id_of(workflow, spec.name)),
      workflow_(std::move(workflow)),
      spec_(std::move(spec)),
      tools_(tools),
      self_(std::make_shared<FileTrigger*>(this)) {}

FileTrigger::~FileTrigger() {
    *self_ = nullptr;
}

bool FileTrigger::Known::is(const FoundFile& file) const {
    const bool is_older = changed_ns == 0;
    return size == file.size && modified_ns == file.modified_ns &&
           (is_older || (changed_ns == file.changed_ns && inode == file.inode));
}

Result<void> FileTrigger::open(const FilePlaces& places) {
    ScanPlan plan{{}, spec_.ignore, spec_.done_marker, places.roots()};
    for (const std::string& text : spec_.files) {
        auto glob = glob_of(text, places);
        if (glob) {
            plan.globs.push_back(std::move(*glob));
        } else {
            start_fault_ = glob.error().message;
        }
    }
    plan_ = std::make_shared<const ScanPlan>(std::move(plan));
    journal::ClaimQuery query;
    query.source = files_source(id_);
    query.limit = kLedgerPage;
    while (true) {
        const auto page = SW_TRY(tools_.reader.claims(query));
        for (const auto& [row, record] : page) {
            const auto details = parse_json(record.claim.details);
            const std::size_t bar = record.claim.key.rfind('|');
            if (!details || bar == record.claim.key.npos) continue;
            // Newest first: what is there already is newer.
            known_.try_emplace(
                record.claim.key.substr(0, bar),
                Known{record.claim.key.substr(bar + 1), unsigned_in(*details, "size"),
                      static_cast<std::int64_t>(unsigned_in(*details, "mtime_ns")),
                      static_cast<std::int64_t>(unsigned_in(*details, "ctime_ns")),
                      unsigned_in(*details, "inode")});
        }
        if (page.size() < kLedgerPage) return {};
        query.before = page.back().row;
    }
}

Timestamp FileTrigger::next() const {
    if (scanning_since_) return Timestamp::max();  // its end wakes us
    return is_touched_ ? std::min(next_scan_, last_scan_ + kScanPause) : next_scan_;
}

void FileTrigger::tick(Timestamp now) {
    const bool is_set_back = now < last_scan_;
    if (!scanning_since_ && (next() <= now || is_set_back)) begin_scan(now);
    if (scanned_) take_scan(now);
    while (hashed_) take_hashed(now);
    note_slow(now);
    start_ready(now);
}

void FileTrigger::begin_scan(Timestamp now) {
    scanning_since_ = now;
    is_touched_ = false;
    tools_.workers.run([self = self_, plan = plan_, watch = tools_.watch](const auto& is_stopping) {
        Scan found = scan_files(*plan, is_stopping);
        watch->add(found.folders);
        return [self, found = std::move(found)] {
            if (*self != nullptr) (*self)->scanned_ = found;
        };
    });
}

void FileTrigger::take_scan(Timestamp now) {
    Scan found = *std::exchange(scanned_, std::nullopt);
    last_scan_ = *std::exchange(scanning_since_, std::nullopt);
    folders_ = std::move(found.folders);
    fault_ = std::move(found.fault);
    std::set<std::string> there;
    for (FoundFile& file : found.files) {
        there.insert(file.uri);
        meet(std::move(file), now);
    }
    std::erase_if(candidates_, [&](const auto& each) {
        return !there.contains(each.first) && each.second.step != Step::starting;
    });
    next_scan_ = now + spec_.poll;
    for (auto& [uri, candidate] : candidates_) {
        candidate.since = std::min(candidate.since, now);  // the clock may have been set back
        if (candidate.step == Step::seen && !is_stable(candidate)) {
            next_scan_ = std::min(next_scan_, candidate.since + spec_.stable_for);
        }
    }
    identify();
}

void FileTrigger::meet(FoundFile file, Timestamp now) {
    const auto found = candidates_.find(file.uri);
    if (found != candidates_.end()) {
        Candidate& candidate = found->second;
        if (candidate.step == Step::starting) return;
        candidate.file.is_marked = file.is_marked;
        if (is_same_file(candidate.file, file)) return;
        candidate = {std::move(file), now, Step::seen, ""};
        return;
    }
    const auto known = known_.find(file.uri);
    if (known != known_.end() && known->second.is(file)) return;
    const std::string uri = file.uri;
    candidates_.emplace(uri, Candidate{std::move(file), now, Step::seen, ""});
}

bool FileTrigger::is_stable(const Candidate& candidate) const {
    return last_scan_ - candidate.since >= spec_.stable_for;
}

void FileTrigger::identify() {
    std::vector<FoundFile> to_hash;
    std::vector<std::pair<std::string, std::string>> told;
    for (const auto& [uri, candidate] : candidates_) {
        const FoundFile& file = candidate.file;
        if (candidate.step != Step::seen || !is_stable(candidate) || !file.is_marked) continue;
        if (spec_.identity == Identity::content) {
            to_hash.push_back(file);
        } else if (spec_.identity == Identity::path) {
            told.emplace_back(uri, "path");
        } else {
            told.emplace_back(uri,
                              std::to_string(file.modified_ns) + "@" + std::to_string(file.size));
        }
    }
    for (auto& [uri, identity] : told) identified(uri, std::move(identity));
    if (!to_hash.empty() && !is_hashing_) begin_hashing(std::move(to_hash));
}

void FileTrigger::begin_hashing(std::vector<FoundFile> files) {
    // What is half hashed comes first, or others could keep it from its end.
    const auto first = std::find_if(files.begin(), files.end(), [&](const FoundFile& file) {
        return half_ && half_->file.uri == file.uri && is_same_file(half_->file, file);
    });
    if (first == files.end()) {
        half_.reset();
    } else {
        std::iter_swap(files.begin(), first);
    }
    if (files.size() > kSliceFilesMax) files.resize(kSliceFilesMax);
    is_hashing_ = true;
    auto slice = std::make_shared<HashSlice>();
    slice->files = std::move(files);
    slice->half = std::exchange(half_, nullptr);
    tools_.workers.run([self = self_, slice, bytes = tools_.slice_bytes](const auto& is_stopping) {
        hash_some(*slice, bytes, is_stopping);
        return [self, slice] {
            if (*self != nullptr) (*self)->hashed_ = std::move(*slice);
        };
    });
}

void FileTrigger::take_hashed(Timestamp now) {
    HashSlice slice = *std::exchange(hashed_, std::nullopt);
    is_hashing_ = false;
    half_ = std::move(slice.half);
    for (Hashed& hashed : slice.done) {
        const auto found = candidates_.find(hashed.before.uri);
        if (found == candidates_.end()) continue;
        Candidate& candidate = found->second;
        const bool is_current =
            candidate.step == Step::seen && is_same_file(candidate.file, hashed.before);
        if (!is_current) continue;
        if (!hashed.digest.empty()) {
            identified(hashed.before.uri, std::move(hashed.digest));
            continue;
        }
        candidate.since = now + Duration(1);  // not again before the next look
        if (!hashed.fault.empty()) {
            fault_ = hashed.fault;  // again with the next look
        } else {
            candidate.file = hashed.after;  // written to while we read
            next_scan_ = std::min(next_scan_, now + spec_.stable_for);
        }
    }
    identify();
}

void FileTrigger::identified(const std::string& uri, std::string identity) {
    Candidate& candidate = candidates_.at(uri);
    candidate.identity = std::move(identity);
    candidate.step = Step::identified;
    if (is_wanted(candidate)) return;
    remember(candidate);
    candidates_.erase(uri);
}

void FileTrigger::note_slow(Timestamp now) {
    slow_fault_.clear();
    if (!scanning_since_ || now - *scanning_since_ < kSlowAfter) return;
    slow_fault_ = "expected its folders to answer, but looking at them has not ended since " +
                  to_iso8601(*scanning_since_);
}

bool FileTrigger::is_wanted(const Candidate& candidate) {
    const auto known = known_.find(candidate.file.uri);
    if (known == known_.end()) return true;
    if (known->second.identity == candidate.identity) return false;
    // A version that was there before the newest one.
    const auto before =
        tools_.reader.claim(files_source(id_), key_of(candidate.file.uri, candidate.identity));
    if (before && *before) return false;
    if (spec_.on_modified == OnModified::new_run) return true;
    note_unwanted(candidate, spec_.on_modified == OnModified::ignore ? "modified" : "error");
    if (spec_.on_modified == OnModified::error) {
        fault_ = "expected files that stay as they came, but " + candidate.file.path.string() +
                 " was changed";
    }
    return false;
}

void FileTrigger::note_unwanted(const Candidate& candidate, const std::string& why) {
    runtime::Writes writes;
    writes.claims.push_back(claim_of(candidate, why.c_str()));
    tools_.engine.write(std::move(writes), [](const Result<void>&) {});
}

void FileTrigger::start_ready(Timestamp now) {
    std::vector<Candidate*> ready;
    bool is_all = true;
    for (auto& [uri, candidate] : candidates_) {
        if (candidate.step == Step::identified) ready.push_back(&candidate);
        is_all = is_all && candidate.step != Step::seen;
    }
    if (ready.empty()) return;
    std::sort(ready.begin(), ready.end(), [](const Candidate* a, const Candidate* b) {
        return std::tie(a->file.modified_ns, a->file.uri) <
               std::tie(b->file.modified_ns, b->file.uri);
    });
    if (!spec_.is_batch) {
        for (Candidate* one : ready) start({one});
        return;
    }
    if (!batch_since_) batch_since_ = now;
    const bool is_closed = is_all || now - *batch_since_ >= spec_.wait;
    if (!is_closed) next_scan_ = std::min(next_scan_, *batch_since_ + spec_.wait);
    std::size_t begin = 0;
    while (ready.size() - begin >= spec_.files_max || (is_closed && begin < ready.size())) {
        const std::size_t count = std::min(spec_.files_max, ready.size() - begin);
        const auto first = ready.begin() + static_cast<std::ptrdiff_t>(begin);
        start({first, first + static_cast<std::ptrdiff_t>(count)});
        begin += count;
    }
    if (begin == ready.size()) batch_since_.reset();
}

void FileTrigger::start(const std::vector<Candidate*>& files) {
    runtime::StartRequest request;
    request.workflow = workflow_;
    request.origin = "file";
    request.input = Payload(input_of(files));
    if (request.input.bytes() > kPayloadBytesMax && files.size() > 1) {
        const auto middle = files.begin() + static_cast<std::ptrdiff_t>(files.size() / 2);
        start({files.begin(), middle});
        return start({middle, files.end()});
    }
    std::vector<std::string> uris;
    for (Candidate* file : files) {
        file->step = Step::starting;
        request.claims.push_back(claim_of(*file, nullptr));
        uris.push_back(file->file.uri);
    }
    tools_.starts.add(std::move(request),
                      [self = self_, uris](const Result<runtime::Started>& result) {
                          if (*self != nullptr) (*self)->started(uris, result);
                      });
}

void FileTrigger::started(const std::vector<std::string>& uris,
                          const Result<runtime::Started>& result) {
    if (!result && result.error().code == ErrorCode::invalid) {
        start_fault_ = result.error().message;  // asking again would not help
    }
    for (const std::string& uri : uris) {
        const auto found = candidates_.find(uri);
        if (found == candidates_.end()) continue;
        Candidate& candidate = found->second;
        if (result) {
            remember(candidate);
            candidates_.erase(found);
            continue;
        }
        // Of a batch, some may have been taken by an earlier run: those are done, the rest goes on.
        const auto taken = tools_.reader.claim(files_source(id_), key_of(uri, candidate.identity));
        if (taken && *taken) {
            remember(candidate);
            candidates_.erase(found);
        } else if (result.error().code == ErrorCode::conflict) {
            candidate.step = Step::identified;
        }
    }
    is_touched_ = true;  // what came while they were starting
}

void FileTrigger::remember(const Candidate& candidate) {
    known_[candidate.file.uri] = {candidate.identity, candidate.file.size,
                                  candidate.file.modified_ns, candidate.file.changed_ns,
                                  candidate.file.inode};
}

journal::Claim FileTrigger::claim_of(const Candidate& candidate, const char* skipped) const {
    Json details{{"size", candidate.file.size},
                 {"mtime", iso_of_ns(candidate.file.modified_ns)},
                 {"mtime_ns", static_cast<std::uint64_t>(candidate.file.modified_ns)},
                 {"ctime_ns", static_cast<std::uint64_t>(candidate.file.changed_ns)},
                 {"inode", candidate.file.inode}};
    if (skipped != nullptr) details["skipped"] = skipped;
    return {files_source(id_), key_of(candidate.file.uri, candidate.identity), to_text(details)};
}

Json FileTrigger::input_of(const std::vector<Candidate*>& files) const {
    Json values = Json::object();
    Json list = Json::array();
    for (const Candidate* each : files) {
        const FoundFile& file = each->file;
        values = Json{{"file.uri", file.uri},
                      {"file.path", file.path.string()},
                      {"file.folder", file.path.parent_path().string()},
                      {"file.name", file.path.filename().string()},
                      {"file.match", file.match}};
        const std::string etag = spec_.identity == Identity::content
                                     ? each->identity
                                     : digest_hex("SHA-256", std::to_string(file.size) + "@" +
                                                                 iso_of_ns(file.modified_ns))
                                           .value_or("");
        list.push_back({{"uri", file.uri},
                        {"path", file.path.string()},
                        {"size", file.size},
                        {"mtime", iso_of_ns(file.modified_ns)},
                        {"etag", etag}});
    }
    Json input = definition::with_placeholders(spec_.input, values);
    input["trigger"] = Json{{"name", spec_.name}, {"files", std::move(list)}};
    return input;
}

}  // namespace stepwell::triggers

#include "engine/triggers/file_trigger.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace stepwell::triggers {
namespace {

using Identity = definition::FileTriggerSpec::Identity;
using OnModified = definition::FileTriggerSpec::OnModified;

/// After a change in a folder; many changes are looked at together.
constexpr Duration kScanPause{200};
constexpr std::size_t kLedgerPage = 10'000;

std::string iso_of_ns(std::int64_t ns) {
    std::string text = to_iso8601(from_ms(ns / 1'000'000'000 * 1000));
    text.pop_back();
    std::string fraction = std::to_string(ns % 1'000'000'000);
    return text + "." + std::string(9 - fraction.size(), '0') + fraction + "Z";
}

std::string key_of(const std::string& uri, const std::string& identity) {
    return uri + "|" + identity;
}

bool is_same_file(const FoundFile& a, const FoundFile& b) {
    return a.size == b.size && a.modified_ns == b.modified_ns;
}

std::uint64_t unsigned_member(const Json& object, std::string_view name) {
    const Json* value = find(object, name);
    return value && value->is_number_unsigned() ? value->get<std::uint64_t>() : 0;
}

}  // namespace

FileTrigger::FileTrigger(std::string workflow, definition::FileTriggerSpec spec,
                         runtime::Engine& engine, runtime::Reader& reader, StartQueue& starts)
    : id_(id_of(workflow, spec.name)),
      workflow_(std::move(workflow)),
      spec_(std::move(spec)),
      engine_(engine),
      reader_(reader),
      starts_(starts),
      self_(std::make_shared<FileTrigger*>(this)) {}

FileTrigger::~FileTrigger() {
    *self_ = nullptr;
    close_hashing();
}

Result<void> FileTrigger::open(const FilePlaces& places) {
    for (const std::string& text : spec_.files) {
        auto glob = glob_of(text, places);
        if (glob) {
            globs_.push_back(std::move(*glob));
        } else {
            start_fault_ = glob.error().message;
        }
    }
    journal::ClaimQuery query;
    query.source = files_source(id_);
    query.limit = kLedgerPage;
    while (true) {
        const auto page = SW_TRY(reader_.claims(query));
        for (const auto& [row, record] : page) {
            const auto details = parse_json(record.claim.details);
            const std::size_t bar = record.claim.key.rfind('|');
            if (!details || bar == record.claim.key.npos) continue;
            // Newest first: what is there already is newer.
            known_.try_emplace(
                record.claim.key.substr(0, bar),
                Known{record.claim.key.substr(bar + 1), unsigned_member(*details, "size"),
                      static_cast<std::int64_t>(unsigned_member(*details, "mtime_ns"))});
        }
        if (page.size() < kLedgerPage) return {};
        query.before = page.back().row;
    }
}

Timestamp FileTrigger::next() const {
    if (is_identifying_) return last_scan_;
    return is_touched_ ? std::min(next_scan_, last_scan_ + kScanPause) : next_scan_;
}

void FileTrigger::tick(Timestamp now, std::size_t& budget) {
    const bool is_set_back = now < last_scan_;
    if (next() <= now || is_set_back) {
        scan(now);
        identify(now, budget);
    }
    start_ready(now);
}

void FileTrigger::scan(Timestamp now) {
    Scan found;
    for (const FileGlob& glob : globs_) scan_glob(glob, spec_.ignore, found);
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
    is_touched_ = false;
    last_scan_ = now;
    next_scan_ = now + spec_.poll;
    for (auto& [uri, candidate] : candidates_) {
        candidate.since = std::min(candidate.since, now);  // the clock may have been set back
        if (candidate.step == Step::seen && !is_stable(candidate, now)) {
            next_scan_ = std::min(next_scan_, candidate.since + spec_.stable_for);
        }
    }
}

void FileTrigger::meet(FoundFile file, Timestamp now) {
    const auto found = candidates_.find(file.uri);
    if (found != candidates_.end()) {
        Candidate& candidate = found->second;
        if (candidate.step == Step::starting || is_same_file(candidate.file, file)) return;
        candidate = {std::move(file), now, Step::seen, ""};
        return;
    }
    const auto known = known_.find(file.uri);
    const bool is_known = known != known_.end() && known->second.size == file.size &&
                          known->second.modified_ns == file.modified_ns;
    if (is_known) return;
    const std::string uri = file.uri;
    candidates_.emplace(uri, Candidate{std::move(file), now, Step::seen, ""});
}

bool FileTrigger::is_stable(const Candidate& candidate, Timestamp now) const {
    return now - candidate.since >= spec_.stable_for;
}

bool FileTrigger::is_marked(const FoundFile& file) const {
    if (spec_.done_marker.empty()) return true;
    const Json values{{"path", file.path.string()},
                      {"name", file.path.filename().string()},
                      {"folder", file.path.parent_path().string()}};
    std::string marker = spec_.done_marker;
    for (const auto& [name, value] : values.items()) {
        const std::string hole = "{" + name + "}";
        const std::size_t begin = marker.find(hole);
        if (begin != marker.npos) marker.replace(begin, hole.size(), value.get<std::string>());
    }
    std::error_code ignored;
    return std::filesystem::exists(file.path.parent_path() / marker, ignored);
}

void FileTrigger::identify(Timestamp now, std::size_t& budget) {
    is_identifying_ = false;
    std::vector<Candidate*> stable;
    for (auto& [uri, candidate] : candidates_) {
        const bool is_ready =
            candidate.step == Step::seen && is_stable(candidate, now) && is_marked(candidate.file);
        if (is_ready) stable.push_back(&candidate);
    }
    // What is half hashed comes first, or others could keep it from its end.
    std::stable_partition(stable.begin(), stable.end(), [&](const Candidate* candidate) {
        return hashing_ && hashing_->uri == candidate->file.uri;
    });
    std::vector<std::string> unwanted;
    for (Candidate* candidate : stable) {
        if (budget == 0) {
            is_identifying_ = true;
            break;
        }
        auto identity = identity_of(*candidate, now, budget);
        if (!identity) continue;
        candidate->identity = std::move(*identity);
        candidate->step = Step::identified;
        if (!is_wanted(*candidate)) unwanted.push_back(candidate->file.uri);
    }
    for (const std::string& uri : unwanted) {
        remember(candidates_.at(uri));
        candidates_.erase(uri);
    }
}

std::optional<std::string> FileTrigger::identity_of(Candidate& candidate, Timestamp now,
                                                    std::size_t& budget) {
    switch (spec_.identity) {
        case Identity::content:
            return content_of(candidate, now, budget);
        case Identity::mtime_size:
            return std::to_string(candidate.file.modified_ns) + "@" +
                   std::to_string(candidate.file.size);
        case Identity::path:
            return "path";
    }
    return std::nullopt;
}

std::optional<std::string> FileTrigger::content_of(Candidate& candidate, Timestamp now,
                                                   std::size_t& budget) {
    const bool is_continued = hashing_ && hashing_->uri == candidate.file.uri &&
                              is_same_file(hashing_->file, candidate.file);
    if (!is_continued) {
        close_hashing();
        const int descriptor = ::open(candidate.file.path.c_str(), O_RDONLY | O_CLOEXEC);
        if (descriptor < 0) {
            fault_ =
                "expected to read " + candidate.file.path.string() + ", but the system says no";
            return std::nullopt;
        }
        hashing_.emplace(Hashing{candidate.file.uri, candidate.file, descriptor, {}});
    }
    std::vector<char> buffer(std::size_t{1} << 18);
    ssize_t size = 0;
    while (budget > 0 && (size = ::read(hashing_->descriptor, buffer.data(), buffer.size())) > 0) {
        hashing_->digest.update({buffer.data(), static_cast<std::size_t>(size)});
        budget -= std::min(budget, static_cast<std::size_t>(size));
    }
    if (budget == 0 && size > 0) {
        is_identifying_ = true;
        return std::nullopt;
    }
    const std::string digest = hashing_->digest.hex();
    close_hashing();
    FoundFile after = candidate.file;
    if (size == 0 && look_at(candidate.file.path, after) && is_same_file(after, candidate.file)) {
        return digest;
    }
    candidate.file = after;  // written to while we read
    candidate.since = now;
    next_scan_ = std::min(next_scan_, now + spec_.stable_for);
    return std::nullopt;
}

void FileTrigger::close_hashing() {
    if (hashing_) ::close(hashing_->descriptor);
    hashing_.reset();
}

bool FileTrigger::is_wanted(const Candidate& candidate) {
    const auto known = known_.find(candidate.file.uri);
    if (known == known_.end()) return true;
    if (known->second.identity == candidate.identity) return false;
    // A version that was there before the newest one.
    const auto before =
        reader_.claim(files_source(id_), key_of(candidate.file.uri, candidate.identity));
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
    engine_.write(std::move(writes), [](const Result<void>&) {});
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
    starts_.add(std::move(request), [self = self_, uris](const Result<runtime::Started>& result) {
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
        const auto taken = reader_.claim(files_source(id_), key_of(uri, candidate.identity));
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
                                  candidate.file.modified_ns};
}

journal::Claim FileTrigger::claim_of(const Candidate& candidate, const char* skipped) const {
    Json details{{"size", candidate.file.size},
                 {"mtime", iso_of_ns(candidate.file.modified_ns)},
                 {"mtime_ns", static_cast<std::uint64_t>(candidate.file.modified_ns)}};
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

// Records: an execution in parts, each to be stored when it changes (delta.hpp).
#include <algorithm>

#include "engine/core/delta.hpp"
#include "engine/core/fields.hpp"

namespace stepwell::core {

namespace {

constexpr std::uint64_t kVersion = 1;
/// Of a header that has a redrive behind all else; without one it is still of version 1.
constexpr std::uint64_t kRedrivenVersion = 2;

/// A key is (frame << 2) + part; the facts belong to no frame.
enum class Part : std::uint64_t { facts = 1, frame = 2, variables = 3 };

RecordKey key_of(Part part, FrameId frame = kRootFrame) {
    return RecordKey{(std::uint64_t{value_of(frame)} << 2) | static_cast<std::uint64_t>(part)};
}
Part part_of(RecordKey key) {
    return static_cast<Part>(static_cast<std::uint64_t>(key) & 3);
}
FrameId frame_of(RecordKey key) {
    return FrameId{static_cast<std::uint32_t>(static_cast<std::uint64_t>(key) >> 2)};
}

/// "record 9 (variables of frame 2)": its row, and what is in it.
std::string name_of(RecordKey key) {
    const std::string frame = " of frame " + std::to_string(value_of(frame_of(key)));
    const char* const what = part_of(key) == Part::facts       ? "facts"
                             : part_of(key) == Part::variables ? "variables"
                                                               : "place";
    return "record " + std::to_string(value_of(key)) + " (" + what +
           (part_of(key) == Part::facts ? "" : frame) + ")";
}

template <class T>
std::string to_bytes(const T& value) {
    Writer writer;
    writer.number(kVersion);
    writer(value);
    return std::move(writer).take();
}

template <class T>
bool from_bytes(std::string_view bytes, T& value) {
    Reader reader(bytes);
    if (reader.number() != kVersion) return false;
    reader(value);
    return reader.is_ok() && reader.is_at_end();
}

std::string header_to_bytes(const Header& header) {
    if (!header.redrive) return to_bytes(header);
    Writer writer;
    writer.number(kRedrivenVersion);
    writer(header);
    writer(*header.redrive);
    return std::move(writer).take();
}

bool header_from_bytes(std::string_view bytes, Header& header) {
    Reader reader(bytes);
    const std::uint64_t version = reader.number();
    if (version != kVersion && version != kRedrivenVersion) return false;
    reader(header);
    if (version == kRedrivenVersion) reader(header.redrive.emplace());
    return reader.is_ok() && reader.is_at_end();
}

void put_frame(Changes& changes, const Frame* before, const Frame& frame) {
    changes.put.push_back({key_of(Part::frame, frame.id), to_bytes(frame)});
    const bool has_new_variables =
        frame.variables && !(before && before->variables == frame.variables);
    if (has_new_variables) {
        changes.put.push_back({key_of(Part::variables, frame.id), to_bytes(*frame.variables)});
    }
}

void remove_frame(Changes& changes, const Frame& before) {
    changes.removed.push_back(key_of(Part::frame, before.id));
    if (before.variables) changes.removed.push_back(key_of(Part::variables, before.id));
}

}  // namespace

Changes encode_changes(const Execution& execution, const Delta& delta) {
    Changes changes;
    changes.header = header_to_bytes(delta.header);
    if (delta.facts) changes.put.push_back({key_of(Part::facts), to_bytes(*delta.facts)});
    for (const auto& [id, frame] : delta.frames) {
        const Frame* before = execution.find(id);
        if (frame) {
            put_frame(changes, before, *frame);
        } else if (before != nullptr) {
            remove_frame(changes, *before);
        }
    }
    return changes;
}

/// Puts the records together; frames and their variables may come in any order.
class Restorer {
public:
    explicit Restorer(ExecutionId id) : execution_(id) {}

    bool read_header(std::string_view bytes) {
        return header_from_bytes(bytes, execution_.header_);
    }

    bool read(const Record& record) {
        switch (part_of(record.key)) {
            case Part::facts: {
                auto facts = std::make_shared<Facts>();
                const bool is_ok = from_bytes(record.bytes, *facts);
                execution_.facts_ = std::move(facts);
                return is_ok;
            }
            case Part::frame: {
                auto frame = std::make_shared<Frame>();
                if (!from_bytes(record.bytes, *frame)) return false;
                if (frame->id != frame_of(record.key)) return false;
                frames_.push_back(std::move(frame));
                return true;
            }
            case Part::variables: {
                auto variables = std::make_shared<Variables>();
                const bool is_ok = from_bytes(record.bytes, *variables);
                variables_[frame_of(record.key)] = std::move(variables);
                return is_ok;
            }
        }
        return false;
    }

    /// Nothing where the parts do not make a whole.
    std::optional<Execution> finish() && {
        if (!execution_.facts_) return std::nullopt;
        std::sort(frames_.begin(), frames_.end(),
                  [](const auto& a, const auto& b) { return a->id < b->id; });
        for (auto& frame : frames_) {
            const auto variables = variables_.find(frame->id);
            if (variables != variables_.end()) frame->variables = variables->second;
            if (frame->parent && !add_child(*frame)) return std::nullopt;
            execution_.put(std::move(frame));
        }
        if (execution_.is_running() == execution_.frames_.empty()) return std::nullopt;
        return std::move(execution_);
    }

private:
    /// A parent has a smaller id than its children, and these have ids in the order of indexes.
    bool add_child(const Frame& frame) {
        if (execution_.find(*frame.parent) == nullptr) return false;
        Execution::Children& children = execution_.children_[*frame.parent];
        if (frame.index != children.ids.size()) return false;
        children.ids.push_back(frame.id);
        if (frame.phase != Phase::finished) ++children.running;
        return true;
    }

    Execution execution_;
    std::vector<std::shared_ptr<Frame>> frames_;
    std::unordered_map<FrameId, VariablesPtr> variables_;
};

Result<Execution> restore(ExecutionId id, std::string_view header,
                          std::span<const Record> records) {
    const auto damaged = [](std::string_view what) {
        return fail(ErrorCode::corruption,
                    "expected its " + std::string(what) + ", but what is stored is damaged");
    };
    Restorer restorer(id);
    if (!restorer.read_header(header)) return damaged("header");
    for (const Record& record : records) {
        if (!restorer.read(record)) return damaged(name_of(record.key));
    }
    auto execution = std::move(restorer).finish();
    if (!execution) return damaged("records to be complete");
    return *std::move(execution);
}

}  // namespace stepwell::core

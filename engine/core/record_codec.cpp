// Records: an execution in parts, each to be stored when it changes (delta.hpp).
#include <algorithm>

#include "engine/core/delta.hpp"
#include "engine/core/fields.hpp"

namespace stepwell::core {

namespace {

constexpr std::uint64_t kVersion = 1;
/// Of a header that has a redrive behind all else; without one it is still of version 1.
constexpr std::uint64_t kRedrivenVersion = 2;

/// Of facts, frames and variables that hold large payloads: these are named by number. What holds
/// none is still of version 1.
constexpr std::uint64_t kNumberedVersion = 2;

/// A key is (frame << 2) + part; the facts belong to no frame, and a payload has its number there.
enum class Part : std::uint64_t { payload = 0, facts = 1, frame = 2, variables = 3 };

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
    const std::string number = std::to_string(value_of(frame_of(key)));
    const std::string what = part_of(key) == Part::facts       ? "facts"
                             : part_of(key) == Part::payload   ? "large payload " + number
                             : part_of(key) == Part::variables ? "variables of frame " + number
                                                               : "place of frame " + number;
    return "record " + std::to_string(value_of(key)) + " (" + what + ")";
}

template <class T>
std::string to_bytes(const T& value) {
    Writer writer;
    writer.number(kVersion);
    writer(value);
    return std::move(writer).take();
}

bool is_large(const Payload& payload) {
    return payload.bytes() >= Execution::kLargeFrom;
}

bool holds_large(const Facts& facts) {
    return is_large(facts.input);
}
bool holds_large(const Variables& variables) {
    return std::any_of(variables.begin(), variables.end(),
                       [](const Variable& one) { return is_large(one.value); });
}
bool holds_large(const Frame& frame) {
    const TaskInFlight* task = frame.task.get();
    const Fanout* fanout = frame.fanout.get();
    return is_large(frame.input) ||
           (task &&
            (is_large(task->parameters) || (task->submitted && is_large(*task->submitted)))) ||
           (fanout && (is_large(fanout->items) || is_large(fanout->selector_input)));
}

/// Numbers of those that are stored, and new ones for the others.
class Numbering final : public PayloadNumbers {
public:
    explicit Numbering(const Execution& execution) : execution_(execution) {}

    std::uint64_t number_of(const Payload& payload) override {
        if (!is_large(payload)) return 0;
        if (const std::uint64_t known = execution_.number_of(payload)) return known;
        const auto [at, is_new] =
            given_.emplace(payload.identity(), execution_.next_number() + fresh.size());
        if (is_new) fresh.push_back(payload);
        return at->second;
    }

    std::vector<Payload> fresh;

private:
    const Execution& execution_;
    std::unordered_map<const void*, std::uint64_t> given_;
};

template <class T>
std::string to_bytes(const T& value, Numbering& numbers) {
    if (!holds_large(value)) return to_bytes(value);
    Writer writer(numbers);
    writer.number(kNumberedVersion);
    writer(value);
    return std::move(writer).take();
}

template <class T>
bool from_bytes(std::string_view bytes, const NumberedPayloads& payloads, T& value) {
    Reader reader(bytes);
    const std::uint64_t version = reader.number();
    if (version != kVersion && version != kNumberedVersion) return false;
    if (version == kNumberedVersion) reader.know(payloads);
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

void put_frame(Changes& changes, Numbering& numbers, const Frame* before, const Frame& frame) {
    changes.put.push_back({key_of(Part::frame, frame.id), to_bytes(frame, numbers)});
    const bool has_new_variables =
        frame.variables && !(before && before->variables == frame.variables);
    if (has_new_variables) {
        changes.put.push_back(
            {key_of(Part::variables, frame.id), to_bytes(*frame.variables, numbers)});
    }
}

void remove_frame(Changes& changes, const Frame& before) {
    changes.removed.push_back(key_of(Part::frame, before.id));
    if (before.variables) changes.removed.push_back(key_of(Part::variables, before.id));
}

}  // namespace

bool is_payload(RecordKey key) {
    return part_of(key) == Part::payload;
}

bool is_neighbour(RecordKey key, RecordKey next) {
    const auto is_of_frame = [](RecordKey one) {
        return part_of(one) == Part::frame || part_of(one) == Part::variables;
    };
    if (!is_of_frame(key) || !is_of_frame(next)) return false;
    return key < next && value_of(frame_of(next)) - value_of(frame_of(key)) <= 1;
}

RecordKey payload_key(std::uint64_t number) {
    return RecordKey{number << 2};
}

Changes encode_changes(const Execution& execution, const Delta& delta) {
    Changes changes;
    Numbering numbers(execution);
    changes.header = header_to_bytes(delta.header);
    if (delta.facts) changes.put.push_back({key_of(Part::facts), to_bytes(*delta.facts, numbers)});
    for (const auto& [id, frame] : delta.frames) {
        const Frame* before = execution.find(id);
        if (frame) {
            put_frame(changes, numbers, before, *frame);
        } else if (before != nullptr && !delta.is_cleared) {
            remove_frame(changes, *before);
        }
    }
    std::uint64_t number = execution.next_number();
    for (const Payload& payload : numbers.fresh) {
        changes.put.push_back({payload_key(number++), to_bytes(payload)});
    }
    changes.numbered = std::move(numbers.fresh);
    return changes;
}

/// Puts the records together, which may come in any order.
class Restorer {
public:
    explicit Restorer(ExecutionId id) : execution_(id) {}

    bool read_header(std::string_view bytes) {
        return header_from_bytes(bytes, execution_.header_);
    }

    bool read(const Record& record) {
        switch (part_of(record.key)) {
            case Part::payload: {
                Payload& payload = payloads_[static_cast<std::uint64_t>(record.key) >> 2];
                return from_bytes(record.bytes, {}, payload);
            }
            case Part::facts: {
                auto facts = std::make_shared<Facts>();
                const bool is_ok = from_bytes(record.bytes, payloads_, *facts);
                execution_.facts_ = std::move(facts);
                return is_ok;
            }
            case Part::frame: {
                auto frame = std::make_shared<Frame>();
                if (!from_bytes(record.bytes, payloads_, *frame)) return false;
                if (frame->id != frame_of(record.key)) return false;
                frames_.push_back(std::move(frame));
                return true;
            }
            case Part::variables: {
                auto variables = std::make_shared<Variables>();
                const bool is_ok = from_bytes(record.bytes, payloads_, *variables);
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
            execution_.hold(*frame);
            execution_.put(std::move(frame));
        }
        execution_.hold_facts();
        for (const auto& [number, payload] : payloads_) execution_.set_number(payload, number);
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
    NumberedPayloads payloads_;
};

Result<Execution> restore(ExecutionId id, std::string_view header,
                          std::span<const Record> records) {
    const auto damaged = [](std::string_view what) {
        return fail(ErrorCode::corruption,
                    "expected its " + std::string(what) + ", but what is stored is damaged");
    };
    Restorer restorer(id);
    if (!restorer.read_header(header)) return damaged("header");
    // The payloads come first: the others name them.
    for (const bool are_payloads : {true, false}) {
        for (const Record& record : records) {
            if (is_payload(record.key) != are_payloads) continue;
            if (!restorer.read(record)) return damaged(name_of(record.key));
        }
    }
    auto execution = std::move(restorer).finish();
    if (!execution) return damaged("records to be complete");
    return *std::move(execution);
}

}  // namespace stepwell::core

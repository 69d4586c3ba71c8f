// What the fields of a Map say when it begins. Internal to this folder.
#pragma once

#include "engine/core/steps.hpp"

namespace stepwell::core {

struct Tolerance {
    std::int64_t count = 0;
    double percentage = 0;  // 0 to 100
};

/// The Map at which the frame is.
inline const definition::MapState& map_at(const Turn& turn, FrameId frame) {
    return std::get<definition::MapState>(turn.state_of(frame).body);
}
/// What an inline iteration begins with; the Map's `fanout` is there.
Evaluated<Payload> item_input(const definition::MapState& map, Evaluation& at, std::uint32_t index);
/// The items, and how many may run at a time.
Evaluated<Fanout> plan_map(const definition::MapState& map, Evaluation& at);
/// A number that a Map says, or looks up; `field` is the name of its *Path form. 0: it has none.
Evaluated<std::int64_t> number_of(const definition::NumberOrPath& source, const char* field,
                                  const Environment& around);
/// How many items may fail: asked for once the Map has started, as AWS does.
Evaluated<Tolerance> tolerance_of(const definition::MapState& map, Evaluation& at);
/// How many items, and bytes of input, an execution gets; 0, 0: one item.
struct Batching {
    std::int64_t items_max = 0;
    std::int64_t bytes_max = 0;
};
Evaluated<Batching> batching_of(const definition::MapState& map, Evaluation& at);
/// What BatchInput makes of `input`; null: there is none.
Evaluated<Payload> batch_input_of(const definition::ItemBatcher& batcher, Evaluation& at,
                                  const Payload& input);
/// What the task gets that reads the items; null: there is no ItemReader.
Evaluated<Json> reader_of(const definition::MapState& map, Evaluation& at);
/// As many of `items`, an array, as ItemReader reads.
Evaluated<Payload> read_of(const definition::MapState& map, Evaluation& at, const Payload& items);
/// How the results are written: Transformation, OutputType, and where they become files, Bucket and
/// Prefix. Null: there is no ResultWriter.
Evaluated<Json> writer_of(const definition::MapState& map, Evaluation& at);

/// For who looks at the state's data, and has its children done by somebody else: what the first of
/// them would begin with. Where one could not, the state fails as in a run.
void show_inputs(Turn& turn, FrameId frame, const definition::MapState& map);

// map_run.cpp: of a distributed Map.
/// Whether a redrive finds it with a Map Run that has not succeeded.
bool has_map_run(const Turn& turn, FrameId frame);
/// The Map Run goes on. REQUIRES: has_map_run().
void redrive_map_run(Turn& turn, FrameId frame);
/// The Map has started, and begins its Map Run.
void begin_map_run(Turn& turn, FrameId frame, const Tolerance& tolerance);

}  // namespace stepwell::core

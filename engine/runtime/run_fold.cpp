#include "engine/runtime/run_fold.hpp"

namespace stepwell::runtime {

std::size_t keep_result_only(core::Event& event) {
    if (auto* entered = std::get_if<core::EnteredInfo>(&event.details)) {
        entered->input = {};
    } else if (auto* exited = std::get_if<core::ExitedInfo>(&event.details)) {
        exited->output = {};
        exited->assigned = {};
    } else if (auto* scheduled = std::get_if<core::ScheduledInfo>(&event.details)) {
        scheduled->parameters = {};
    } else if (auto* child = std::get_if<core::ChildInfo>(&event.details)) {
        child->input = {};
    } else if (auto* ended = std::get_if<core::OutputInfo>(&event.details)) {
        ended->output = {};
    } else if (auto* task = std::get_if<core::TaskInfo>(&event.details); task && task->output) {
        return task->output->bytes();
    }
    return 0;
}

}  // namespace stepwell::runtime

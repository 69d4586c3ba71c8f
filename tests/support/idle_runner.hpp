// A task runner whose tasks never end by themselves.
#pragma once

#include "engine/runtime/engine.hpp"

namespace stepwell::test {

class IdleRunner final : public runtime::TaskRunner {
public:
    void start(runtime::TaskRequest) override {}
    void cancel(const TaskToken&) override {}
};

}  // namespace stepwell::test

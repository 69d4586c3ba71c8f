#include "api/callbacks/answer.hpp"

#include "api/http/problem.hpp"

namespace stepwell::api {

void answer_with(runtime::Engine& engine, Result<core::Input> said, const Call& call) {
    if (!said) return call.respond(problem(said.error()));
    engine.answer_task(*std::move(said), [call](const Result<void>& heard) {
        if (!heard) return call.respond(problem(heard.error()));
        call.answer(Json());
    });
}

}  // namespace stepwell::api

#include "tasks/template/meter.hpp"

#include <pthread.h>

#include <algorithm>

namespace stepwell::tasks::jinja {
namespace {

/// Left for native functions, for the way out, and for whoever asked for the render.
constexpr std::size_t kStackReserve = 512u << 10;

const char* lowest_of_stack() {
    pthread_attr_t attributes;
    if (::pthread_getattr_np(::pthread_self(), &attributes) != 0) return nullptr;
    void* low = nullptr;
    std::size_t size = 0;
    ::pthread_attr_getstack(&attributes, &low, &size);
    ::pthread_attr_destroy(&attributes);
    return static_cast<const char*>(low) + std::min(kStackReserve, size / 2);
}

}  // namespace

Meter::Meter() : stack_low_(lowest_of_stack()) {}

Meter& Meter::current() {
    thread_local Meter meter;
    return meter;
}

void Meter::refuse(std::size_t bytes) {
    held_ -= static_cast<std::int64_t>(bytes);
    throw LimitExceeded("expected values of at most " + std::to_string(bytes_max_) +
                        " bytes together, but the template makes more");
}

void Meter::fail_work() const {
    throw LimitExceeded("expected at most " + std::to_string(steps_max_) +
                        " steps, but the template goes on; is there an endless loop?");
}

void Meter::check_stack() const {
    if (!has_stack()) throw LimitExceeded("expected values that are nested less deeply");
}

MeterScope::MeterScope(std::size_t steps, std::size_t bytes) : before_(Meter::current()) {
    Meter& meter = Meter::current();
    meter.bytes_max_ = static_cast<std::int64_t>(bytes);
    meter.held_max_ = meter.held_ + meter.bytes_max_;
    meter.text_max_ = bytes / 4;
    meter.steps_left_ = meter.steps_max_ = steps;
}

MeterScope::~MeterScope() {
    Meter& meter = Meter::current();
    before_.held_ = meter.held_;
    meter = before_;
}

void TextBuilder::reserve(std::size_t bytes) const {
    const std::size_t most = Meter::current().text_max();
    if (bytes <= most && text_.size() <= most - bytes) return;
    throw LimitExceeded("expected a text of at most " + std::to_string(most) +
                        " bytes, but it gets longer");
}

}  // namespace stepwell::tasks::jinja

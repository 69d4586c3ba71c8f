#include "engine/runtime/confidentiality.hpp"

namespace stepwell::runtime {
namespace {

void mask(Confidentiality& secrets, core::TaskSubmitted& report) {
    report.output = secrets.mask(std::move(report.output));
}
void mask(Confidentiality& secrets, core::TaskSucceeded& report) {
    report.output = secrets.mask(std::move(report.output));
}
void mask(Confidentiality& secrets, core::TaskFailed& report) {
    if (report.error) report.error = secrets.mask(*std::move(report.error));
    if (report.cause) report.cause = secrets.mask(*std::move(report.cause));
}
void mask(Confidentiality& secrets, core::ChildClosed& closed) {
    core::ChildEnd& end = closed.end;
    end.input = secrets.mask(std::move(end.input));
    if (end.output) end.output = secrets.mask(*std::move(end.output));
    if (end.error) end.error = secrets.mask(*std::move(end.error));
    if (end.cause) end.cause = secrets.mask(*std::move(end.cause));
}
void mask(Confidentiality& secrets, core::StopExecution& stop) {
    if (stop.error) stop.error = secrets.mask(*std::move(stop.error));
    if (stop.cause) stop.cause = secrets.mask(*std::move(stop.cause));
}
/// Those that say nothing, and a start, which is checked instead.
template <class Other>
void mask(Confidentiality&, Other&) {}

}  // namespace

core::Input masked(Confidentiality& secrets, core::Input input) {
    std::visit([&](auto& one) { mask(secrets, one); }, input);
    return input;
}

}  // namespace stepwell::runtime

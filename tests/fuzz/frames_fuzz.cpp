// Any bytes as what a host says to the daemon, or the daemon to a host: cut into frames, or refused
// for good; however the bytes were split on their way.
#include "tasks/host/host_report.hpp"
#include "tasks/host/protocol.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace stepwell;
using namespace stepwell::tasks;

namespace {

/// Believes nothing of what it is told.
class CheckingSink final : public runtime::TaskSink {
public:
    void submitted(const TaskToken&, Payload output) override { check(output); }
    void heartbeat(const TaskToken&) override {}
    void succeeded(const TaskToken&, Payload output) override { check(output); }
    void failed(const TaskToken&, std::string error, std::optional<std::string>) override {
        ++ends;
        (void)error;
    }
    void progress(const TaskToken&, Json progress) override {
        SW_ASSERT(!is_deeper_than(progress, kJsonDepthMax));
    }
    void log(const TaskToken&, std::string line) override {
        SW_ASSERT(line.find('\n') == line.npos);
    }
    int ends = 0;

private:
    void check(const Payload& output) {
        ++ends;
        SW_ASSERT(output.depth() <= kJsonDepthMax && output.bytes() <= kResultBytesMax);
    }
};

void check_frame(Frame frame) {
    CheckingSink sink;
    switch (frame.type) {
        case FrameType::hello:
            (void)read_hello(frame);
            return;
        case FrameType::start:
            (void)read_start(std::move(frame));
            return;
        case FrameType::ready:
            (void)read_ready(frame);
            return;
        case FrameType::ack:
            (void)read_ack(frame);
            return;
        case FrameType::succeeded:
        case FrameType::failed:
            report_end(sink, "stepwell:x", std::move(frame));
            SW_ASSERT(sink.ends == 1);
            return;
        default:
            report_middle(sink, std::move(frame));
            SW_ASSERT(sink.ends == 0);
    }
}

struct Told {
    std::string frames;
    bool is_refused = false;
    bool operator==(const Told&) const = default;
};

Told told_by(FrameReader& reader) {
    Told told;
    while (true) {
        auto next = reader.next();
        if (!next) {
            SW_ASSERT(next.error().code == ErrorCode::corruption);
            told.is_refused = true;
            return told;
        }
        if (!*next) return told;
        told.frames += (*next)->fields + (*next)->token.text() + (*next)->body + "\n";
        check_frame(*std::move(*next));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes = test::text_of(data, size);
    FrameReader whole;
    whole.feed(bytes);
    const Told at_once = told_by(whole);

    FrameReader split;
    Told in_two;
    for (const std::string_view part : {bytes.substr(0, size / 2), bytes.substr(size / 2)}) {
        split.feed(part);
        Told more = told_by(split);
        in_two.frames += more.frames;
        in_two.is_refused = in_two.is_refused || more.is_refused;
        if (in_two.is_refused) break;
    }
    SW_ASSERT(at_once == in_two);
    return 0;
}

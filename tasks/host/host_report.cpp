#include "tasks/host/host_report.hpp"

#include <string_view>

namespace stepwell::tasks {

namespace {

constexpr std::string_view kCallbackSuffix = ".waitForTaskToken";

bool waits_for_callback(std::string_view resource) {
    return resource.size() > kCallbackSuffix.size() &&
           resource.substr(resource.size() - kCallbackSuffix.size()) == kCallbackSuffix;
}

void report_lines(runtime::TaskSink& sink, const TaskToken& token, std::string_view text) {
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        sink.log(token, std::string(text.substr(begin, end - begin)));
        begin = end + 1;
    }
}

std::string mebibytes(std::uint64_t bytes) {
    return std::to_string(bytes >> 20) + " MiB";
}

}  // namespace

void report_end(runtime::TaskSink& sink, const std::string& resource, Frame frame) {
    const TaskToken token = frame.token;
    if (frame.type == FrameType::failed) {
        TaskError error = read_failed(std::move(frame));
        sink.failed(token, std::move(error.error), std::move(error.cause));
        return;
    }
    if (const auto checked = check_json(frame.body); !checked) {
        sink.failed(token, "Stepwell.TaskCrashed",
                    "the task's result is no JSON document: " + checked.error().message);
        return;
    }
    // One that is too large is refused by the engine, in the words that its state asks for.
    Payload output = Payload::trusted(std::move(frame.body));
    if (waits_for_callback(resource)) {
        sink.submitted(token, std::move(output));
    } else {
        sink.succeeded(token, std::move(output));
    }
}

void report_middle(runtime::TaskSink& sink, Frame frame) {
    if (frame.type == FrameType::heartbeat) {
        sink.heartbeat(frame.token);
    } else if (frame.type == FrameType::log) {
        report_lines(sink, frame.token, frame.body);
    } else if (frame.type == FrameType::progress) {
        auto progress = parse_json(frame.body, kJsonBodyValuesMax);
        if (progress) sink.progress(frame.token, std::move(*progress));
    }
}

TaskError explain_end(const HostProcess::End& end, std::uint64_t memory_limit, bool was_ready) {
    const std::string how = end.signal != 0 ? "was ended by " + signal_name(end.signal)
                                            : "exited with code " + std::to_string(end.exit_code);
    const std::string peak = "; it had used up to " + mebibytes(end.peak_bytes);
    if (end.is_out_of_memory) {
        return {"Stepwell.OutOfMemory",
                "the task host " + how + ": the kernel ran out of memory" + peak};
    }
    // A library that gets no memory often aborts or runs into a null pointer.
    if (memory_limit != 0 && end.peak_bytes > memory_limit / 10 * 9) {
        return {"Stepwell.OutOfMemory", "the task host " + how + " near its memory limit of " +
                                            mebibytes(memory_limit) + peak};
    }
    if (!was_ready) return {"Stepwell.HostStartFailed", "the task host " + how + " as it started"};
    return {"Stepwell.HostCrashed", "the task host " + how + " while the task ran" + peak};
}

std::string seconds_text(std::chrono::milliseconds duration) {
    const auto count = duration.count();
    std::string text = std::to_string(count / 1000);
    if (const auto rest = count % 1000; rest != 0) {
        std::string digits = std::to_string(1000 + rest).substr(1);
        while (digits.back() == '0') digits.pop_back();
        text += "." + digits;
    }
    return text + " s";
}

}  // namespace stepwell::tasks

#include "engine/runtime/loop/inbox.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace stepwell::runtime {

void refuse(Message& message, const Error& error) {
    std::visit(
        [&](auto& one) {
            if (one.answer) one.answer(fail(error));
        },
        message);
}

Inbox::Posted Inbox::post(Message& message, IfFull if_full) {
    std::unique_lock lock(mutex_);
    const auto is_full = [&] { return messages_.size() >= messages_max_; };
    if (if_full == IfFull::wait) is_drained_.wait(lock, [&] { return is_closed_ || !is_full(); });
    if (is_closed_) return Posted::closed;
    if (if_full == IfFull::refuse && is_full()) return Posted::full;
    if (if_full == IfFull::refuse_late && messages_.size() >= 2 * messages_max_) {
        return Posted::full;
    }
    const bool was_empty = messages_.empty();
    messages_.push_back(std::move(message));
    lock.unlock();
    if (was_empty) is_filled_.notify_one();
    return Posted::accepted;
}

bool Inbox::take(std::vector<Message>& messages, std::size_t count_max, Duration patience,
                 Reports reports) {
    std::unique_lock lock(mutex_);
    const auto has_news = [&] { return is_closed_ || !messages_.empty(); };
    if (patience > Duration::zero()) is_filled_.wait_for(lock, patience, has_news);
    if (reports == Reports::leave) {
        take_all_but_reports(messages, count_max);
    } else {
        const std::size_t count = std::min(count_max, messages_.size());
        const auto end = messages_.begin() + static_cast<std::ptrdiff_t>(count);
        messages.assign(std::make_move_iterator(messages_.begin()), std::make_move_iterator(end));
        messages_.erase(messages_.begin(), end);
    }
    const bool is_over = is_closed_ && messages.empty() && messages_.empty();
    lock.unlock();
    if (!messages.empty()) is_drained_.notify_all();
    return !is_over;
}

void Inbox::take_all_but_reports(std::vector<Message>& messages, std::size_t count_max) {
    messages.clear();
    std::deque<Message> left;
    for (Message& message : messages_) {
        const bool is_taken =
            messages.size() < count_max && !std::holds_alternative<Report>(message);
        if (is_taken) {
            messages.push_back(std::move(message));
        } else {
            left.push_back(std::move(message));
        }
    }
    messages_ = std::move(left);
}

bool Inbox::rest(Duration patience) {
    std::unique_lock lock(mutex_);
    is_closing_.wait_for(lock, patience, [&] { return is_closed_; });
    return is_closed_;
}

std::size_t Inbox::size() {
    const std::lock_guard lock(mutex_);
    return messages_.size();
}

void Inbox::close() {
    {
        const std::lock_guard lock(mutex_);
        is_closed_ = true;
    }
    is_closing_.notify_all();
    is_filled_.notify_all();
    is_drained_.notify_all();
}

}  // namespace stepwell::runtime

// Where commands look: at a daemon, or at a data folder that needs none.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "api/read/views.hpp"

namespace stepwell::api::cli {

/// Answers as views.hpp describes them. Fails with `unavailable` where no daemon answers.
class Source {
public:
    virtual ~Source() = default;
    virtual Result<Json> workflows() = 0;
    virtual Result<Json> runs(const runtime::RunQuery& query) = 0;
    virtual Result<Json> run(const std::string& run) = 0;
    virtual Result<Json> history(const std::string& run) = 0;
    virtual Result<Json> logs(const std::string& run, const std::string& state) = 0;
};

/// Fails with `not_found` where `folder` is no data folder.
Result<std::unique_ptr<Source>> open_folder(const std::filesystem::path& folder);

struct RestRequest {
    std::string method = "GET";
    std::string path;            // below /api/v1/, with its query
    Json body = Json::object();  // not sent with GET and DELETE
};

/// A daemon's own API.
class Server final : public Source {
public:
    /// "http://127.0.0.1:8083". `token` may be empty. `hint`: what to do where no daemon answers.
    Server(std::string url, std::string token, std::string hint)
        : url_(std::move(url)), token_(std::move(token)), hint_(std::move(hint)) {}
    Result<Json> workflows() override;
    Result<Json> runs(const runtime::RunQuery& query) override;
    Result<Json> run(const std::string& run) override;
    Result<Json> history(const std::string& run) override;
    Result<Json> logs(const std::string& run, const std::string& state) override;

    /// A list, all of its pages as one.
    Result<Json> list(const std::string& path);
    /// What is done to many, part by part until nothing is left; one part of a preview.
    Result<Json> all_parts(RestRequest request);
    /// The answer; {} where there is none.
    Result<Json> request(const RestRequest& request);
    /// Calls `take` with the data of each server-sent event as it comes, until it returns false;
    /// `event` is its name, empty for most. Fails with `unavailable` where the stream ends before.
    Result<void> follow(
        const std::string& path,
        const std::function<bool(const std::string& event, const Json& data)>& take);

private:
    Result<Json> get(const std::string& path);
    /// The first page, with what `add` puts there of those that follow.
    Result<Json> all_pages(const std::string& path,
                           const std::function<void(Json& whole, Json page)>& add);
    [[nodiscard]] Failure<Error> unreachable(const std::string& why) const;
    const std::string url_;
    const std::string token_;
    const std::string hint_;
};

}  // namespace stepwell::api::cli

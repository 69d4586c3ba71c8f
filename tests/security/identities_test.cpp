// Who may come in: users, tokens, sessions, and the pause after failures.
#include "api/auth/identities.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include "api/auth/access.hpp"
#include "api/auth/admin_token.hpp"
#include "api/auth/one_time_links.hpp"
#include "api/auth/sign_in_limit.hpp"
#include "api/secrets/crypto.hpp"
#include "tests/security/support.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace stepwell;
using namespace stepwell::api;
using stepwell::test::kNow;
using stepwell::test::Shelf;

namespace {

constexpr unsigned kCheap = 4;

struct House {
    Shelf shelf;
    Identities identities{shelf.writer(), kCheap};
    House() { REQUIRE(identities.add_user("ann", "password of ann", Role::admin, "local", kNow)); }
    void add(const std::string& name, Role role) {
        REQUIRE(identities.add_user(name, "password of " + name, role, "ann", kNow));
    }
    std::string token_of(const std::string& owner, Role role,
                         std::optional<Timestamp> expires_at = std::nullopt) {
        auto made = identities.add_token({"ci", owner, role, expires_at}, "ann", kNow);
        REQUIRE(made);
        return made->text;
    }
    std::optional<Identities::NewSession> signed_in(const std::string& name,
                                                    const std::string& password) {
        const auto hash = identities.check_password(name, password);
        if (!hash) return std::nullopt;
        auto session = identities.sign_in(name, password, *hash, kNow);
        REQUIRE(session);
        return *session;
    }
    std::string session_of(const std::string& name) {
        return signed_in(name, "password of " + name)->cookie;
    }
};

class FakeRequest final : public Request {
public:
    std::string method_ = "GET";
    std::map<std::string, std::string> headers{{"Host", "127.0.0.1:8083"}};
    [[nodiscard]] std::string_view method() const override { return method_; }
    [[nodiscard]] std::string_view target() const override { return "/api/v1/runs"; }
    [[nodiscard]] std::string_view header(std::string_view name) const override {
        const auto found = headers.find(std::string(name));
        return found == headers.end() ? std::string_view() : found->second;
    }
    [[nodiscard]] const std::string& body() const override { return body_; }
    [[nodiscard]] const std::string& peer() const override { return peer_; }
    [[nodiscard]] const Principal& principal() const override { return principal_; }

private:
    std::string body_;
    std::string peer_ = "127.0.0.1";
    Principal principal_;
};

}  // namespace

TEST_CASE("of admins who are users one stays") {
    Shelf shelf;
    Identities identities(shelf.writer(), kCheap);
    REQUIRE(identities.add_user("ann", "long enough", Role::admin, "local", kNow));
    REQUIRE(identities.add_user("bob", "", Role::viewer, "ann", kNow));

    UserChange demoted;
    demoted.role = Role::editor;
    UserChange disabled;
    disabled.is_disabled = true;
    CHECK(identities.change_user("ann", demoted).error().code == ErrorCode::conflict);
    CHECK(identities.change_user("ann", disabled).error().code == ErrorCode::conflict);
    CHECK(identities.remove_user("ann").error().code == ErrorCode::conflict);

    UserChange promoted;
    promoted.role = Role::admin;
    REQUIRE(identities.change_user("bob", promoted));
    CHECK(identities.remove_user("ann"));
    CHECK(identities.remove_user("bob").error().code == ErrorCode::conflict);
}

TEST_CASE("names and passwords that cannot be are refused") {
    House house;
    struct Case {
        std::string name, password;
    };
    for (const Case& c : std::vector<Case>{{"", "long enough"},
                                           {"a b", "long enough"},
                                           {"local", "long enough"},
                                           {"token", "long enough"},
                                           {std::string(65, 'a'), "long enough"},
                                           {"bob", "short"},
                                           {"bob", std::string(2'000, 'x')}}) {
        CAPTURE(c.name);
        const auto added = house.identities.add_user(c.name, c.password, Role::viewer, "ann", kNow);
        REQUIRE_FALSE(added);
        CHECK(added.error().code == ErrorCode::invalid);
    }
    CHECK(house.identities.add_user("ann", "long enough", Role::viewer, "ann", kNow).error().code ==
          ErrorCode::conflict);
}

TEST_CASE("nothing that lets somebody in is kept as it is") {
    House house;
    const std::string token = house.token_of("ann", Role::admin);
    const std::string cookie = house.session_of("ann");
    CHECK(token.starts_with("swt_"));
    CHECK_FALSE(house.shelf.holds("password of ann"));
    CHECK_FALSE(house.shelf.holds(token.substr(4, 20)));
    CHECK_FALSE(house.shelf.holds(cookie.substr(4, 20)));
}

TEST_CASE("a token may never more than its owner may now") {
    House house;
    house.add("bob", Role::editor);
    CHECK_FALSE(house.identities.add_token({"ci", "bob", Role::admin, {}}, "ann", kNow));
    CHECK_FALSE(house.identities.add_token({"ci", "eve", Role::viewer, {}}, "ann", kNow));
    const std::string token = house.token_of("bob", Role::editor);
    REQUIRE(house.identities.by_token(token, kNow));
    CHECK(house.identities.by_token(token, kNow)->is_user("bob"));
    CHECK(house.identities.by_token(token, kNow)->role == Role::editor);

    UserChange demoted;
    demoted.role = Role::viewer;
    REQUIRE(house.identities.change_user("bob", demoted));
    CHECK(house.identities.by_token(token, kNow)->role == Role::viewer);
    UserChange disabled;
    disabled.is_disabled = true;
    REQUIRE(house.identities.change_user("bob", disabled));
    CHECK_FALSE(house.identities.by_token(token, kNow));
    REQUIRE(house.identities.remove_user("bob"));
    CHECK_FALSE(house.identities.by_token(token, kNow));
    CHECK(house.identities.tokens().empty());
}

TEST_CASE("a token ends when it expires or is revoked, and others are unknown") {
    House house;
    const std::string token = house.token_of("ann", Role::viewer, kNow + Duration(1'000));
    CHECK(house.identities.by_token(token, kNow + Duration(999)));
    CHECK_FALSE(house.identities.by_token(token, kNow + Duration(1'000)));
    CHECK_FALSE(house.identities.by_token(token + "x", kNow));
    CHECK_FALSE(house.identities.by_token("", kNow));
    REQUIRE(house.identities.remove_token(house.identities.tokens().at(0).id));
    CHECK_FALSE(house.identities.by_token(token, kNow));
    CHECK_FALSE(house.identities.add_token({"ci", "ann", Role::viewer, kNow}, "ann", kNow));
}

TEST_CASE("a session ends when it is idle, old, signed out, or the password changes") {
    House house;
    const auto is_in = [&](const std::string& cookie, Duration later) {
        return house.identities.by_session(cookie, kNow + later).has_value();
    };
    const std::string idle = house.session_of("ann");
    CHECK(is_in(idle, kSessionIdle));
    CHECK_FALSE(is_in(idle, kSessionIdle + Duration(1)));

    const std::string used = house.session_of("ann");
    for (Duration later{}; later < kSessionAge; later += kSessionIdle) {
        CHECK(is_in(used, later));
        REQUIRE(house.identities.keep_up(kNow + later));
    }
    CHECK_FALSE(is_in(used, kSessionAge + Duration(1)));

    const std::string left = house.session_of("ann");
    REQUIRE(house.identities.sign_out(left));
    CHECK_FALSE(is_in(left, Duration{}));

    const std::string stale = house.session_of("ann");
    UserChange change;
    change.password = "another password";
    REQUIRE(house.identities.change_user("ann", change));
    CHECK_FALSE(is_in(stale, Duration{}));
    CHECK_FALSE(house.signed_in("ann", "password of ann").has_value());
    CHECK(house.signed_in("ann", "another password").has_value());
    CHECK_FALSE(house.signed_in("nobody", "another password").has_value());
}

TEST_CASE("nobody is known before they are on disk, and all of them after a restart") {
    House house;
    house.shelf.is_full = true;
    CHECK_FALSE(house.identities.add_user("bob", "long enough", Role::viewer, "ann", kNow));
    CHECK_FALSE(house.identities.user("bob"));
    house.shelf.is_full = false;
    const std::string token = house.token_of("ann", Role::editor);
    const std::string cookie = house.session_of("ann");
    REQUIRE(house.identities.by_token(token, kNow));
    REQUIRE(house.identities.keep_up(kNow));

    Identities again(house.shelf.writer(), kCheap);
    REQUIRE(again.load(house.shelf.source()));
    CHECK(again.by_token(token, kNow)->role == Role::editor);
    CHECK(again.by_session(cookie, kNow)->principal.is_user("ann"));
    CHECK(again.tokens().at(0).last_used_at == kNow);
    CHECK(again.users().at(0).created_by == "local");
}

TEST_CASE("a credential is needed, and a session has to be meant") {
    House house;
    // All of them first: from the first request on, the thread of jobs writes.
    const std::string first = house.token_of("ann", Role::viewer);
    const std::string second = house.token_of("ann", Role::viewer);
    const auto session = house.signed_in("ann", "password of ann");
    test::FakeClock clock;
    JobThread jobs;
    SignInLimit limit;
    const Access access({}, house.identities, clock, jobs, CallbackLinks("key"), limit);
    const auto status_of = [&](const FakeRequest& request) {
        const auto found = access.authenticate(request);
        return found ? 200u : found.error().status;
    };
    FakeRequest nobody;
    CHECK(status_of(nobody) == 401);

    FakeRequest token;
    token.headers["Authorization"] = "Bearer " + first;
    CHECK(status_of(token) == 200);
    FakeRequest aws;
    aws.headers["Authorization"] = "AWS4-HMAC-SHA256 Credential=x";
    aws.headers["X-Stepwell-Token"] = second;
    CHECK(status_of(aws) == 200);
    aws.headers["X-Stepwell-Token"] += "x";
    CHECK(status_of(aws) == 401);

    FakeRequest page;
    page.headers["Cookie"] = "theme=dark; stepwell_session=" + session->cookie;
    CHECK(status_of(page) == 200);
    page.method_ = "POST";
    CHECK(status_of(page) == 403);
    page.headers["X-Stepwell-Csrf"] = "guess";
    CHECK(status_of(page) == 403);
    page.headers["X-Stepwell-Csrf"] = session->csrf;
    CHECK(status_of(page) == 200);
    page.headers["Cookie"] = "stepwell_session=sws_guess";
    CHECK(status_of(page) == 401);
}

TEST_CASE("a signed link is its holder's, until it is over; what is changed is none") {
    const CallbackLinks links("key");
    const TaskToken token{ExecutionId{12}, FrameId{0}, 1};
    const std::string link = links.make(token, LinkScope::decide, kNow + std::chrono::hours(1));
    const auto holder = links.read(link, kNow);
    REQUIRE(holder);
    CHECK(who_is(*holder) == "link:12.0.1");
    CHECK(holder->role == Role::none);
    CHECK(holder->link_scope == LinkScope::decide);

    const auto status = [&](std::string_view text, Timestamp now) {
        const auto read = links.read(text, now);
        return read ? 200u : read.error().status;
    };
    CHECK(status(link, kNow + std::chrono::minutes(59)) == 200);
    CHECK(status(link, kNow + std::chrono::hours(1)) == 410);
    CHECK(status("", kNow) == 401);
    CHECK(status("12.0.1", kNow) == 401);
    CHECK(status(std::string(10'000, '1'), kNow) == 401);
    for (std::size_t i = 0; i < link.size(); ++i) {
        std::string changed = link;
        changed[i] = changed[i] == '1' ? '2' : '1';
        if (changed != link) CHECK(status(changed, kNow) == 401);
        CHECK(status(link.substr(0, i), kNow) == 401);
    }
    CHECK_FALSE(CallbackLinks("another key").read(link, kNow));
}

TEST_CASE("who shows a link is its holder alone, and who shows bad ones has to wait") {
    House house;
    const std::string admin = house.token_of("ann", Role::viewer);
    test::FakeClock clock;
    JobThread jobs;
    SignInLimit limit;
    const Access access({}, house.identities, clock, jobs, CallbackLinks("key"), limit);
    const std::string link = CallbackLinks("key").make(
        {ExecutionId{12}, FrameId{0}, 1}, LinkScope::result, clock.now() + std::chrono::hours(1));
    FakeRequest good;
    good.headers["X-Stepwell-Link"] = link;
    good.headers["Authorization"] = "Bearer " + admin;
    FakeRequest bad;
    bad.headers["X-Stepwell-Link"] = link + "0";
    bad.headers["Authorization"] = "Bearer " + admin;
    CHECK(access.authenticate(good)->kind == Principal::Kind::link);
    for (int i = 0; i < 5; ++i) CHECK(access.authenticate(bad).error().status == 401);
    CHECK(access.authenticate(bad).error().status == 429);
    CHECK(access.authenticate(good));  // others may come from the same place
}

TEST_CASE("nothing is open by default, whoever is known") {
    Shelf shelf;
    Identities identities(shelf.writer(), kCheap);
    test::FakeClock clock;
    JobThread jobs;
    SignInLimit limit;
    const Access access({"the daemon's own", "the admin's", false}, identities, clock, jobs,
                        CallbackLinks("key"), limit);
    FakeRequest request;
    CHECK_FALSE(access.authenticate(request));
    request.headers["Authorization"] = "Bearer guess";
    CHECK_FALSE(access.authenticate(request));
    request.headers["Authorization"] = "bearer the daemon's own";
    CHECK(who_is(*access.authenticate(request)) == "daemon:token");
    request.headers["Authorization"] = "Bearer the admin's";
    CHECK(who_is(*access.authenticate(request)) == "local:admin");
    CHECK(access.authenticate(request)->role == Role::admin);
    // A daemon that has none is not opened by an empty one.
    const Access bare({}, identities, clock, jobs, CallbackLinks("key"), limit);
    request.headers["Authorization"] = "Bearer ";
    CHECK_FALSE(bare.authenticate(request));
}

TEST_CASE("an open door lets in who calls this machine by its own name, and no proxy") {
    Shelf shelf;
    Identities identities(shelf.writer(), kCheap);
    test::FakeClock clock;
    JobThread jobs;
    SignInLimit limit;
    const Access access({"", "", true}, identities, clock, jobs, CallbackLinks("key"), limit);
    struct Case {
        std::string host, header, value;
        bool is_local;
    };
    for (const Case& c : std::vector<Case>{
             {"127.0.0.1:8083", "", "", true},
             {"localhost:1", "", "", true},
             {"[::1]:8083", "", "", true},
             {"sync-localhost:1", "", "", true},
             {"etl.internal", "", "", false},
             {"", "", "", false},
             {"127.0.0.1:8083", "Authorization", "AWS4-HMAC-SHA256 Credential=any", true},
             {"127.0.0.1:8083", "Authorization", "Bearer any", true},
             {"127.0.0.1:8083", "Cookie", "stepwell_session=sws_any", true},
             {"127.0.0.1:8083", "X-Forwarded-For", "203.0.113.9", false},
             {"127.0.0.1:8083", "Forwarded", "for=203.0.113.9", false},
             {"127.0.0.1:8083", "X-Real-IP", "203.0.113.9", false},
             {"127.0.0.1:8083", "Via", "1.1 proxy", false}}) {
        CAPTURE(c.host);
        CAPTURE(c.header);
        FakeRequest request;
        request.headers["Host"] = c.host;
        if (!c.header.empty()) request.headers[c.header] = c.value;
        const auto found = access.authenticate(request);
        CHECK(found.has_value() == c.is_local);
        if (found) CHECK(who_is(*found) == "local:open");
    }
}

TEST_CASE("what was made while the door was open counts only while it is") {
    Shelf shelf;
    Identities identities(shelf.writer(), kCheap);
    const auto made = identities.add_token({"grafana", kOpenOwner, Role::admin, {}}, "x", kNow);
    REQUIRE(made);
    CHECK_FALSE(identities.by_token(made->text, kNow));
    REQUIRE(identities.tokens_of_open_door().size() == 1);
    CHECK(identities.tokens_of_open_door().front().id == made->token.id);
    identities.set_open(true);
    CHECK(identities.by_token(made->text, kNow));
    const Principal open{Principal::Kind::local, "open", "local", Role::admin, "none"};
    CHECK_FALSE(identities.sign_in_as(open, kNow));
}

TEST_CASE("a link signs in whom it was made for, once and for a short time") {
    House house;
    OneTimeLinks links;
    const Principal admin{Principal::Kind::local, kLocalAdmin, "local", Role::admin, ""};
    const auto code_of = [](const std::string& path) { return path.substr(path.find('=') + 1); };
    const std::string code = code_of(links.make(admin, kNow));
    const auto found = links.take(code, kNow + kLinkAge);
    REQUIRE(found);
    CHECK_FALSE(links.take(code, kNow));
    CHECK_FALSE(links.take("", kNow));
    CHECK_FALSE(links.take(code_of(links.make(admin, kNow)), kNow + kLinkAge + Duration(1)));

    const auto session = house.identities.sign_in_as(*found, kNow);
    REQUIRE(session);
    const auto signed_in = house.identities.by_session(session->cookie, kNow);
    REQUIRE(signed_in);
    CHECK(who_is(signed_in->principal) == "local:admin");
    CHECK(signed_in->principal.role == Role::admin);
    const Principal service{Principal::Kind::service, "SW1", "ann", Role::admin, ""};
    CHECK_FALSE(house.identities.sign_in_as(service, kNow));
}

TEST_CASE("the admin's token is its owner's alone, and made anew where it was not") {
    const test::TemporaryFolder folder;
    const auto file = folder.path() / "admin.token";
    std::vector<std::string> warnings;
    const auto warn = [&](const std::string& line) { warnings.push_back(line); };
    const auto token = open_admin_token(folder.path(), warn);
    REQUIRE(token);
    CHECK(token->size() == 47);
    CHECK(std::filesystem::status(file).permissions() == std::filesystem::perms(0600));
    CHECK(open_admin_token(folder.path(), warn).value() == *token);
    CHECK(warnings.empty());
    CHECK(read_admin_token(folder.path(), ::geteuid()) == *token);
    CHECK_FALSE(read_admin_token(folder.path(), ::geteuid() + 1));

    std::filesystem::permissions(file, std::filesystem::perms(0644));
    CHECK_FALSE(read_admin_token(folder.path(), ::geteuid()));
    CHECK(open_admin_token(folder.path(), warn).value() != *token);
    CHECK(warnings.size() == 1);

    const test::TemporaryFolder other;
    std::filesystem::create_symlink(file, other.path() / "admin.token");
    CHECK_FALSE(read_admin_token(other.path(), ::geteuid()));
}

TEST_CASE("failures to sign in cost a pause that grows, for the name from that place") {
    SignInLimit limit;
    for (int i = 0; i < 4; ++i) limit.failed("10.0.0.1", "ann", kNow);
    CHECK_FALSE(limit.wait("10.0.0.1", "ann", kNow));
    limit.failed("10.0.0.1", "ann", kNow);
    CHECK(limit.wait("10.0.0.1", "ann", kNow) == Duration(1'000));
    CHECK_FALSE(limit.wait("10.0.0.2", "ann", kNow));
    CHECK_FALSE(limit.wait("10.0.0.1", "bob", kNow));
    limit.failed("10.0.0.1", "ann", kNow);
    CHECK(limit.wait("10.0.0.1", "ann", kNow) == Duration(2'000));
    CHECK_FALSE(limit.wait("10.0.0.1", "ann", kNow + Duration(2'000)));
    limit.succeeded("10.0.0.1", "ann");
    CHECK_FALSE(limit.wait("10.0.0.1", "ann", kNow));
}

TEST_CASE("who guesses many names from one place keeps others there waiting for a second at most") {
    SignInLimit limit;
    Timestamp now = kNow;
    for (int i = 0; i < 30'000; ++i) {
        limit.failed("10.0.0.3", "user" + std::to_string(i), now);
        now += Duration(10);
        const auto wait = limit.wait("10.0.0.3", "ann", now);
        REQUIRE(wait.value_or(Duration{}) <= Duration(1'000));
        if (i == 50) CHECK(wait);
    }
    CHECK_FALSE(limit.wait("10.0.0.3", "ann", now + Duration(1'000)));
    CHECK_FALSE(limit.wait("10.0.0.4", "ann", now));
    // Many names do not wash away the pause of one.
    for (int i = 0; i < 6; ++i) limit.failed("10.0.0.5", "ann", now);
    for (int i = 0; i < 20'000; ++i) limit.failed("10.0.0.6", "x" + std::to_string(i), now);
    CHECK(limit.wait("10.0.0.5", "ann", now) == Duration(2'000));
}

TEST_CASE("a sign-in counts only for the password that was checked, and renews how it is kept") {
    House house;
    const auto hash = house.identities.check_password("ann", "password of ann");
    REQUIRE(hash);
    UserChange change;
    change.password = "another password";
    REQUIRE(house.identities.change_user("ann", change));
    CHECK_FALSE(house.identities.sign_in("ann", "password of ann", *hash, kNow)->has_value());

    // Made with the parameters of an earlier version.
    Identities dearer(house.shelf.writer(), kCheap + 1);
    REQUIRE(dearer.load(house.shelf.source()));
    const auto old = dearer.check_password("ann", "another password");
    REQUIRE(old);
    REQUIRE(dearer.sign_in("ann", "another password", *old, kNow)->has_value());
    const auto now = dearer.check_password("ann", "another password");
    REQUIRE(now);
    CHECK(*now != *old);
    CHECK(is_hash_current(*now, kCheap + 1));
}

TEST_CASE("signing out everywhere ends all sessions of that user and no others") {
    House house;
    house.add("bob", Role::viewer);
    const std::string first = house.session_of("ann");
    house.session_of("ann");
    const std::string other = house.session_of("bob");
    CHECK(house.identities.sessions("ann").size() == 2);
    CHECK(house.identities.sessions("").size() == 3);
    CHECK(house.identities.end_sessions("ann").value() == 2);
    CHECK_FALSE(house.identities.by_session(first, kNow));
    CHECK(house.identities.by_session(other, kNow));
}

TEST_CASE("what a stream was opened with is looked at again: it ends with the credential") {
    House house;
    const std::string text = house.token_of("ann", Role::editor);
    const std::string cookie = house.session_of("ann");
    test::FakeClock clock;
    clock.set(kNow);
    JobThread jobs;
    SignInLimit limit;
    const Access access({}, house.identities, clock, jobs, CallbackLinks("key"), limit);
    const auto by_token = house.identities.by_token(text, kNow);
    const auto by_session = house.identities.by_session(cookie, kNow);
    REQUIRE(by_token);
    REQUIRE(by_session);
    CHECK(access.is_still_valid(*by_token, ""));
    CHECK(access.is_still_valid(by_session->principal, cookie));
    REQUIRE(house.identities.remove_token(by_token->credential.substr(6)));
    CHECK_FALSE(access.is_still_valid(*by_token, ""));
    REQUIRE(house.identities.end_sessions("ann"));
    CHECK_FALSE(access.is_still_valid(by_session->principal, cookie));
}

#include "metrics/registry.hpp"

#include "test/metrics/exposition_samples.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

using namespace std::chrono_literals;

namespace fairlead::metrics {
namespace {

const std::string chat = R"({route="chat",pool="p",backend="10.0.0.1:9000")";

} // namespace

TEST_CASE("memory is told by kind, with a limit where there is one, and sheds from the start")
{
    registry all;
    worker_shard& worker = all.add_worker();
    std::uint64_t limit = 0;
    all.set_memory([&limit] {
        memory_state now;
        now.bytes[memory_kind::heads] = 4'096;
        now.limit = limit;
        return now;
    });
    const exposition_samples before(all.expose());
    CHECK(before["fairlead_memory_bytes{kind=\"heads\"}"] == 4'096);
    CHECK(before.has("fairlead_memory_bytes{kind=\"remainders\"}"));
    CHECK_FALSE(before.has("fairlead_memory_limit_bytes"));
    CHECK(before.has("fairlead_sheds_total{want=\"memory\",what=\"read\"}"));
    CHECK_FALSE(before.has("fairlead_sheds_total{want=\"descriptors\",what=\"read\"}"));
    limit = 1 << 20;
    worker.own().sheds[shortage::descriptors][shed::idle].add(3);
    const exposition_samples text(all.expose());
    CHECK(text["fairlead_memory_limit_bytes"] == 1 << 20);
    CHECK(text["fairlead_sheds_total{want=\"descriptors\",what=\"idle\"}"] == 3);
}

TEST_CASE("series are summed over the workers by their labels")
{
    registry all;
    worker_shard& first = all.add_worker();
    worker_shard& second = all.add_worker();
    first.tunnel("chat", "p", "10.0.0.1:9000").bytes[direction::to_client].add(10);
    second.tunnel("chat", "p", "10.0.0.1:9000").bytes[direction::to_client].add(32);
    second.tunnel("chat", "p", "10.0.0.2:9000").bytes[direction::to_client].add(5);
    first.http("chat", "p").requests[status_class::success].add(2);
    second.http("chat", "p").requests[status_class::success].add(3);
    first.backend("p", "10.0.0.1:9000").dials.add();
    second.backend("p", "10.0.0.1:9000").dials.add();
    first.own().connections_open.add(4);
    second.own().connections_open.add(5);

    const exposition_samples text{all.expose()};
    CHECK(text.duplicates == 0);
    CHECK(text["fairlead_websocket_bytes_total" + chat + R"(,direction="to_client"})"] == 42);
    const std::string other = R"({route="chat",pool="p",backend="10.0.0.2:9000",direction="to_client"})";
    CHECK(text["fairlead_websocket_bytes_total" + other] == 5);
    CHECK(text[R"(fairlead_http_requests_total{route="chat",pool="p",class="2xx"})"] == 5);
    CHECK(text[R"(fairlead_backend_dials_total{pool="p",backend="10.0.0.1:9000"})"] == 2);
    CHECK(text["fairlead_connections_open"] == 9);
    CHECK(text["fairlead_workers"] == 2);
}

TEST_CASE("active tunnels are those opened less those closed by anyone, and never below zero")
{
    registry all;
    tunnel_cells& cells = all.add_worker().tunnel("chat", "p", "10.0.0.1:9000");
    cells.opened.add(10);
    cells.closed[party::client][end_cause::close_frame].add(2);
    cells.closed[party::backend][end_cause::close_frame].add(3);
    cells.closed[party::proxy][end_cause::drained].add();
    const exposition_samples text{all.expose()};
    CHECK(text["fairlead_websocket_tunnels_active" + chat + "}"] == 4);
    CHECK(text["fairlead_websocket_tunnels_opened_total" + chat + "}"] == 10);
    CHECK(text["fairlead_websocket_tunnels_closed_total" + chat + R"(,closed_by="backend",cause="close"})"] ==
          3);

    cells.closed[party::client][end_cause::close_frame].add(100);
    CHECK(exposition_samples{all.expose()}["fairlead_websocket_tunnels_active" + chat + "}"] == 0);
}

TEST_CASE("messages and control frames are told apart by direction and kind")
{
    registry all;
    tunnel_cells& cells = all.add_worker().tunnel("chat", "p", "10.0.0.1:9000");
    cells.messages[direction::to_backend][frame_kind::binary].add(6);
    cells.controls[direction::to_client][frame_kind::pong].add(7);
    const exposition_samples text{all.expose()};
    CHECK(text["fairlead_websocket_messages_total" + chat + R"(,direction="to_backend",kind="binary"})"] ==
          6);
    CHECK(text["fairlead_websocket_messages_total" + chat + R"(,direction="to_backend",kind="text"})"] == 0);
    CHECK(text["fairlead_websocket_control_frames_total" + chat + R"(,direction="to_client",kind="pong"})"] ==
          7);
}

TEST_CASE("close codes, refusals and dial failures appear with their first occurrence")
{
    registry all;
    worker_shard& worker = all.add_worker();
    tunnel_cells& cells = worker.tunnel("chat", "p", "10.0.0.1:9000");
    worker.backend("p", "b");
    const std::string before = all.expose();
    CHECK(before.find("fairlead_websocket_close_codes_total") == std::string::npos);
    CHECK(before.find("fairlead_refusals_total") == std::string::npos);
    CHECK(before.find("fairlead_proxy_protocol") == std::string::npos);
    CHECK(before.find("fairlead_backend_dial_failures_total") == std::string::npos);

    cells.close_codes[party::client][slot_of(1001)].add();
    cells.close_codes[party::backend][close_code_slot::abnormal].add(2);
    worker.own().refusals[refusal::no_route].add(3);
    worker.own().proxy_protocol_headers[proxy_protocol_version::v2].add(5);
    worker.own().proxy_protocol_refusals[proxy_protocol_fault::missing].add(6);
    worker.backend("p", "b").dial_failures[dial_failure::timeout].add(4);
    const exposition_samples text{all.expose()};
    CHECK(text["fairlead_websocket_close_codes_total" + chat + R"(,sent_by="client",code="1001"})"] == 1);
    CHECK(text["fairlead_websocket_close_codes_total" + chat + R"(,sent_by="backend",code="abnormal"})"] ==
          2);
    CHECK(text[R"(fairlead_refusals_total{reason="no_route"})"] == 3);
    CHECK(text[R"(fairlead_proxy_protocol_headers_total{version="2"})"] == 5);
    CHECK(text[R"(fairlead_proxy_protocol_refusals_total{reason="missing"})"] == 6);
    CHECK(text[R"(fairlead_backend_dial_failures_total{pool="p",backend="b",reason="timeout"})"] == 4);
}

TEST_CASE("a histogram is written cumulative, in seconds, with +Inf equal to its count")
{
    registry all;
    worker_shard& first = all.add_worker();
    worker_shard& second = all.add_worker();
    first.http("r", "p").latency.observe(1ms);
    first.http("r", "p").latency.observe(1ms + 1ns);
    second.http("r", "p").latency.observe(60s);
    second.http("r", "p").latency.observe(61s);
    const exposition_samples text{all.expose()};
    const std::string bucket = R"(fairlead_http_request_seconds_bucket{route="r",pool="p",le=")";
    CHECK(text[bucket + "0.001\"}"] == 1);
    CHECK(text[bucket + "0.0025\"}"] == 2);
    CHECK(text[bucket + "30.0\"}"] == 2);
    CHECK(text[bucket + "60.0\"}"] == 3);
    CHECK(text[bucket + "+Inf\"}"] == 4);
    CHECK(text[R"(fairlead_http_request_seconds_count{route="r",pool="p"})"] == 4);
    CHECK(text[R"(fairlead_http_request_seconds_sum{route="r",pool="p"})"] == doctest::Approx(121.002));
}

TEST_CASE("quotes, backslashes and line ends in a name are escaped (text format 0.0.4)")
{
    registry all;
    all.add_worker().http("a\"b\\c\nd", "p");
    const std::string text = all.expose();
    CHECK(text.find(R"({route="a\"b\\c\nd",pool="p",class="2xx"})") != std::string::npos);
}

TEST_CASE("what the proxy reports when asked is exposed as it is")
{
    registry all;
    all.set_source_usage([] {
        return std::vector<source_usage>{{"p", "10.0.1.1", "10.0.0.1:9000", 12, 2, 28'000, 1}};
    });
    all.set_reconciliation([] { return reconciliation_state{7, 1, 5, 2, 0.25, false}; });
    all.set_backend_states([] {
        auto checks = std::make_shared<check_cells>();
        checks->seconds.observe(std::chrono::milliseconds(2));
        checks->failures[check_failure::status].add(4);
        return std::vector<backend_state>{{"p", "b1", backend_condition::up, 3, 2, 0.5, 6, 1, {}, 9, 4},
                                          {"p", "b2", backend_condition::ejected, 0, 0, 1, 0, 0, checks}};
    });
    all.set_discovery_states([] {
        const auto at = std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'000));
        return std::vector<discovery_state>{{"p", 3, at, {{"timeout", 2}}}};
    });
    all.set_pool_states([] {
        auto queue = std::make_shared<queue_cells>();
        queue->waiting.add(3);
        queue->ended[queue_end::timeout].add(2);
        queue->seconds.observe(std::chrono::milliseconds(20));
        return std::vector<pool_state>{{"p", true, 2, queue}, {"q", false}};
    });
    const exposition_samples text{all.expose()};
    CHECK(text[R"(fairlead_discovery_members{pool="p"})"] == 3);
    CHECK(text[R"(fairlead_discovery_last_success_timestamp_seconds{pool="p"})"] == 1'700'000'000);
    CHECK(text[R"(fairlead_discovery_failures_total{pool="p",reason="timeout"})"] == 2);
    CHECK(text[R"(fairlead_pool_panic{pool="p"})"] == 1);
    CHECK(text[R"(fairlead_pool_panic{pool="q"})"] == 0);
    CHECK(text[R"(fairlead_pool_priority{pool="p"})"] == 2);
    CHECK(text[R"(fairlead_pool_queue_waiting{pool="p"})"] == 3);
    CHECK(text[R"(fairlead_pool_queue_ended_total{pool="p",how="timeout"})"] == 2);
    CHECK(text[R"(fairlead_pool_queue_ended_total{pool="p",how="served"})"] == 0);
    CHECK(text[R"(fairlead_pool_queue_seconds_count{pool="p"})"] == 1);
    CHECK(!text.has(R"(fairlead_pool_queue_waiting{pool="q"})"));
    CHECK(text[R"(fairlead_backend_connections_limit{pool="p",backend="b1"})"] == 9);
    CHECK(!text.has(R"(fairlead_backend_connections_limit{pool="p",backend="b2"})"));
    CHECK(text[R"(fairlead_backend_connects_pending{pool="p",backend="b1"})"] == 4);
    const std::string tuple = R"({pool="p",source="10.0.1.1",destination="10.0.0.1:9000"})";
    CHECK(text["fairlead_source_tuples_in_use" + tuple] == 12);
    CHECK(text["fairlead_source_tuples_set_aside" + tuple] == 2);
    CHECK(text["fairlead_source_tuples_capacity" + tuple] == 28'000);
    CHECK(text["fairlead_source_tuples_foreign" + tuple] == 1);
    CHECK(text["fairlead_source_tuples_unknown"] == 2);
    CHECK(text["fairlead_source_reconciliations_total"] == 7);
    CHECK(text["fairlead_source_reconciliation_failures_total"] == 1);
    CHECK(text["fairlead_source_reconciliation_seconds"] == 0.25);
    CHECK(text["fairlead_source_tuples_used_ratio" + tuple] == doctest::Approx(0.0005));
    CHECK(text[R"(fairlead_backend_up{pool="p",backend="b1"})"] == 1);
    CHECK(text[R"(fairlead_backend_up{pool="p",backend="b2"})"] == 0);
    CHECK(text[R"(fairlead_backend_state{pool="p",backend="b1",state="up"})"] == 1);
    CHECK(text[R"(fairlead_backend_state{pool="p",backend="b2",state="up"})"] == 0);
    CHECK(text[R"(fairlead_backend_state{pool="p",backend="b2",state="ejected"})"] == 1);
    CHECK(text[R"(fairlead_backend_weight{pool="p",backend="b1"})"] == 0.5);
    CHECK(text[R"(fairlead_backend_ejections_total{pool="p",backend="b1"})"] == 6);
    CHECK(text[R"(fairlead_backend_ejections_withheld_total{pool="p",backend="b1"})"] == 1);
    CHECK(!text.has(R"(fairlead_backend_check_seconds_count{pool="p",backend="b1"})"));
    CHECK(text[R"(fairlead_backend_check_seconds_count{pool="p",backend="b2"})"] == 1);
    CHECK(text[R"(fairlead_backend_check_failures_total{pool="p",backend="b2",reason="status"})"] == 4);
    CHECK(text[R"(fairlead_backend_connections{pool="p",backend="b1"})"] == 3);
    CHECK(text[R"(fairlead_backend_requests_active{pool="p",backend="b1"})"] == 2);

    all.set_source_usage({});
    CHECK(!exposition_samples{all.expose()}.has("fairlead_source_tuples_in_use" + tuple));
}

TEST_CASE("a callback may use the registry, and what it throws reaches the caller")
{
    registry all;
    all.set_backend_states([&] {
        all.set_lifecycle({.ready = true});
        return std::vector<backend_state>{};
    });
    CHECK_NOTHROW(all.expose());
    CHECK(all.current_lifecycle().ready);
    all.set_backend_states(
        []() -> std::vector<backend_state> { throw std::runtime_error{"pools are gone"}; });
    CHECK_THROWS_AS(all.expose(), std::runtime_error);
}

TEST_CASE("each worker shows how late its loop was, each listening socket what waits for it")
{
    registry all;
    all.add_worker();
    all.add_worker().own().loop_lag.observe(3ms);
    all.set_accept_queues([] {
        return std::vector<accept_queue_state>{{"[::]:80", 0, 5, 128, 9}, {"[::]:80", 1, 0, 128, {}}};
    });
    const exposition_samples text{all.expose()};
    CHECK(text[R"(fairlead_worker_loop_lag_seconds_count{worker="0"})"] == 0);
    CHECK(text[R"(fairlead_worker_loop_lag_seconds_count{worker="1"})"] == 1);
    CHECK(text[R"(fairlead_worker_loop_lag_seconds_bucket{worker="1",le="0.0025"})"] == 0);
    CHECK(text[R"(fairlead_worker_loop_lag_seconds_bucket{worker="1",le="0.005"})"] == 1);
    CHECK(text[R"(fairlead_listener_accept_queue{listener="[::]:80",worker="0"})"] == 5);
    CHECK(text[R"(fairlead_listener_accept_queue_limit{listener="[::]:80",worker="1"})"] == 128);
    CHECK(text[R"(fairlead_listener_accept_drops_total{listener="[::]:80",worker="0"})"] == 9);
    CHECK(!text.has(R"(fairlead_listener_accept_drops_total{listener="[::]:80",worker="1"})"));
}

TEST_CASE("the life of the process is exposed")
{
    registry all{{"1.2.3", "3.0.1"}};
    all.set_lifecycle({.ready = true,
                       .draining = false,
                       .config_generation = 4,
                       .last_reload_ok = false,
                       .last_reload_at = std::chrono::system_clock::time_point{1'700'000'000s},
                       .config_hash = 0x1234'0000'0000'0007});
    const std::string raw = all.expose();
    const exposition_samples text{raw};
    CHECK(text["fairlead_ready"] == 1);
    CHECK(text["fairlead_draining"] == 0);
    CHECK(text["fairlead_config_generation"] == 4);
    CHECK(text["fairlead_config_last_reload_successful"] == 0);
    CHECK(text["fairlead_config_last_reload_timestamp_seconds"] == 1'700'000'000.0);
    CHECK(text["fairlead_config_hash"] == 7);
    CHECK(text["process_open_fds"] > 0);
    CHECK(text["process_virtual_memory_bytes"] > text["process_resident_memory_bytes"]);
    CHECK(raw.find(R"(fairlead_build_info{compiler=")") != std::string::npos);
    CHECK(raw.find(R"(,openssl="3.0.1",version="1.2.3"} 1)") != std::string::npos);
}

} // namespace fairlead::metrics

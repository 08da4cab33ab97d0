"""W3C Trace Context through the real binary: what backends get, and what the log says."""
import json
import re
import unittest

from harness.case import ProxyCase, pool, route
from harness.connection import connect
from harness.frames import accept_upgrade, close_frame, open_tunnel, read_frame
from harness.http_message import request
from harness.ports import free_port
from harness.waiting import eventually

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
LATER = f"cc-{TRACE}-00f067aa0ba902b7-01-what.comes"
STATE = ("tracestate", "a=1, b=2")
MADE = r"^00-([0-9a-f]{32})-([0-9a-f]{16})-01$"


class TraceCase(ProxyCase):
    def start(self, handling=None, extra="", **options):
        forward = f'[forward]\ntrace_context = "{handling}"\n' if handling else "[forward]\n"
        return self.front(self.http_backend(), forward + extra + "[log]\nrequests = true\n", **options)

    def seen(self, proxy, *fields, **options):
        """traceparent and tracestate as the backend got them, and the line of the log."""
        before = len(proxy.access_log())
        with proxy.connect(**options) as client:
            client.send(request(fields=fields))
            answer = client.read_response()
        self.assertEqual(answer.status, 200)
        line = eventually(lambda: proxy.access_log()[before:], 10, "a line")[0]
        got = [(name.lower(), value) for name, value in json.loads(answer.body)["fields"]]
        parents = [value for name, value in got if name == "traceparent"]
        states = [value for name, value in got if name == "tracestate"]
        return parents, states, line


class Exchanges(TraceCase):
    def test_by_default_a_valid_trace_is_handed_on_unchanged_and_logged(self):
        proxy = self.start()
        for parent in (PARENT, PARENT[:-2] + "00", LATER):
            seen = self.seen(proxy, ("TraceParent", parent), STATE, ("TraceState", "c=3"))
            self.assertEqual(seen[:2], ([parent], ["a=1, b=2", "c=3"]))
            self.assertEqual(seen[2]["trace_id"], TRACE)
        parents, states, line = self.seen(proxy)
        self.assertEqual((parents, states), ([], []))
        self.assertNotIn("trace_id", line)

    def test_what_is_no_trace_goes_on_nowhere(self):
        proxy = self.start("pass")
        twice = [("traceparent", PARENT)] * 2
        bad = [PARENT.upper(), "00-0-0-00", "", PARENT + "-x", "ff" + PARENT[2:]]
        bad.append(PARENT.replace(TRACE, "0" * 32))
        for fields in [[("traceparent", value)] for value in bad] + [twice, []]:
            parents, states, line = self.seen(proxy, *fields, STATE)
            self.assertEqual((parents, states), ([], []), fields)
            self.assertNotIn("trace_id", line)

    def test_off_is_as_if_there_were_no_such_fields(self):
        proxy = self.start("off")
        parents, states, line = self.seen(proxy, ("traceparent", "nonsense"), STATE)
        self.assertEqual((parents, states), (["nonsense"], ["a=1, b=2"]))
        self.assertNotIn("trace_id", self.seen(proxy, ("traceparent", PARENT))[2])

    def test_create_begins_a_trace_where_there_is_none(self):
        proxy = self.start("create")
        self.assertEqual(self.seen(proxy, ("traceparent", PARENT), STATE)[:2], ([PARENT], ["a=1, b=2"]))
        made = set()
        for fields in ([], [("traceparent", "00-1-1-01"), STATE]):
            parents, states, line = self.seen(proxy, *fields)
            self.assertEqual(states, [])
            (parent,) = parents
            trace, span = re.match(MADE, parent).groups()
            self.assertEqual(line["trace_id"], trace)
            self.assertEqual(line["id"], trace)  # the request's own id, which nobody gave
            made |= {trace, span}
        self.assertEqual(len(made), 4)

    def test_the_sampled_mark_is_the_operators(self):
        proxy = self.start("create", "trace_sample = 0\n")
        (parent,), _, _ = self.seen(proxy)
        self.assertTrue(parent.endswith("-00"), parent)

    def test_restart_believes_trusted_proxies_alone(self):
        proxy = self.start("restart", 'trusted_proxies = ["127.0.0.2"]\n')
        (parent,), states, line = self.seen(proxy, ("traceparent", PARENT), STATE)
        self.assertEqual(states, [])
        self.assertEqual(line["trace_id"], re.match(MADE, parent).group(1))
        self.assertNotEqual(line["trace_id"], TRACE)
        seen = self.seen(proxy, ("traceparent", PARENT), STATE, source="127.0.0.2")
        self.assertEqual(seen[:2], ([PARENT], ["a=1, b=2"]))

    def test_a_listener_has_its_own_way(self):
        backend = self.http_backend()
        inside = free_port()
        listen = f'trace_context = "restart"\n[[listen]]\naddress = "127.0.0.1:{inside}"\n'
        proxy = self.start_proxy("[log]\nrequests = true\n", pool("app", backend), route(), listen=listen)
        (parent,), _, _ = self.seen(proxy, ("traceparent", PARENT))
        self.assertNotIn(TRACE, parent)
        with connect(("127.0.0.1", inside)) as client:
            client.send(request(fields=[("traceparent", PARENT)]))
            self.assertIn(PARENT, client.read_response().body.decode())

    def test_a_route_that_sets_the_field_has_the_last_word(self):
        backend = self.http_backend()
        proxy = self.start_proxy(
            '[forward]\ntrace_context = "create"\n[log]\nrequests = true\n',
            pool("app", backend),
            route(set_headers='{ traceparent = "" }'),
        )
        self.assertEqual(self.seen(proxy)[:2], ([], []))


class Tunnels(TraceCase):
    def test_every_line_of_a_tunnel_has_its_trace(self):
        heads = []

        def serve(connection):
            heads.append(accept_upgrade(connection))
            connection.send(close_frame(1000))
            read_frame(connection)

        proxy = self.front(self.scripted(serve), '[forward]\ntrace_context = "create"\n')
        for fields in ([("traceparent", PARENT), STATE], []):
            with proxy.connect() as client:
                open_tunnel(client, fields=fields)
                self.assertEqual(read_frame(client).close_code, 1000)
                client.send(close_frame(1000, masked=True))
                client.read_to_end()
        self.assertEqual(heads[0].all("traceparent"), [PARENT])
        made = re.match(MADE, heads[1].get("traceparent")).group(1)
        closed = lambda: [line for line in proxy.access_log() if line["event"] == "tunnel_closed"]
        eventually(lambda: len(closed()) == 2, 10, "both are over")
        traces = [(line["event"], line["trace_id"]) for line in proxy.access_log()]
        expected = [(event, trace) for trace in (TRACE, made) for event in ("tunnel_opened", "tunnel_closed")]
        self.assertEqual(sorted(traces), sorted(expected))


if __name__ == "__main__":
    unittest.main()

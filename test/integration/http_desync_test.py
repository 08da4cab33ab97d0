"""Request smuggling and response splitting, both ways (RFC 9112 11.1, 11.2).

The tables hold shapes of messages and say for each what must become of it: refused with a status, and no
backend has got a byte; or forwarded in exactly one form; or cut off, and never ended as if whole. Who judges
shares no code with the proxy or with the other tests. Behind each shape comes another request, on the same
connections where they stay: it has to get its own answer.
"""
import unittest

from harness.case import ProxyCase
from harness.forwarded_shapes import CUT_SHAPES, FORWARDED_SHAPES
from harness.recording_backend import RecordingBackend, own_answer
from harness.request_shapes import REFUSED_SHAPES
from harness.response_shapes import RESPONSE_SHAPES
from harness.shapes import Cut, Passed, Refused, lines
from harness.strict_reader import Fault, only, read_response
from harness.waiting import eventually

# So that what a backend and a client get is nothing but what the other one sent.
BARE = '[forward]\nvia = false\nx_forwarded = false\nrequest_id = ""\nclient_certificate = ""\n'
NEXT = lines("GET /next HTTP/1.1", "Host: example.test")
HIDDEN = lines("GET /smuggled HTTP/1.1", "Host: example.test")
NEXT_PATH = "/next"


def ends(answer):
    return only(answer.fields, b"connection") == b"close"


class Shapes(ProxyCase):
    def recording(self, answer=None):
        return self._keep(RecordingBackend(answer))

    def read_answers(self, client, methods):
        """The final answers to these, then whatever else came; every byte goes through the strict reader."""
        answers, data, ended = [], b"", False
        while len(answers) < len(methods):
            found = read_response(data, methods[len(answers)], ended)
            if found is not None:
                data = data[found[1] :]
                if found[0].status >= 200:
                    answers.append(found[0])
                continue
            if ended:
                break
            try:
                more = client.sock.recv(65536)
            except ConnectionResetError:
                more = b""
            ended = not more
            data += more
        return answers, data

    def send(self, client, data, bytewise):
        try:
            (client.send_bytewise if bytewise else client.send)(data)
        except OSError:
            self.assertTrue(bytewise)  # it was refused before its end

    def refuse(self, proxy, backend, shape, bytewise=False, before=()):
        """Sends it with a request behind it, and perhaps requests before it."""
        seen = len(backend.received)
        with proxy.connect() as client:
            self.send(client, b"".join(before) + shape.data + HIDDEN, bytewise)
            answers, rest = [], b""
            try:
                answers, rest = self.read_answers(client, ["GET"] * (len(before) + 1))
                self.assertIn(client.ended_by(5), ("fin", "reset"))
            except ConnectionResetError:
                pass
        self.assertEqual(rest, b"")
        if not bytewise:  # else a reset may have overtaken the answer
            self.assertEqual([each.status for each in answers], [200] * len(before) + [shape.expected.status])
        return backend.received[seen:]


class Counted(unittest.TestCase):
    def test_there_are_at_least_150_shapes_and_each_is_another_one(self):
        towards_backends = REFUSED_SHAPES + FORWARDED_SHAPES + CUT_SHAPES
        for table in (towards_backends, RESPONSE_SHAPES):
            self.assertEqual(len({each.name for each in table}), len(table))
            self.assertEqual(len({(each.data, each.method, each.version) for each in table}), len(table))
        self.assertGreaterEqual(len(towards_backends), 100)
        self.assertGreaterEqual(len(RESPONSE_SHAPES), 100)


class TowardsBackends(Shapes):
    def test_what_is_refused_gets_its_status_and_no_backend_a_byte(self):
        backend = self.recording()
        proxy = self.front(backend, extra=BARE)
        for shape in REFUSED_SHAPES:
            with self.subTest(shape.name):
                self.assertEqual(self.refuse(proxy, backend, shape), b"")
        self.assertEqual(proxy.ask(NEXT).status, 200)
        self.assertEqual((backend.received, len(backend.connections)), (NEXT, 1))

    def test_nor_when_it_comes_behind_a_good_request(self):
        backend = self.recording()
        proxy = self.front(backend, extra=BARE)
        for shape in REFUSED_SHAPES:
            with self.subTest(shape.name):
                self.assertEqual(self.refuse(proxy, backend, shape, before=[NEXT]), NEXT)
        self.assertEqual((backend.received, len(backend.connections)), (NEXT * len(REFUSED_SHAPES), 1))

    def test_nor_when_it_comes_byte_by_byte(self):
        backend = self.recording()
        proxy = self.front(backend, extra=BARE)
        for shape in REFUSED_SHAPES:
            if len(shape.data) < 1000:
                with self.subTest(shape.name):
                    self.refuse(proxy, backend, shape, bytewise=True)
        self.assertEqual(backend.received, b"")

    def forward_each(self, bytewise):
        backend = self.recording()
        proxy = self.front(backend, extra=BARE)
        expected = []
        for shape in FORWARDED_SHAPES:
            with self.subTest(shape.name), proxy.connect() as client:
                self.send(client, shape.data + NEXT, bytewise)
                wanted = 1 if shape.expected.closes else 2
                answers, rest = self.read_answers(client, ["GET"] * wanted)
                if shape.expected.closes:
                    self.assertIn(client.ended_by(5), ("fin", "reset"))
                expected.append(shape.expected)
                seen = [message for _, message in backend.messages][-wanted:]
                self.assertEqual(seen[0], shape.expected)
                self.assertEqual(rest, b"")
                self.assertEqual(answers[0].body, own_answer(seen[0]).split(b"\r\n\r\n")[1])
                if wanted == 2:
                    self.assertTrue(answers[1].body.startswith(b"/next "))
        self.assertEqual((backend.faults, backend.begun, len(backend.connections)), ([], [], 1))
        unasked = [each for _, each in backend.messages if each.target == "/smuggled"]
        self.assertEqual(unasked, [])

    def test_what_is_forwarded_has_exactly_one_form_and_the_next_request_its_own_answer(self):
        self.forward_each(bytewise=False)

    def test_in_whatever_pieces_it_comes(self):
        self.forward_each(bytewise=True)

    def test_a_body_with_a_fault_is_never_ended_and_what_is_behind_it_never_sent(self):
        backend = self.recording()
        proxy = self.front(backend, extra=BARE)
        for shape in CUT_SHAPES:
            with self.subTest(shape.name):
                self.refuse(proxy, backend, shape)
                self.assertEqual(proxy.ask(NEXT).body.split()[0], b"/next")
        self.assertEqual([each.target for _, each in backend.messages], [NEXT_PATH] * len(CUT_SHAPES))
        self.assertEqual(backend.faults, [])
        for begun in backend.begun:
            self.assertNotIn(b"smuggled", begun)


class TowardsClients(Shapes):
    def answer(self, message):
        if message.target == "/shape":
            return self.shape.data, self.shape.ends or isinstance(self.shape.expected, Cut)
        return own_answer(message), False

    def ask(self, client, shape):
        """What the client gets of the shape: its answers, in the strict reader's eyes, and what is left."""
        client.send(lines(f"{shape.method} /shape {shape.version}", "Host: example.test", *shape.fields))
        return self.read_answers(client, [shape.method])

    def check_next(self, proxy, backend, client):
        """Another request gets its own answer; says whether the shape's backend connection carried it."""
        client = client or proxy.connect()
        client.send(NEXT)
        answers, rest = self.read_answers(client, ["GET"])
        self.assertTrue(answers[0].body.startswith(b"/next "), answers)
        self.assertEqual(rest, b"")
        (before, _), (after, _) = backend.messages[-2:]
        return before == after

    def judge(self, proxy, backend, shape):
        expected = shape.expected
        with proxy.connect() as client:
            if isinstance(expected, Cut):
                answers, _ = self.ask(client, shape)
                self.assertIn([each.status for each in answers], ([], [502]))
                self.assertFalse(self.check_next(proxy, backend, None))
                return
            answers, rest = self.ask(client, shape)
            self.assertEqual((len(answers), rest), (1, b""))
            if isinstance(expected, Refused):
                self.assertEqual(answers[0].status, expected.status)
                self.assertNotIn(b"secret", answers[0].body)
                self.assertFalse(self.check_next(proxy, backend, None if ends(answers[0]) else client))
                return
            self.assertIsInstance(expected, Passed)
            self.assertEqual(answers[0], expected)
            if expected.closes:
                self.assertEqual(client.ended_by(5), "fin")
            reused = self.check_next(proxy, backend, None if expected.closes else client)
            self.assertEqual(reused, expected.reused)

    def test_each_answer_becomes_what_it_must_and_the_next_request_gets_its_own(self):
        backend = self.recording(self.answer)
        proxy = self.front(backend, extra=BARE)
        for shape in RESPONSE_SHAPES:
            with self.subTest(shape.name):
                self.shape = shape
                self.judge(proxy, backend, shape)
        self.assertEqual(backend.faults, [])

    def test_an_answer_that_nobody_waits_for_any_more_is_nobodys(self):
        """A second answer that comes while the connection is idle ends it: the next request has another."""
        late = []

        def answer(message):
            if message.target == "/late":
                late.append(message)
            return own_answer(message), False

        backend = self.recording(answer)
        proxy = self.front(backend, extra=BARE)
        self.assertEqual(proxy.ask(lines("GET /late HTTP/1.1", "Host: example.test")).status, 200)
        backend.connections[0].send(own_answer(late[0]))
        eventually(lambda: backend.connections[0].sock.fileno() < 0, what="the proxy closes that connection")
        self.assertTrue(proxy.ask(NEXT).body.startswith(b"/next "))
        self.assertEqual(len(backend.connections), 2)


class StrictReader(unittest.TestCase):
    """The judge itself."""

    def test_it_takes_one_spelling_only(self):
        for data in (
            b"HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a\r\nhello\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nX-A: b\rc\r\nContent-Length: 0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n\r\nhello",
        ):
            with self.subTest(data), self.assertRaises(Fault):
                read_response(data)


if __name__ == "__main__":
    unittest.main()

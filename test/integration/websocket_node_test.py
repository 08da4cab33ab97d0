"""Node's `ws` with permessage-deflate at both ends."""
import unittest

from harness.case import ProxyCase
from harness.node import NodeServer, run_node


# Pings go in between whatever the libraries send; every frame is judged.
WATCHFUL = '[websocket]\nping_every = "20ms"\npong_timeout = "5s"\nenforce = true\nmax_message = "4MiB"\n'


class NodeWs(ProxyCase):
    def test_compressed_messages_fragments_pings_and_close_pass(self):
        proxy = self.front(self._keep(NodeServer("deflate_server.mjs")))
        self.assertEqual(run_node("deflate_client.mjs", proxy.websocket_url + "/echo"), "ok\n")

    def test_node_client_with_a_python_backend(self):
        proxy = self.front(self.websocket_backend(compression="deflate", subprotocols=["echo"]))
        self.assertEqual(run_node("deflate_client.mjs", proxy.websocket_url + "/"), "ok\n")

    def test_the_same_while_both_ends_are_pinged_and_every_frame_is_judged(self):
        proxy = self.front(self._keep(NodeServer("deflate_server.mjs")), WATCHFUL)
        client = "deflate_client.mjs"
        self.assertEqual(run_node(client, proxy.websocket_url + "/echo", "quiet"), "ok\n")
        self.assertGreaterEqual(self._answered_pings(proxy, "client"), 5)
        self.assertGreaterEqual(self._answered_pings(proxy, "backend"), 1)

    @staticmethod
    def _answered_pings(proxy, side):
        return proxy.metrics().value("fairlead_websocket_round_trip_seconds_count", to=side)


if __name__ == "__main__":
    unittest.main()

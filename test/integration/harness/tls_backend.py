"""An HTTP backend that speaks TLS, and remembers what each handshake settled."""
import collections
import ssl

from harness.backends import HttpBackend

Handshake = collections.namedtuple("Handshake", "server_name protocol peer is_resumed version")


class TlsBackend(HttpBackend):
    """`client_ca`: asks for certificates that it signed. A failed handshake ends its connection quietly."""

    def __init__(self, chain, key, client_ca=None, version=None, **options):
        self.handshakes = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(chain, key)
        self._context.set_alpn_protocols(["http/1.1"])
        self._context.sni_callback = self._remember_name
        if version is not None:
            self._context.minimum_version = self._context.maximum_version = version
        if client_ca:
            self._context.load_verify_locations(client_ca)
            self._context.verify_mode = ssl.CERT_REQUIRED
        super().__init__(**options)

    def _remember_name(self, secured, name, context):
        secured.asked_for = name

    def _run(self, connection):
        try:
            secured = self._context.wrap_socket(connection.sock, server_side=True)
        except (ssl.SSLError, OSError):
            connection.close()
            return
        peer = dict(pair for part in (secured.getpeercert() or {}).get("subject", ()) for pair in part)
        self.handshakes.append(
            Handshake(
                getattr(secured, "asked_for", None),
                secured.selected_alpn_protocol(),
                peer.get("commonName"),
                secured.session_reused,
                secured.version(),
            )
        )
        connection.sock = secured
        super()._run(connection)

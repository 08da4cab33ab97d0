"""Certificates made by the openssl command, for the time of a test."""
import os
import subprocess


def openssl(*arguments, data=None):
    done = subprocess.run(["openssl", *arguments], input=data, capture_output=True, timeout=30)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


class Authority:
    """A CA in a folder; what it issues lies there as NAME.pem and NAME.key."""

    def __init__(self, folder, name="ca"):
        self.folder = str(folder)
        os.makedirs(self.folder, exist_ok=True)
        self.pem, self.key = self.path(f"{name}.pem"), self.path(f"{name}.key")
        openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
            "-subj", f"/CN={name}", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
            "-keyout", self.key, "-out", self.pem,
        )  # fmt: skip

    def path(self, name):
        return os.path.join(self.folder, name)

    def issue(self, name, alternatives=None, rsa=False, days=30, subject=None, file=None):
        """(chain, key) for `name`, or for `alternatives` such as "DNS:a.example,IP:10.0.0.1". A pair that is
        there already is replaced, the key by rename and last. Negative `days`: it has expired."""
        file = file or name.replace("*", "_")
        chain, key, request = (self.path(f"{file}.{extension}") for extension in ("pem", "key", "csr"))
        kind = ["rsa:2048"] if rsa else ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        subject = subject or f"/O=Tests/CN={name}"
        openssl("req", "-newkey", *kind, "-nodes", "-subj", subject, "-keyout", key + ".new", "-out", request)
        os.chmod(key + ".new", 0o600)
        extensions = self.path(f"{file}.ext")
        with open(extensions, "w") as out:
            out.write(f"subjectAltName={alternatives or 'DNS:' + name}\n")
        openssl(
            "x509", "-req", "-in", request, "-CA", self.pem, "-CAkey", self.key, "-CAcreateserial",
            "-days", str(days), "-extfile", extensions, "-out", chain + ".new",
        )  # fmt: skip
        os.replace(chain + ".new", chain)
        os.replace(key + ".new", key)
        os.remove(request)
        os.remove(extensions)
        return chain, key

    def revoke(self, *chains):
        """A list that revokes these, and none besides."""
        folder = self.path("revoking")
        os.makedirs(folder, exist_ok=True)
        index, number, settings = (os.path.join(folder, name) for name in ("index", "number", "settings"))
        open(index, "w").close()
        with open(number, "w") as out:
            out.write("01\n")
        with open(settings, "w") as out:
            out.write(f"[ca]\ndefault_ca=it\n[it]\ndatabase={index}\ncrlnumber={number}\ndefault_md=sha256\n")
        own = ["-config", settings, "-cert", self.pem, "-keyfile", self.key]
        for chain in chains:
            openssl("ca", *own, "-revoke", chain)
        lists = self.path("revoked.pem")
        openssl("ca", *own, "-gencrl", "-crldays", "7", "-out", lists + ".new")
        os.replace(lists + ".new", lists)
        return lists

    def respond(self, chain):
        """The path of an OCSP response that says that it is good."""
        index, out = self.path("index"), self.path("response.der")
        serial = openssl("x509", "-in", chain, "-noout", "-serial").decode().strip().partition("=")[2]
        with open(index, "w") as file:
            file.write(f"V\t330101000000Z\t\t{serial}\tunknown\t/CN=any\n")
        openssl(
            "ocsp", "-index", index, "-CA", self.pem, "-rsigner", self.pem, "-rkey", self.key,
            "-issuer", self.pem, "-cert", chain, "-ndays", "1", "-no_nonce", "-respout", out,
        )  # fmt: skip
        return out

"""Certificates of one run, the same for every subject: ECDSA P-256 and RSA 2048 for one name, self-signed."""
import subprocess

SERVER_NAME = "bench.example"  # what the load generator asks for
KEYS = {"ecdsa": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "rsa": ["-newkey", "rsa:2048"]}


def make_certificates(directory):
    """Writes KIND.crt, KIND.key and both in KIND.pem, the form that HAProxy reads."""
    directory.mkdir()
    for kind, key in KEYS.items():
        chain, private = directory / f"{kind}.crt", directory / f"{kind}.key"
        command = ["openssl", "req", "-x509", *key, "-noenc", "-sha256", "-days", "30",
                   "-subj", f"/CN={SERVER_NAME}", "-addext", f"subjectAltName=DNS:{SERVER_NAME}",
                   "-out", chain, "-keyout", private]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise OSError(f"openssl req: {done.stderr.strip()}")
        both = directory / f"{kind}.pem"
        both.touch(mode=0o600)
        parts = [path.read_text(encoding="ascii") for path in (chain, private)]
        both.write_text("".join(parts), encoding="ascii")

"""A real Mosquitto on a free port: with a user and password, with TLS, stopped and started again at will."""

import datetime
import ipaddress
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from s4.runtime.sockets import free_port

USER, SECRET = "s4", "correct horse battery"


def certificates(folder: Path) -> tuple[Path, Path, Path]:
    """A certificate authority, and a certificate of it for this machine: the files of CA, certificate and key."""
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)

    def certificate(subject: str, public: Any, extension: x509.ExtensionType) -> x509.Certificate:
        issuer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test authority")])
        builder = x509.CertificateBuilder(issuer, x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)]))
        builder = builder.public_key(public).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - datetime.timedelta(days=1))
        builder = builder.not_valid_after(now + datetime.timedelta(days=2))
        return builder.add_extension(extension, critical=True).sign(ca_key, hashes.SHA256())

    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    ca = certificate("test authority", ca_key.public_key(), x509.BasicConstraints(ca=True, path_length=0))
    files = folder / "ca.pem", folder / "cert.pem", folder / "key.pem"
    files[0].write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(certificate("127.0.0.1", key.public_key(), names).public_bytes(serialization.Encoding.PEM))
    pkcs8, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    files[2].write_bytes(key.private_bytes(serialization.Encoding.PEM, pkcs8, plain))
    return files


class Mosquitto:
    """A broker in `folder`. `tls`: (CA, certificate, key)."""

    def __init__(self, program: str, folder: Path, tls: tuple[Path, Path, Path] | None = None) -> None:
        self._program, self._folder, self.tls = program, folder, tls
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Listen; returns when it does."""
        users, config = self._folder / "users", self._folder / "mosquitto.conf"
        if not users.exists():
            command = [self._program.replace("/mosquitto", "/mosquitto_passwd"), "-b", "-c", str(users), USER, SECRET]
            subprocess.run([command[0].replace("/sbin/", "/bin/"), *command[1:]], check=True, timeout=20)
        lines = [f"listener {self.port} 127.0.0.1", f"password_file {users}", "allow_anonymous false"]
        lines += ["persistence true", f"persistence_location {self._folder}/", "user root", "max_queued_messages 0"]
        if self.tls is not None:
            lines += [f"certfile {self.tls[1]}", f"keyfile {self.tls[2]}"]
        config.write_text("\n".join(lines) + "\n")
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen([self._program, "-c", str(config)], stdout=log, stderr=log)
        self._wait()

    def _wait(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + 10
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        raise RuntimeError(f"Mosquitto did not start:\n{(self._folder / 'log').read_text()}")

    def stop(self) -> None:
        """End it, keeping what it holds for clients that are away."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    @contextmanager
    def client(self, will: tuple[str, bytes] | None = None) -> Iterator[Client]:
        """Somebody else at the broker: publishes with `send`."""
        client = Client(CallbackAPIVersion.VERSION2)
        client.username_pw_set(USER, SECRET)
        if self.tls is not None:
            client.tls_set(str(self.tls[0]))
        if will is not None:
            client.will_set(*will)
        client.connect("127.0.0.1", self.port)
        client.loop_start()
        try:
            yield client
        finally:
            client.disconnect()
            client.loop_stop()


def send(client: Client, topic: str, payload: str | bytes, *, qos: int = 1, retain: bool = False) -> None:
    """Publish, and return when the broker has it."""
    client.publish(topic, payload, qos, retain).wait_for_publish(10)

"""Ports for servers that a test starts."""
import random
import socket


def free_port():
    """A loopback port that nobody listens at. Not one of those that the system gives to connections and to whoever asks for any:
    between now and the server's start, another test may be given it."""
    draw = random.SystemRandom()
    for _ in range(1000):
        port = draw.randrange(10000, 32000)
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no port is free")

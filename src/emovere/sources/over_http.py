"""Streams over HTTP: one answer whose kind tells how it is read."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Iterator
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from emovere.sources import mjpeg
from emovere.sources.lost import NO_VIDEO, Lost, Watch, refused, unknown_host
from emovere.sources.reconnect import Picture, StreamStats
from emovere.sources.through_av import AvConnection, decoded, opened
from emovere.version import __version__

SKIP_BYTES = 1 << 18
"""A jump ahead by no more than this reads on; a longer one asks anew."""

_PLAYLISTS = ("application/vnd.apple.mpegurl", "application/x-mpegurl", "audio/mpegurl", "application/dash+xml")
_PLAYLIST_ENDINGS = (".m3u8", ".mpd")
_NO_STREAM = ("text/html", "image/", "application/json", "application/xhtml")


class HttpConnection:
    """An HTTP stream: MJPEG (multipart), a playlist (HLS, DASH), or anything that ffmpeg reads from one answer.

    A file ends where its length or its last chunk says; one that is cut goes on from its last frame.
    """

    definite = False

    def __init__(self, url: str, timeout_s: float, stats: StreamStats) -> None:
        self._url, self._stats = url, stats
        self._watch = Watch(timeout_s)
        self._body = Body(url, self._watch)
        self._playlist: AvConnection | None = None

    def pictures(self, after: float | None) -> Generator[Picture]:
        """See Connection."""
        with contextlib.closing(self._body) as body:
            body.open()
            if body.kind.startswith("multipart/"):
                yield from mjpeg.pictures(body.read, body.parameter("boundary"), self._stats, self._watch)
                body.check_end()
                return
            if not self._is_playlist():
                yield from self._file(after)
                return
        self._playlist = AvConnection(self._url, self._watch.timeout_s, self._stats)
        self._watch.check()
        for picture in self._playlist.pictures(after):
            self.definite = self._playlist.definite
            yield picture

    def interrupt(self) -> None:
        """See Connection."""
        self._watch.interrupted = True
        self._body.interrupt()
        if self._playlist is not None:
            self._playlist.interrupt()

    def _is_playlist(self) -> bool:
        return self._body.kind in _PLAYLISTS or urlsplit(self._url).path.lower().endswith(_PLAYLIST_ENDINGS)

    def _file(self, after: float | None) -> Iterator[Picture]:
        body = self._body
        if body.kind.startswith(_NO_STREAM):
            raise Lost(f"{NO_VIDEO}; got {body.kind}", final=True)
        self.definite = body.length is not None
        try:
            with opened(body, self._watch) as container:
                yield from decoded(container, self._stats, self._watch, after if self.definite else None)
        except Lost:
            if body.lost is not None or not body.tell():
                body.check_end()
            raise
        body.check_end()


class Body:
    """The bytes of an HTTP answer, as a file that ffmpeg can read: every wait ends when the watch says so.

    ``read`` raises nothing: where the answer breaks it gives b"" and ``lost`` says why. Jumps are there where the
    server gives parts of a file (Range). ``interrupt`` may be called from another thread.
    """

    def __init__(self, url: str, watch: Watch) -> None:
        self._url, self._watch = url, watch
        self._socket: socket.socket | None = None
        self._answer: Any = None
        self._at = self._wanted = 0
        self._in_parts = False
        self.length: int | None = None
        """Bytes of the whole file; None where the server does not say."""
        self.kind = ""
        """The content type without its parameters, in small letters."""
        self.lost: Lost | None = None
        self._open_end = False

    def open(self) -> None:
        """Ask for it. Raises Lost."""
        self._ask(0)
        headers = self._answer.headers
        self.kind = headers.get_content_type() if headers.get("Content-Type") else ""
        self.length = self._answer.length
        self._in_parts = self.length is not None and headers.get("Accept-Ranges", "").lower() == "bytes"

    def parameter(self, name: str) -> str:
        """A parameter of the content type; empty where there is none."""
        return str(self._answer.headers.get_param(name) or "")

    def read(self, most: int = 1 << 16) -> bytes:
        """What has come, up to that many bytes; b"" at the end."""
        if self.lost is None:
            try:
                self._go_where_wanted()
                return self._receive(most)
            except Lost as lost:
                self.lost = lost
        return b""

    def check_end(self) -> None:
        """Raise Lost where it broke, or ended without saying that this is its end."""
        if self.lost is not None:
            raise self.lost
        if self._open_end:
            raise Lost("the stream ended")

    def seekable(self) -> bool:
        """Whether ``seek`` works."""
        return self._in_parts

    def tell(self) -> int:
        """Where the next byte comes from."""
        return self._wanted

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go there; nothing is asked for before the next ``read``."""
        self._wanted = offset + (0, self._wanted, self.length or 0)[whence]
        return self._wanted

    def close(self) -> None:
        """Give the connection back."""
        if self._answer is not None:
            self._answer.close()

    def interrupt(self) -> None:
        """Wake whoever waits for bytes."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # not TLS's own, which is for the reader only

    def _receive(self, most: int) -> bytes:
        self._watch.check()
        if self._answer.isclosed():
            return b""
        try:
            if self._socket is not None:
                self._socket.settimeout(max(self._watch.left_s, 1e-3))
            data: bytes = self._answer.read1(most)
        except Exception as error:
            self._watch.check()
            raise _lost_by(error, self._url) from error
        self._at += len(data)
        self._wanted = self._at
        if not data and most:
            self._watch.check()
            if self._answer.length:
                raise Lost("cut off")
            self._open_end = self._answer.length is None and not self._answer.chunked
        return data

    def _go_where_wanted(self) -> None:
        wanted = self._wanted
        if 0 < wanted - self._at <= SKIP_BYTES:
            while self._at < wanted and self._receive(wanted - self._at):
                pass
        elif wanted not in (self._at, self.length):
            self.close()
            self._ask(wanted)
        self._wanted = wanted

    def _ask(self, at: int) -> None:
        url, user, password = _apart(self._url)
        headers = {"User-Agent": f"emovere/{__version__}", **({"Range": f"bytes={at}-"} if at else {})}
        out_of_time = threading.Timer(self._watch.timeout_s, self.interrupt)  # for headers that trickle
        out_of_time.daemon = True
        self._watch.renew()
        out_of_time.start()
        try:
            opener = _opener(url, user, password, self._note)
            self._answer = opener.open(urllib.request.Request(url, headers=headers), timeout=self._watch.timeout_s)
        except Exception as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()
            else:
                self._watch.check()
            raise _lost_by(error, url) from error
        finally:
            out_of_time.cancel()
        self._watch.check()
        if at and self._answer.status != 206:
            raise Lost("the server gives no parts of the file after all")
        self._at = at

    def _note(self, connection: socket.socket) -> None:
        self._socket = connection
        if self._watch.interrupted:
            self.interrupt()


def _opener(url: str, user: str, password: str, note: Callable[[socket.socket], None]) -> urllib.request.OpenerDirector:
    """Opens addresses, with Basic and Digest passwords, and notes each connection's socket."""

    def noting(kind: Any) -> Any:
        class Noting(kind):  # type: ignore[misc]
            def connect(self) -> None:
                super().connect()
                note(self.sock)

        return Noting

    class Http(urllib.request.HTTPHandler):
        def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
            return self.do_open(noting(http.client.HTTPConnection), request)

    class Https(urllib.request.HTTPSHandler):
        def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
            return self.do_open(noting(http.client.HTTPSConnection), request, context=ssl.create_default_context())

    handlers: list[urllib.request.BaseHandler] = [Http(), Https()]
    if user:
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        passwords.add_password(None, url, user, password)
        handlers += [urllib.request.HTTPDigestAuthHandler(passwords), urllib.request.HTTPBasicAuthHandler(passwords)]
    return urllib.request.build_opener(*handlers)


def _apart(url: str) -> tuple[str, str, str]:
    """The address without its password, the user and the password. Raises Lost where it is none."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise Lost("is no address; expected http://host:port/path", final=True) from error
    if not parts.hostname:
        raise Lost("names no host; expected http://host/path", final=True)
    bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return bare, unquote(parts.username or ""), unquote(parts.password or "")


def _lost_by(error: Exception, url: str) -> Lost:
    """What an error of an HTTP connection means to a person."""
    if isinstance(error, urllib.error.HTTPError):
        return refused(error.code)
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, socket.gaierror | UnicodeError):
        return unknown_host(urlsplit(url).hostname or "")
    meanings = (
        (ssl.SSLCertVerificationError, "its certificate is not trusted; name one to trust with SSL_CERT_FILE=", True),
        (TimeoutError, "timed out", False),
        (ConnectionRefusedError, "connection refused", False),
        ((http.client.IncompleteRead, ConnectionError), "cut off", False),
        (OSError, str(getattr(cause, "strerror", None) or type(cause).__name__).lower(), False),
        (object, "does not answer as a web server does", True),
    )
    return next(Lost(reason, final=final) for kind, reason, final in meanings if isinstance(cause, kind))

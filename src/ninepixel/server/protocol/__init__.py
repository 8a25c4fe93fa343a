"""The protocol between clients and the authority, without sockets: one table of messages, and a session for each side.

docs/PROTOCOL.md says the same in words. Nothing here imports anything else of the server but
:mod:`ninepixel.server.identity`, so that clients can use it.
"""

from ninepixel.server.protocol.codec import Malformed, decode, encode, frame_bytes, you_bytes
from ninepixel.server.protocol.events import (
    Acted,
    Asked,
    Ended,
    Event,
    Joined,
    Left,
    Looked,
    Opened,
    Ordered,
    Pinged,
    Resync,
    Said,
)
from ninepixel.server.protocol.gate import Admission, Gate, Refusal
from ninepixel.server.protocol.limits import BadLimit, Buckets, Limits, Rate
from ninepixel.server.protocol.messages import MESSAGES, SPOKEN, VERSION, State
from ninepixel.server.protocol.peer import PeerError, PeerSession, Stage
from ninepixel.server.protocol.peer_events import PeerEvent
from ninepixel.server.protocol.session import ServerSession

__all__ = [
    "MESSAGES",
    "SPOKEN",
    "VERSION",
    "Acted",
    "Admission",
    "Asked",
    "BadLimit",
    "Buckets",
    "Ended",
    "Event",
    "Gate",
    "Joined",
    "Left",
    "Limits",
    "Looked",
    "Malformed",
    "Opened",
    "Ordered",
    "PeerError",
    "PeerEvent",
    "PeerSession",
    "Pinged",
    "Rate",
    "Refusal",
    "Resync",
    "Said",
    "ServerSession",
    "Stage",
    "State",
    "decode",
    "encode",
    "frame_bytes",
    "you_bytes",
]

from collections.abc import Callable

import pytest

from ninepixel.server.protocol import Malformed, PeerError, PeerSession, Stage, decode, encode
from ninepixel.server.protocol import messages as m
from ninepixel.server.protocol import peer_events as heard
from ninepixel.server.protocol.messages import MESSAGES
from ninepixel.server.protocol.peer import MOST_UNACKNOWLEDGED
from protocol_peers import CONTENT, GOOD, NONCE, NOVA, SERVER_ID, TOKEN, good, proof

STAGES = ("WAITING", "CHALLENGED", "LOGGING_IN", "OPEN", "ENDED")
#: What a peer takes where, said once more by hand.
TAKEN = {
    "WAITING": {m.CHALLENGE},
    "CHALLENGED": {m.WELCOME, m.REFUSED, m.FAREWELL},
    "LOGGING_IN": {m.WELCOME, m.REFUSED, m.FAREWELL},
    "OPEN": {x.number for x in MESSAGES if not x.by_client} - {m.CHALLENGE, m.WELCOME},
}


def peer_in(stage: str) -> PeerSession:
    peer = PeerSession(NOVA, CONTENT, agent="a test")
    if stage in ("CHALLENGED", "LOGGING_IN", "OPEN"):
        peer.receive(good(m.CHALLENGE))
    if stage in ("LOGGING_IN", "OPEN"):
        peer.hello("Nova")
    if stage == "OPEN":
        peer.receive(good(m.WELCOME))
    if stage == "ENDED":
        peer.bye()
    peer.outgoing()
    assert peer.stage.name == stage
    return peer


def sent(peer: PeerSession) -> list[tuple[object, ...]]:
    return [(message.name, *values) for message, values in (decode(data, by_client=True) for data in peer.outgoing())]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("message", [x for x in MESSAGES if not x.by_client], ids=lambda x: x.name)
def test_each_stage_takes_what_a_server_may_say_then(stage: str, message: m.Message) -> None:
    peer = peer_in(stage)
    if stage == "ENDED":
        assert peer.receive(good(message.number)) == []
    elif message.number in TAKEN[stage]:
        (event,) = peer.receive(good(message.number))
        values = [getattr(event, name) for name in type(event).__slots__]
        assert (type(event), values) == (heard.EVENTS[message.number], list(GOOD[message.number]))
    else:
        with pytest.raises(Malformed, match=f"the server sent {message.name} to a peer that is {stage}") as caught:
            peer.receive(good(message.number))
        assert caught.value.code == "state"


@pytest.mark.parametrize("early", [True, False])
def test_hello_and_proof_leave_together_as_soon_as_the_challenge_is_there(early: bool) -> None:
    peer = PeerSession(NOVA, CONTENT, agent="a test")
    if early:
        peer.hello("Nova", "play", "sesame")
        assert peer.outgoing() == []
    assert peer.receive(good(m.CHALLENGE)) == [heard.Challenged(1, SERVER_ID, CONTENT, NONCE)]
    if not early:
        peer.hello("Nova", "play", "sesame")
    hello = encode(m.HELLO, 1, CONTENT, "play", "Nova", NOVA.key, "sesame", "a test")
    assert peer.outgoing() == [hello, proof(hello)]
    assert peer.stage is Stage.LOGGING_IN


def test_a_watcher_without_an_identity_proves_nothing() -> None:
    peer = PeerSession(None, b"")
    peer.hello(mode="watch")
    peer.receive(good(m.CHALLENGE))
    assert sent(peer) == [("HELLO", 1, b"", "watch", "", b"", "", "")]


def test_nothing_is_said_to_another_server_than_the_one_expected() -> None:
    peer = PeerSession(NOVA, CONTENT, server=b"the known server")
    peer.hello("Nova", invite="secret")
    closed = peer.receive(good(m.CHALLENGE))[1]
    assert isinstance(closed, heard.Closed)
    assert (closed.code, peer.outgoing(), peer.stage) == ("server", [], Stage.ENDED)
    peer = PeerSession(NOVA, CONTENT, server=SERVER_ID)
    assert len(peer.receive(good(m.CHALLENGE))) == 1


def test_a_server_of_another_version_is_named() -> None:
    peer = PeerSession(NOVA, CONTENT)
    (closed,) = peer.receive(b"\x93\x40\x09\xc0")
    assert closed == heard.Closed("version", "the server speaks protocol 9, this program 1: upgrade the older one")
    assert peer.stage is Stage.ENDED


def test_one_greeting_a_connection() -> None:
    peer = peer_in("LOGGING_IN")
    with pytest.raises(PeerError, match="reconnect first"):
        peer.hello("Nova")
    with pytest.raises(PeerError, match="nothing to resume"):
        peer.resume()
    with pytest.raises(PeerError, match="reconnect first"):
        peer_in("OPEN").resume()


@pytest.mark.parametrize("stage", ["WAITING", "CHALLENGED", "LOGGING_IN", "ENDED"])
def test_only_who_is_logged_in_can_speak(stage: str) -> None:
    peer = peer_in(stage)
    for speak in (peer.join, peer.leave, lambda: peer.say("x"), lambda: peer.input(0, 0, 0), lambda: peer.look(0, 0, 0)):
        with pytest.raises(PeerError, match=f"not logged in: the peer is {stage}"):
            speak()
    assert peer.outgoing() == []


def test_everything_that_a_client_says() -> None:
    peer = peer_in("OPEN")
    assert (peer.input(1, 2, 3), peer.join(), peer.say("hi"), peer.leave()) == (5, 6, 7, 8)  # 4 were had before
    assert (peer.ask("mind", 12), peer.order("kick", {"account": 3})) == (1, 2)
    peer.look(1, 2, 3)
    peer.resync(77)
    peer.ping(99)
    peer.bye()
    assert sent(peer) == [
        ("INPUT", 5, 1, 2, 3),
        ("JOIN", 6),
        ("SAY", 7, "hi"),
        ("LEAVE", 8),
        ("ASK", 1, "mind", 12),
        ("ADMIN", 2, "kick", {"account": 3}),
        ("LOOK", 1, 2, 3),
        ("RESYNC", 77),
        ("PING", 99),
        ("BYE",),
    ]
    peer.bye()
    assert peer.outgoing() == []


def test_what_cannot_be_said_uses_up_no_number() -> None:
    peer = peer_in("OPEN")
    wrongs: list[Callable[[], int]] = [lambda: peer.say("two\nlines"), lambda: peer.input(9, 0, 0), lambda: peer.ask("x" * 25)]
    for wrong in wrongs:
        with pytest.raises(Malformed):
            wrong()
    assert (peer.join(), peer.unacknowledged, peer.ask("mind")) == (5, [5], 1)


def test_acknowledgements_are_up_to_a_number() -> None:
    peer = peer_in("OPEN")
    for _ in range(3):
        peer.join()
        peer.input(1, 1, 1)
    assert peer.unacknowledged == [5, 7, 9, 10]  # of inputs only the last would be said again
    peer.receive(encode(m.FRAME, 1005, b"", 7))
    assert (peer.unacknowledged, peer.acknowledged, peer.tick) == ([9, 10], 7, 1005)
    peer.receive(encode(m.FRAME, 1006, b"", 0))
    peer.receive(encode(m.REFUSED, "rate", "wait", 9))
    assert (peer.unacknowledged, peer.acknowledged) == ([10], 7)
    peer.receive(encode(m.REFUSED, "rate", "wait", 10))
    assert peer.unacknowledged == []


def test_what_waits_for_its_acknowledgement_is_bounded() -> None:
    peer = peer_in("OPEN")
    for _ in range(MOST_UNACKNOWLEDGED):
        peer.join()
    with pytest.raises(PeerError, match="slow down"):
        peer.join()


def test_a_resumed_peer_says_again_what_was_not_acknowledged() -> None:
    peer = peer_in("OPEN")
    peer.join(), peer.input(1, 1, 1), peer.say("hello"), peer.input(2, 2, 2)
    peer.receive(encode(m.FRAME, 1005, b"", 5))
    peer.reconnect()
    peer.resume()
    assert peer.outgoing() == []
    peer.receive(good(m.CHALLENGE))
    assert sent(peer) == [("RESUME", 1, CONTENT, TOKEN, 1005)]
    peer.receive(encode(m.WELCOME, 3, "player", bytes(32), 1010, 50, {}, 6))
    assert sent(peer) == [("SAY", 7, "hello"), ("INPUT", 8, 2, 2, 2)]
    assert (peer.token, peer.join()) == (bytes(32), 9)


def test_a_token_that_is_void_leaves_hello_which_repeats_the_same() -> None:
    peer = peer_in("OPEN")
    peer.say("hello")
    peer.reconnect()
    peer.resume()
    peer.receive(good(m.CHALLENGE))
    peer.outgoing()
    assert peer.receive(encode(m.REFUSED, "token", "say hello", 0)) == [heard.Refused("token", "say hello", 0)]
    assert (peer.stage, peer.token) == (Stage.CHALLENGED, b"")
    peer.hello("Nova")
    assert [name for name, *_ in sent(peer)] == ["HELLO", "PROOF"]
    peer.receive(good(m.WELCOME))
    assert sent(peer) == [("SAY", 5, "hello")]


def test_another_account_does_not_inherit_what_was_unsaid() -> None:
    peer = peer_in("OPEN")
    peer.say("hello")
    peer.reconnect()
    peer.hello("Nova")
    peer.receive(good(m.CHALLENGE))
    peer.outgoing()
    peer.receive(encode(m.WELCOME, 8, "player", TOKEN, 1010, 50, {}, 2))
    assert (sent(peer), peer.join()) == ([], 3)


def test_after_a_goodbye_there_is_silence_until_the_next_connection() -> None:
    peer = peer_in("OPEN")
    assert peer.receive(good(m.FAREWELL)) == [heard.Closed("kicked", "enough")]
    assert (peer.stage, peer.receive(good(m.FRAME))) == (Stage.ENDED, [])
    peer.reconnect()
    assert peer.stage is Stage.WAITING


def test_a_server_that_does_not_keep_to_the_protocol_is_found_out() -> None:
    with pytest.raises(Malformed):
        peer_in("OPEN").receive(b"\x94\x42\x01\x02\x03")

"""Why a server refuses a message, ends a session, or sends a notice: every code, and what it means."""

from __future__ import annotations

#: Why a message is refused. These are also all the kinds that refusals are counted by, with "other".
REFUSALS = {
    "size": "longer than any message of its kind",
    "encoding": "not one binary message of well-formed msgpack",
    "number": "no message has that number, or clients do not send it",
    "arity": "more or fewer fields than the message has",
    "type": "a field is of another type",
    "range": "a field is out of its bounds, or a text holds control characters",
    "state": "the message has no place in this state of the session",
    "mode": "the message has no place in this mode",
    "rate": "more often than the limit of its verb allows",
    "sequence": "the sequence number is not greater than the last: replayed or out of order",
    "version": "no version that is spoken here",
    "content": "the client runs other laws",
    "anonymous": "only watchers may come without a key",
    "proof": "the signature does not prove the key: forged, or made for another login",
    "late": "the login took too long",
    "role": "the account's role may not open that mode",
    "token": "no such session to resume; say HELLO",
    "banned": "the account is banned",
    "invite": "an invitation is needed, and that is none",
    "name": "the name is taken or cannot be one",
    "full": "there is no room for another",
    "body": "a body is needed for that, or there already is one",
    "consent": "nobody has agreed to that being told",
    "unknown": "there is no such question, verb or thing",
    "disk": "the universe cannot write, so it takes nothing",
    "draining": "the server is about to stop",
}
OTHER = "other"

#: Why a session ends, beside the refusals that end it.
FAREWELLS = {
    "bye": "the client left",
    "malformed": "too many messages that cannot be read",
    "flood": "too many messages that had to be refused",
    "elsewhere": "the account came back through another connection",
    "kicked": "an operator ended the session",
    "slow-client": "the client does not read what it is sent",
    "draining": "the server stops",
}

#: What a NOTICE can be about.
NOTICES = {
    "slow": "another rate: `rate_milli` ticks in a thousand seconds; `halvings` above 0: the machine is too slow",
    "disk": "the universe cannot write; nothing is taken until it can",
    "draining": "the server is about to stop",
    "paused": "an operator holds the universe still",
    "died": "the player's body is no more; JOIN takes another",
}

"""What a server bears: the rows of ``ninepixel bench server``.

A server is started as a process of its own on a world of so many moving bodies, and a crowd of bots in others. The bots take only
the CPU that the server leaves, so that what it is late for is its own doing, and their CPU is reported apart; how players with
computers of their own are served is told by a few *witnesses*, bots in a process that keeps its priority and does little else.

=========== ========================================================================================================
module      what it is
=========== ========================================================================================================
`subject`   the server that is measured, and what it tells of itself
`load`      one crowd, several times, alone and beside foes
`limit`     the largest crowd that is borne
`metronome` how late a process is that does nothing, in the same run
=========== ========================================================================================================
"""

from ninepixel.server.bench.limit import most
from ninepixel.server.bench.load import load
from ninepixel.server.bench.subject import BenchError

__all__ = ["BenchError", "load", "most"]

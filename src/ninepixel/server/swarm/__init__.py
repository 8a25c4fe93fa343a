"""A crowd of bots for one server: load, chaos and hostility, and a check of everything that they are shown.

=========== ========================================================================================================
module      what it is
=========== ========================================================================================================
`plan`      what every bot does and when: counter-based choices of a seed, or a recorded trace
`bot`       one bot, sans I/O: the peer's protocol, a view of the world that is checked, what it measures
`chaos`     hostile messages, and what a bad network does to a stream
`proxy`     a TCP proxy that is a bad network
`wire`      websocket frames, sans I/O
`shell`     the socket around one bot
`foes`      connections that send nonsense
`runner`    a crowd in one process, and its one scheduler
`processes` crowds in several processes, and witnesses beside them
`report`    histograms and the figures of a run
`verify`    what bots were shown, against a replay of the server's journal
=========== ========================================================================================================
"""

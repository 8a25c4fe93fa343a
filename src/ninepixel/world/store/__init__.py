"""Keeping a universe: one encoding for snapshots, journals and marks, and exact replay.

From small to large:

* :mod:`~ninepixel.world.store.envelope`     -- named columns of integers in msgpack, compressed by slices.
* :mod:`~ninepixel.world.store.frames`       -- a file of envelopes, each with a checksum chained to the one before.
* :mod:`~ninepixel.world.store.files`        -- writing so that a crash leaves the old file or the new one.
* :mod:`~ninepixel.world.store.snapshot`     -- a whole state (with :mod:`~ninepixel.world.store.coldcolumns`,
  :mod:`~ninepixel.world.store.slots`; :mod:`~ninepixel.world.store.lawful` refuses what no universe could go on from).
* :mod:`~ninepixel.world.store.journal`      -- commands by tick, and marks: digest and fingerprints.
* :mod:`~ninepixel.world.store.save`         -- all of these in one file, in the order of time.
* :mod:`~ninepixel.world.store.live`         -- a journal that grows while the universe runs.
* :mod:`~ninepixel.world.store.recorder`     -- what a running universe remembers.
* :mod:`~ninepixel.world.store.replay`       -- running it again, to watch and to verify.
* :mod:`~ninepixel.world.store.fingerprints`, :mod:`~ninepixel.world.store.compare`,
  :mod:`~ninepixel.world.store.diagnose`     -- naming what differs.
"""

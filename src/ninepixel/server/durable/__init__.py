"""Nothing that was acknowledged is lost: a server's journal, its snapshots, and the way back after a crash.

* :mod:`~ninepixel.server.durable.disk`      -- what the store asks of a file system, and how that can fail.
* :mod:`~ninepixel.server.durable.desk`      -- receipts: what of whom has been done.
* :mod:`~ninepixel.server.durable.segment`   -- one file: a snapshot, then every tick; written a frame at a time.
* :mod:`~ninepixel.server.durable.log`       -- append, group commit, and moving over to the next segment.
* :mod:`~ninepixel.server.durable.quota`     -- what goes when it gets too much.
* :mod:`~ninepixel.server.durable.snapshots` -- when a snapshot is due and how a segment begins.
* :mod:`~ninepixel.server.durable.reading`   -- every frame that is intact, also behind damage.
* :mod:`~ninepixel.server.durable.recovery`  -- the newest whole snapshot, and every tick since, run again.
* :mod:`~ninepixel.server.durable.store`     -- all of it behind one door.
* :mod:`~ninepixel.server.durable.history`   -- the whole journal from its first segment on, for whoever verifies.
* :mod:`~ninepixel.server.durable.drill`     -- killing it, again and again (the worker is
  :mod:`~ninepixel.server.durable.worker`), and :mod:`~ninepixel.server.durable.bench`, the figures of it.
"""

from ninepixel.server.durable.desk import Desk
from ninepixel.server.durable.disk import Disk, DiskFailure, DiskFull, Locked
from ninepixel.server.durable.recovery import Recovered, Report, Unrecoverable
from ninepixel.server.durable.snapshots import Cadence
from ninepixel.server.durable.store import Store

__all__ = ["Cadence", "Desk", "Disk", "DiskFailure", "DiskFull", "Locked", "Recovered", "Report", "Store", "Unrecoverable"]

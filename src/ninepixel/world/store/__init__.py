"""One encoding for everything that outlasts a tick: snapshots, journals, replays."""

"""Replication: what everybody sees of a universe, encoded once, sent to all, decoded identically (docs/REPLICATION.md)."""

from ninepixel.server.replication.interest import Frames, NoClient, Replicator
from ninepixel.server.replication.overview import overview
from ninepixel.server.replication.rows import ROW, fields_of
from ninepixel.server.replication.scene import BadScene, Scene, SceneKeeper, sector_hashes
from ninepixel.server.replication.sectors import BadSectors, Sectors
from ninepixel.server.replication.view import BadPayload, View

__all__ = [
    "ROW",
    "BadPayload",
    "BadScene",
    "BadSectors",
    "Frames",
    "NoClient",
    "Replicator",
    "Scene",
    "SceneKeeper",
    "Sectors",
    "View",
    "fields_of",
    "overview",
    "sector_hashes",
]

"""Entity storage and scheduling: columns, ids, cold components, ordered systems. Knows no game.

* :mod:`~ninepixel.ecs.table`  -- hot columns: what every tick touches, a row an entity, a leading world axis.
* :mod:`~ninepixel.ecs.ids`    -- an entity's name: (generation, index) in one integer.
* :mod:`~ninepixel.ecs.cold`   -- sparse, slow components, kept by esper.
* :mod:`~ninepixel.ecs.systems` -- the order in which systems run, checked against what they read and write.
"""

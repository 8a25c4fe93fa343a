"""What each act does, one by one."""

from __future__ import annotations

import pytest

from ninepixel.world.laws import vital as law
from ninepixel.world.laws.lives import Act, Lies, Role, Thing
from ninepixel.world.life.senses import AT
from small_lives import Scene

METABOLISM = 64  #: the trait of everybody here


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_graze_takes_a_bite_of_each_colour_and_no_more(scene: Scene) -> None:
    scene.glow(100_000)
    life = scene.mind(8, 8, store=100)
    scene.do(life, Act.GRAZE)
    bite = law.BITE + (METABOLISM >> law.BITE_TRAIT_SHIFT)
    assert scene.stores(life) == [100 + bite] * 3
    assert scene.cell(scene.world.body_of(life)) == [100_000 - bite] * 3


def test_a_graze_leaves_a_poor_cell_nearly_all_it_has(scene: Scene) -> None:
    scene.glow((2 << law.BITE_SHIFT) + 5)
    life = scene.mind(8, 8, store=100)
    scene.do(life, Act.GRAZE)
    assert scene.stores(life) == [102] * 3


def test_a_full_store_takes_only_what_fits(scene: Scene) -> None:
    scene.glow(100_000)
    life = scene.mind(8, 8, store=law.STORE_LIMIT - 3)
    scene.do(life, Act.GRAZE)
    assert scene.stores(life) == [law.STORE_LIMIT] * 3


def test_excretion_gives_an_eighth_of_what_is_over_the_reserve_in_its_colour(scene: Scene) -> None:
    life = scene.mind(8, 8, store=law.SET_POINT, store_b=law.RESERVE + 8 * 1000)
    scene.do(life, Act.EXCRETE)
    assert life.store_b == law.RESERVE + 7 * 1000
    assert scene.cell(scene.world.body_of(life)) == [0, 1000, 0]
    assert scene.done(life, "shed")


def test_the_reserve_is_not_excreted_given_or_shot(scene: Scene) -> None:
    life, other = scene.mind(8, 8, store=law.RESERVE, heading=3), scene.mind(8.5, 8, store=0)
    for act in (Act.EXCRETE, Act.GIVE, Act.SHOOT):
        scene.do(life, act)
        assert scene.stores(life) == [law.RESERVE] * 3
    assert scene.stores(other) == [0, 0, 0]


def test_a_blow_hurts_the_nearest_within_reach_and_then_the_arm_rests(scene: Scene) -> None:
    life, near, far = scene.mind(8, 8), scene.mind(9, 8), scene.mind(9.5, 8)
    scene.do(life, Act.STRIKE)
    harm = law.STRIKE_DAMAGE + 64 // 2
    assert (near.health, near.hurt, near.foe) == (law.HEALTH - harm, harm, life.at * 2)
    assert far.health == law.HEALTH
    assert (life.store_y, life.cooldown) == (law.SET_POINT - law.STRIKE_COST, law.STRIKE_TICKS)
    for _ in range(law.STRIKE_TICKS - 1):
        scene.do(life, Act.STRIKE)
    assert near.health == law.HEALTH - harm
    scene.do(life, Act.STRIKE)
    assert near.health == law.HEALTH - 2 * harm


def test_nobody_beyond_reach_is_struck(scene: Scene) -> None:
    life, other = scene.mind(8, 8), scene.mind(10 + 1 / 128, 8)
    scene.do(life, Act.STRIKE)
    assert (other.health, life.store_y) == (law.HEALTH, law.SET_POINT)


def test_whoever_was_near_and_has_moved_away_is_not_struck(scene: Scene) -> None:
    life, other = scene.mind(8, 8), scene.mind(9, 8)
    scene.look()
    scene.world.body_of(other).x = 40 << 26
    scene.act(blow=(life, Act.STRIKE))
    assert other.health == law.HEALTH


def test_reach_goes_around_the_torus(scene: Scene) -> None:
    life, other = scene.mind(0.25, 63.75), scene.mind(63.5, 0.5)
    scene.do(life, Act.STRIKE)
    assert other.health < law.HEALTH


def test_half_of_what_a_shot_costs_flies_with_it(scene: Scene) -> None:
    life = scene.mind(8, 8, heading=3)
    scene.do(life, Act.SHOOT)
    (shot,) = scene.world.each_thing(Thing.SHOT)
    assert life.store_y == law.SET_POINT - law.SHOT_COST
    assert (shot.energy, shot.owner, shot.vx, shot.vy) == (law.SHOT_COST // 2, life.at, law.SHOT_SPEED, 0)
    assert life.cooldown == law.SHOT_TICKS


def test_a_shot_looks_like_its_shooter(scene: Scene) -> None:
    life = scene.mind(8, 8, heading=1)
    body = scene.world.body_of(life)
    body.rby, body.gene_r = 12345, 0x010203
    scene.do(life, Act.SHOOT)
    (shot,) = scene.world.each_thing(Thing.SHOT)
    assert (shot.rby, shot.gene_r) == (12345, 0x010203)


def test_who_never_moved_has_nowhere_to_shoot(scene: Scene) -> None:
    life = scene.mind(8, 8, heading=0)
    scene.do(life, Act.SHOOT)
    assert not list(scene.world.each_thing(Thing.SHOT))
    assert life.store_y == law.SET_POINT


def test_a_shot_hits_only_the_first_in_its_way_and_never_its_shooter(scene: Scene) -> None:
    life, first, second, aside = scene.mind(8, 8, heading=3), scene.mind(11, 8), scene.mind(11.5, 8), scene.mind(10, 9)
    first.store_r = law.HEAL_STORE - 1  # it does not heal meanwhile
    scene.do(life, Act.SHOOT)
    scene.after(8)
    harm = (law.STRIKE_DAMAGE + 64 // 2) // 2
    assert first.low == law.HEALTH - harm
    assert [other.low for other in (life, second, aside)] == [law.HEALTH] * 3
    assert first.foe == life.at * 2 + 1
    assert not list(scene.world.each_thing(Thing.SHOT))


def test_a_shot_that_hits_nobody_ends_and_gives_its_energy_to_the_field(scene: Scene) -> None:
    life = scene.mind(8, 8, heading=3)
    scene.do(life, Act.SHOOT)
    scene.after(law.SHOT_LIFE - 1)
    (shot,) = scene.world.each_thing(Thing.SHOT)
    assert shot.x >> 26 == 8 + (law.SHOT_LIFE - 1) * 3 // 4
    scene.after()
    assert not list(scene.world.each_thing(Thing.SHOT))
    assert scene.state.energy.sum() == law.SHOT_COST // 2


def test_a_shot_whose_shooter_has_died_hurts_and_is_nobodys_deed(scene: Scene) -> None:
    life, other = scene.mind(8, 8, heading=3, health=1, store=law.RESERVE + 300), scene.mind(12, 8)
    scene.do(life, Act.SHOOT)
    life.health = -9
    scene.after()
    assert life.body < 0
    (shot,) = scene.world.each_thing(Thing.SHOT)
    assert shot.owner == -1
    scene.after(8)
    assert other.low < law.HEALTH
    assert other.foe == -1


def test_a_file_is_decoded_section_by_section_and_remembered(scene: Scene) -> None:
    life, file = scene.mind(8, 8, store_b=1000), scene.matter(9, 8, mass=64)
    ticks = -(-law.SECTION_WORK // (law.WIT + 64 // 4))
    for tick in range(1, 2 * ticks + 1):
        scene.do(life, Act.DECODE)
        assert scene.engine.sections[0, life.at] == (tick % ticks == 0)
    assert (life.files, life.reading, life.section, life.work) == (1, -1, 0, 0)
    assert scene.world.knows(life, 1 if file.at else 0)
    (coin,), reader = scene.world.each_thing(Thing.COIN), scene.world.body_of(life)
    assert (coin.strength, coin.x, coin.y) == (2, reader.x, reader.y)
    assert scene.done(life, "file")
    scene.do(life, Act.DECODE)
    assert (life.near_matter, life.reading) == (-1, -1), "what is known is not read again"


def test_a_section_feeds_and_the_file_pays_for_it(scene: Scene) -> None:
    life, file = scene.mind(8, 8, store_b=1000, work=law.SECTION_WORK - 1), scene.matter(9, 8, mass=640, energy=3200)
    life.reading = int(scene.state.bodies.index_of[0, file.at])
    scene.do(life, Act.DECODE)
    assert file.energy == 3200 - 100
    assert life.store_b == 1000 - law.COST_DECODE + 100


def test_work_is_forgotten_bit_by_bit_while_one_does_something_else(scene: Scene) -> None:
    life = scene.mind(8, 8, work=law.DISTRACTION + 5)
    scene.do(life, Act.REST)
    assert life.work == 5
    scene.do(life, Act.GRAZE)
    assert life.work == 0


def test_what_is_sealed_cannot_be_read(scene: Scene) -> None:
    life = scene.mind(8, 8)
    scene.matter(9, 8, sealed=True)
    scene.do(life, Act.DECODE)
    assert (life.near_matter, life.work) == (-1, 0)


def test_the_curious_read_from_farther_away(scene: Scene) -> None:
    dull, curious = scene.mind(8, 8, pheno_b=0), scene.mind(8, 8, pheno_b=64 << 16)
    scene.matter(8 + 1.75, 8)
    scene.look()
    assert (dull.near_matter, curious.near_matter) == (-1, 2)


def test_a_coin_goes_into_the_purse_of_who_takes_it(scene: Scene) -> None:
    life, coin = scene.mind(8, 8, coins=4), scene.thing(Thing.COIN, 8.5, 8, strength=5)
    scene.do(life, Act.TAKE)
    assert (life.coins, coin.kind) == (9, Thing.NONE)
    assert scene.done(life, "purse")


def test_two_cannot_take_the_same_coin(scene: Scene) -> None:
    one, other = scene.mind(8, 8), scene.mind(8.25, 8)
    scene.thing(Thing.COIN, 8.1, 8, strength=5)
    scene.look()
    scene.act(one=(one, Act.TAKE), other=(other, Act.TAKE))
    assert (one.coins, other.coins) == (5, 0)


def test_what_is_near_but_not_near_enough_is_not_taken(scene: Scene) -> None:
    life = scene.mind(8, 8)
    scene.thing(Thing.COIN, 8 + law.TAKE_REACH / 256 + 1 / 128, 8, strength=5)
    scene.do(life, Act.TAKE)
    assert (life.near_thing, life.coins) == (0, 0)


def test_a_hand_that_holds_loot_takes_no_other(scene: Scene) -> None:
    life = scene.mind(8, 8)
    held, other = scene.hold(life, 20), scene.thing(Thing.LOOT, 8, 8, strength=90)
    scene.do(life, Act.TAKE)
    assert (life.holding, other.lies) == (held.at, Lies.OPENLY)


def test_loot_in_hand_makes_blows_harder(scene: Scene) -> None:
    life, other = scene.mind(8, 8), scene.mind(9, 8)
    scene.hold(life, 40)
    scene.do(life, Act.STRIKE)
    assert other.hurt == law.STRIKE_DAMAGE + 32 + (40 >> law.LOOT_WIT)


def test_alone_one_buries_what_one_holds_and_it_ripens(scene: Scene) -> None:
    life = scene.mind(8, 8)
    loot = scene.hold(life, 40)
    scene.do(life, Act.GIVE)
    body = scene.world.body_of(life)
    assert (life.holding, loot.lies, loot.owner, loot.x, loot.y) == (-1, Lies.BURIED, -1, body.x, body.y)
    scene.after(law.RIPEN_TICKS)
    assert loot.strength == 41


def test_buried_loot_can_be_dug_up_but_not_seen(scene: Scene) -> None:
    life, loot = scene.mind(8, 8), scene.thing(Thing.LOOT, 8, 8, lies=int(Lies.BURIED), age=law.DEED_RIPE)
    scene.look()
    shown = scene.engine.seen[0, life.at].copy()
    loot.kind = Thing.NONE
    scene.engine.sense()
    assert shown.tobytes() == scene.engine.seen[0, life.at].tobytes()
    loot.kind = Thing.LOOT
    scene.do(life, Act.TAKE)
    assert (life.holding, loot.lies, loot.owner) == (loot.at, Lies.HELD, life.at)
    assert scene.done(life, "dig")


def test_a_gift_moves_exactly_an_eighth_of_the_surplus(scene: Scene) -> None:
    life, other = scene.mind(8, 8, store_r=law.RESERVE + 8000), scene.mind(9, 8, store=500)
    life.store_b = life.store_y = 3000
    scene.do(life, Act.GIVE)
    assert scene.stores(life) == [law.RESERVE + 7000, 3000, 3000]
    assert scene.stores(other) == [1500, 500, 500]
    assert (life.gifts, scene.done(life, "rescue")) == (1, True)


def test_a_gift_of_what_is_not_lacked_is_no_good_deed(scene: Scene) -> None:
    life, other = scene.mind(8, 8, store=law.STORE_LIMIT), scene.mind(9, 8, store=law.SET_POINT)
    scene.do(life, Act.GIVE)
    assert other.store_r > law.SET_POINT
    assert (life.gifts, scene.done(life, "share")) == (0, False)


def test_nobody_gives_to_a_guardian(scene: Scene) -> None:
    life = scene.mind(8, 8, store=law.STORE_LIMIT)
    guardian = scene.guardian(9, 8, scene.matter(9, 8), store_r=0)
    scene.do(life, Act.GIVE)
    assert guardian.store_r == 0


def test_two_who_court_each_other_lay_an_egg_and_both_pay(scene: Scene) -> None:
    one, other = scene.mind(8, 8, serial=7, generation=3), scene.mind(9, 8, serial=8)
    scene.do(one, Act.MATE)
    assert not list(scene.world.each_thing(Thing.EGG)), "one alone lays none"
    scene.do(other, Act.MATE)
    (egg,) = scene.world.each_thing(Thing.EGG)
    assert (egg.energy, egg.mother, egg.father, egg.generation) == (6 * law.EGG_SHARE, 8, 7, 4)
    assert scene.stores(one) == scene.stores(other) == [law.SET_POINT - law.EGG_SHARE] * 3
    assert (one.courting, other.courting) == (0, 0)


def test_a_courtship_lapses(scene: Scene) -> None:
    one, other = scene.mind(8, 8), scene.mind(9, 8)
    scene.do(one, Act.MATE)
    for _ in range(law.COURTSHIP):
        scene.do(one, Act.REST)
    scene.do(other, Act.MATE)
    assert not list(scene.world.each_thing(Thing.EGG))


def test_the_hungry_lay_no_eggs(scene: Scene) -> None:
    one, other = scene.mind(8, 8), scene.mind(9, 8, store_b=law.EGG_STORE - 1)
    scene.look()
    scene.act(one=(one, Act.MATE), other=(other, Act.MATE))
    assert not list(scene.world.each_thing(Thing.EGG))


def test_where_there_is_no_room_on_the_ground_no_egg_is_laid_and_no_shot_fired(scene: Scene) -> None:
    one, other = scene.mind(8, 8, heading=3), scene.mind(9, 8)
    for _ in scene.things:
        scene.thing(Thing.COIN, 30, 30, strength=1)
    scene.look()
    scene.act(one=(one, Act.MATE), other=(other, Act.MATE))
    scene.do(one, Act.SHOOT)
    assert scene.stores(one) == scene.stores(other) == [law.SET_POINT] * 3


def test_a_move_costs_yellow_and_a_life_without_it_cannot(scene: Scene) -> None:
    able, weak = scene.mind(8, 8), scene.mind(20, 20, store_y=0)
    for life in (able, weak):
        scene.do(life, Act.REST, move=3)
    assert scene.world.body_of(able).vx == (64 + 64) << law.THRUST_SHIFT
    assert able.store_y == law.SET_POINT - law.COST_MOVE
    assert scene.world.body_of(weak).vx == 0


def test_a_slanted_move_is_no_faster_than_a_straight_one(scene: Scene) -> None:
    life = scene.mind(8, 8)
    scene.do(life, Act.REST, move=4)
    body = scene.world.body_of(life)
    straight = (64 + 64) << law.THRUST_SHIFT
    assert body.vx == body.vy
    assert 0.99 * straight**2 < 2 * body.vx**2 <= straight**2


def test_what_one_says_is_heard_by_others_and_not_by_oneself(scene: Scene) -> None:
    one, other = scene.mind(8, 8), scene.mind(12, 8)
    scene.do(one, Act.REST, word=5)
    scene.engine.sense()
    heard = AT["heard"] + 5 - 1
    assert scene.engine.seen[0, other.at, heard] == 32
    assert scene.engine.seen[0, one.at, heard] == 0
    assert one.store_b == law.SET_POINT - law.COST_WORD


def test_who_is_closed_out_stays_out(scene: Scene) -> None:
    scene.thing(Thing.EGG, 8, 8, energy=6 * law.EGG_SHARE, age=law.EGG_TICKS)
    scene.look()
    scene.after(3)
    assert all(life.body < 0 for life in scene.lives)
    scene.lives[2].role = Role.OPEN
    scene.after()
    assert [life.at for life in scene.world.living()] == [2]

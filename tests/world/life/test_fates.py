"""What happens to everybody, and what guardians do."""

from __future__ import annotations

import pytest

from ninepixel.world.laws import vital as law
from ninepixel.world.laws.lives import Act, Lies, Mood, Role, Thing
from reference_world import Row
from small_lives import AVERAGE, Scene


@pytest.fixture
def scene() -> Scene:
    return Scene()


# -- hunger, health, age ------------------------------------------------------------------------------------------------------


def test_a_tick_costs_what_sensing_thinking_and_living_cost(scene: Scene) -> None:
    life = scene.mind(8, 8, action=Act.GRAZE << 8)
    scene.look()
    scene.after()
    spent = [law.SET_POINT - store for store in scene.stores(life)]
    assert spent == [law.COST_SENSE + 4, law.COST_THINK, law.COST_BODY]
    assert scene.state.ledger.as_dict()["metabolism"] == sum(spent)


def test_who_sees_less_far_spends_less_on_seeing(scene: Scene) -> None:
    life = scene.mind(8, 8, action=Act.GRAZE << 8, pheno_r=39)
    scene.look()
    scene.after()
    assert law.SET_POINT - life.store_r == law.COST_SENSE + 2


def test_the_patient_spend_less_while_they_rest(scene: Scene) -> None:
    hasty, patient = scene.mind(8, 8, pheno_b=AVERAGE & 0xFF00FF), scene.mind(20, 20, pheno_b=AVERAGE | 0xFF00)
    scene.look()
    scene.after(10)
    assert all(p > h for p, h in zip(scene.stores(patient), scene.stores(hasty), strict=True))


def test_every_empty_store_gnaws_at_health(scene: Scene) -> None:
    life = scene.mind(8, 8, store_r=0, store_y=0)
    scene.look()
    scene.after()
    assert life.health == life.low == law.HEALTH - 2 * law.STARVE


def test_the_well_fed_heal_and_the_hungry_do_not(scene: Scene) -> None:
    fed, hungry = scene.mind(8, 8, health=100), scene.mind(20, 20, health=100, store_b=law.HEAL_STORE - 1)
    scene.look()
    scene.after(4 * law.HEAL_TICKS)
    assert (fed.health, hungry.health) == (104, 100)


def test_nobody_is_more_than_whole(scene: Scene) -> None:
    life = scene.mind(8, 8, health=law.HEALTH - 1, low=100)
    scene.look()
    scene.after(5)
    assert life.health == life.low == law.HEALTH
    assert scene.done(life, "mend")
    assert scene.done(life, "escape")


def test_the_old_waste_away(scene: Scene) -> None:
    life = scene.mind(8, 8, store=law.HEAL_STORE - 100, age=law.SPAN)
    scene.look()
    scene.after(3)
    assert life.health == law.HEALTH - 2


def test_pain_fades_and_ends(scene: Scene) -> None:
    life = scene.mind(8, 8, hurt=160)
    scene.look()
    scene.after()
    assert life.hurt == 150
    scene.after(100)
    assert life.hurt == 0


def test_relief_is_felt_as_pleasure_and_loss_as_its_opposite(scene: Scene) -> None:
    relieved, robbed = scene.mind(8, 8, drive=900), scene.mind(20, 20, drive=0, store_r=law.SET_POINT - 500)
    scene.look()
    scene.after()
    assert relieved.valence > 0 > robbed.valence


# -- death --------------------------------------------------------------------------------------------------------------------


def dying(scene: Scene, **columns: int) -> Row:
    return scene.mind(8, 8, health=-5, **columns)


def test_death_returns_every_unit_to_the_field_each_store_in_its_colour(scene: Scene) -> None:
    life = dying(scene, store_r=1000, store_b=3000, store_y=5000, action=Act.GRAZE << 8)
    body = scene.world.body_of(life)
    body.energy, place = 300, scene.world.cell(body)
    scene.look()
    before = scene.total()
    scene.after()
    spent = (law.COST_SENSE + 4, law.COST_THINK, law.COST_BODY)
    assert scene.state.energy[0, :, place[0], place[1]].tolist() == [
        1000 - spent[0] + 99,
        3000 - spent[1] + 99,
        5000 - spent[2] + 102,
    ]
    assert scene.total() == before - sum(spent)
    assert int(scene.state.bodies.count[0]) == 0
    assert scene.engine.died[0].tolist() == [1, 0, 0, 0]


def test_a_slot_is_closed_by_a_death_and_its_senses_go_dark(scene: Scene) -> None:
    life = dying(scene)
    scene.look()
    assert scene.engine.seen[0, life.at].any()
    scene.after()
    assert (life.body, life.role) == (-1, Role.CLOSED)
    assert not scene.engine.seen[0, life.at].any()


def test_coins_and_loot_lie_where_somebody_died(scene: Scene) -> None:
    life = dying(scene, coins=7)
    loot = scene.hold(life, 33)
    place = scene.world.body_of(life).x
    scene.look()
    scene.after()
    (coin,) = scene.world.each_thing(Thing.COIN)
    assert (coin.strength, coin.x) == (7, place)
    assert (loot.lies, loot.owner, loot.x, loot.strength) == (Lies.OPENLY, -1, place, 33)


def test_coins_for_which_there_is_no_room_are_lost_and_booked(scene: Scene) -> None:
    dying(scene, coins=7)
    for _ in scene.things:
        scene.thing(Thing.SHOT, 40, 40)
    scene.look()
    scene.after()
    assert scene.state.ledger.as_dict()["lost"] == 7


def test_everybody_acts_before_anybody_dies(scene: Scene) -> None:
    one, other = scene.mind(8, 8, health=10), scene.mind(9, 8, health=10)
    scene.look()
    scene.act(one=(one, Act.STRIKE), other=(other, Act.STRIKE))
    scene.after()
    assert (one.body, other.body) == (-1, -1)


def test_whoever_lives_in_a_slot_next_is_not_credited_with_what_was_done_before(scene: Scene) -> None:
    killer = scene.mind(8, 8)
    guardian = scene.guardian(9, 8, scene.matter(9, 8))
    scene.do(killer, Act.STRIKE)
    assert guardian.foe == killer.at * 2
    killer.health = -1
    scene.after()
    assert guardian.foe == -1


# -- birth --------------------------------------------------------------------------------------------------------------------


def test_an_egg_hatches_in_an_open_slot_when_its_time_has_come(scene: Scene) -> None:
    mother, father = scene.mind(8, 8, serial=5, mother=4), scene.mind(9, 8, serial=6)
    elder = scene.mind(40, 40, serial=4)
    scene.state.chronicle[0, 2] = 7
    child = scene.lives[3]
    child.role = Role.OPEN
    scene.look()
    scene.act(one=(mother, Act.MATE), other=(father, Act.MATE))
    scene.after(law.EGG_TICKS - 1)
    assert child.body < 0
    scene.after()
    assert (child.mother, child.father, child.generation, child.serial, child.role) == (6, 5, 1, 7, Role.INSTINCT)
    assert scene.stores(child) == [2 * law.EGG_SHARE] * 3
    assert scene.world.body_of(child).link == child.at
    assert (mother.children, father.children) == (1, 1)
    assert scene.done(elder, "dynasty")
    assert not list(scene.world.each_thing(Thing.EGG))


def test_of_many_eggs_the_oldest_hatches_first(scene: Scene) -> None:
    for age, energy in ((law.EGG_TICKS, 300), (law.EGG_TICKS + 5, 600), (law.EGG_TICKS + 5, 900)):
        scene.thing(Thing.EGG, 8, 8, age=age, energy=energy)
    scene.lives[1].role = Role.OPEN
    scene.look()
    scene.after()
    assert scene.stores(scene.lives[1]) == [200] * 3


def test_a_child_knows_nothing_of_who_lived_in_its_slot_before(scene: Scene) -> None:
    life = dying(scene, files=3, kills=2, streak=50, deeds_lo=0xFFFF, deeds_hi=1, coins=0)
    scene.world.remember(life, 5)
    scene.thing(Thing.EGG, 8, 8, age=law.EGG_TICKS, energy=300)
    scene.look()
    scene.after()
    life.role = Role.OPEN
    scene.after()
    assert life.body >= 0
    assert (life.files, life.kills, life.streak, life.deeds_lo, life.deeds_hi) == (0, 0, 0, 0, 0)
    assert not scene.world.knows(life, 5)


# -- guardians ----------------------------------------------------------------------------------------------------------------


def decide(scene: Scene, guardian: Row) -> tuple[int, int]:
    """What a guardian does now: its move and its act."""
    scene.look()
    scene.act()
    return guardian.action & 0xFF, guardian.action >> 8 & 0xFF


def test_a_guardian_idles_beside_what_it_guards(scene: Scene) -> None:
    guardian = scene.guardian(20, 20.5, scene.matter(20, 20))
    scene.mind(40, 40)
    assert decide(scene, guardian) == (0, Act.REST)
    assert guardian.mood == Mood.IDLE


def test_a_guardian_hunts_who_comes_near_its_post_and_strikes_who_is_in_reach(scene: Scene) -> None:
    guardian, mind = scene.guardian(20, 20, scene.matter(20, 20)), scene.mind(25, 20)
    assert decide(scene, guardian) == (3, Act.REST)
    assert guardian.mood == Mood.HUNT
    scene.world.body_of(mind).x = scene.world.body_of(guardian).x + (1 << 26)
    assert decide(scene, guardian) == (3, Act.STRIKE)
    assert mind.health < law.HEALTH


def test_a_guardian_does_not_follow_past_its_leash_and_returns_to_its_post(scene: Scene) -> None:
    guardian, mind = scene.guardian(29, 20, scene.matter(20, 20), mood=Mood.HUNT), scene.mind(31, 20)
    assert decide(scene, guardian)[0] == 3
    scene.world.body_of(mind).x += 2 << 26
    assert decide(scene, guardian) == (7, Act.REST)
    assert guardian.mood == Mood.RETURN


def test_a_guardian_that_does_not_hunt_minds_only_who_is_nearer(scene: Scene) -> None:
    guardian, _ = scene.guardian(20, 20, scene.matter(20, 20)), scene.mind(28, 20)
    assert decide(scene, guardian) == (0, Act.REST)
    guardian.mood = Mood.HUNT
    assert decide(scene, guardian) == (3, Act.REST)


def test_a_hurt_guardian_flees_until_it_is_half_whole(scene: Scene) -> None:
    guardian, _ = scene.guardian(20, 20, scene.matter(20, 20), health=74), scene.mind(23, 20)
    assert decide(scene, guardian) == (7, Act.REST)
    assert guardian.mood == Mood.FLEE
    guardian.health = 149
    assert decide(scene, guardian)[0] == 7
    guardian.health = 150
    assert decide(scene, guardian)[0] == 3


def test_a_strong_guardian_shoots_who_is_out_of_its_reach(scene: Scene) -> None:
    guardian, _ = scene.guardian(20, 20, scene.matter(20, 20), pheno_y=200 << 8), scene.mind(25, 20)
    assert decide(scene, guardian) == (3, Act.SHOOT)
    assert [shot.owner for shot in scene.world.each_thing(Thing.SHOT)] == [guardian.at]


def test_a_guardian_eats_of_what_it_guards_and_not_more_than_it_needs(scene: Scene) -> None:
    file = scene.matter(20, 20, energy=1000)
    guardian = scene.guardian(20, 20, file, store_y=law.SET_POINT - 3)
    scene.look()
    scene.after(5)
    assert (guardian.store_y, file.energy) == (law.SET_POINT, 997)


def test_a_slain_guardian_leaves_a_coin_and_in_time_another_stands_at_its_post(scene: Scene) -> None:
    file = scene.matter(20, 20, mass=640)
    guardian, killer = scene.guardian(20, 20, file, health=10), scene.mind(21, 20, kills=2)
    scene.world.body_of(guardian).mass = 640
    scene.do(killer, Act.STRIKE)
    scene.after()
    assert (guardian.body, guardian.role, killer.kills) == (-1, Role.GUARDIAN, 3)
    assert all(scene.done(killer, deed) for deed in ("slay", "hunter"))
    (coin,) = scene.world.each_thing(Thing.COIN)
    assert coin.strength == 1 + (640 >> law.GUARDIAN_COIN_SHIFT)
    assert len(list(scene.world.each_thing(Thing.LOOT))) == 1, "the guardian of something heavy always leaves loot"
    scene.after(law.GUARD_TICKS - 2)
    assert guardian.body < 0
    scene.after()
    body = scene.world.body_of(guardian)
    assert (body.x, body.y, guardian.health) == (file.x, file.y, law.GUARD_HEALTH + 160)
    assert guardian.pheno_y >> 8 & 0xFF == 160


def test_guardians_do_not_read(scene: Scene) -> None:
    guardian = scene.guardian(20, 20, scene.matter(20, 20))
    scene.look()
    scene.after()
    assert guardian.near_matter == -1


def test_an_egg_that_finds_no_room_rots_and_feeds_the_ground(scene: Scene) -> None:
    egg = scene.thing(Thing.EGG, 8, 8, age=law.EGG_ROT - 2, energy=3000)
    scene.look()
    scene.after()
    assert (egg.kind, egg.energy) == (Thing.EGG, 3000)
    before = scene.state.energy.sum()
    scene.after()
    assert (egg.kind, egg.energy) == (Thing.NONE, 0)
    assert scene.state.energy.sum() == before + 3000


def test_a_guardian_heals_faster_than_a_mind_to_what_it_was_born_with(scene: Scene) -> None:
    guardian = scene.guardian(20, 20, scene.matter(20, 20), health=200, low=201 + law.GUARD_HEAL)
    scene.look()
    scene.after()
    assert guardian.health == 200 + law.GUARD_HEAL
    scene.after()
    assert guardian.health == guardian.low == 201 + law.GUARD_HEAL

"""Ratings, and what is kept from bending them: copies, partisans, floods."""

import random
from collections import Counter
from dataclasses import replace

import pytest

from janus_competition.arena.ballots import AnswerPair, Ballot, Verdict
from janus_competition.arena.bradley_terry import Match, chance, rate
from janus_competition.arena.clones import originals
from janus_competition.arena.crowds import held_back
from janus_competition.arena.drawing import draw
from janus_competition.arena.likeness import fingerprint, near_copies, same
from janus_competition.arena.standings import NOBODY, Standings, standings
from janus_competition.arena.voters import FULL_VOTES, suspicious, weights

STRENGTHS = {"weak": 800.0, "middle": 1000.0, "strong": 1200.0}
POEM = "The rodeo bull that nobody could ride stood in the evening light and looked towards the hills beyond."


def honest(votes: int, voters: int = 20, seed: int = 1) -> list[Ballot]:
    """Votes as the model has them, by many voters."""
    dice = random.Random(seed)
    ballots = []
    for number in range(votes):
        left, right = dice.sample(sorted(STRENGTHS), 2)
        wins = dice.random() < chance(STRENGTHS[left], STRENGTHS[right])
        verdict = Verdict.LEFT if wins else Verdict.RIGHT
        ballots.append(Ballot(left, right, verdict, f"voter {number % voters}"))
    return ballots


def matches(ballots: list[Ballot]) -> list[Match]:
    return [Match(ballot.left, ballot.right, ballot.left_share) for ballot in ballots]


def counted(ballots: list[Ballot], pairs: list[AnswerPair] | None = None) -> Standings:
    return standings(ballots, pairs or [], dict.fromkeys(STRENGTHS, 0.0), {})


def test_the_strengths_behind_many_votes_are_found_within_their_intervals() -> None:
    found = rate(sorted(STRENGTHS), matches(honest(3000)))
    for name, strength in STRENGTHS.items():
        assert found[name].low <= strength <= found[name].high
        assert abs(found[name].rating - strength) < 30


def test_two_that_met_have_the_closed_forms_rating() -> None:
    """Three wins of four, and the two ties with the phantom, which is 1 at the middle of the two."""
    found = rate(["a", "b"], [Match("a", "b", 1.0)] * 300 + [Match("a", "b", 0.0)] * 100)
    assert found["a"].rating - found["b"].rating == pytest.approx(190.8, abs=1.5)
    assert found["a"].rating + found["b"].rating == pytest.approx(2000)


def test_one_without_votes_has_the_middle_rating_and_a_hundred_to_nothing_is_symmetric_around_it() -> None:
    found = rate(["a", "b", "c"], [Match("a", "b", 1.0)] * 100)
    ratings = {name: round(strength.rating) for name, strength in found.items()}
    assert ratings == {"a": 1471, "b": 529, "c": 1000}


def test_a_tie_is_half_a_win_for_each() -> None:
    tied = rate(["a", "b"], [Match("a", "b", 0.5)] * 10)
    split = rate(["a", "b"], [Match("a", "b", 1.0), Match("a", "b", 0.0)] * 5)
    assert tied["a"].rating == pytest.approx(split["a"].rating) == pytest.approx(1000)


def test_intervals_narrow_with_votes_and_a_single_vote_settles_nothing() -> None:
    def width(votes: int) -> float:
        strength = rate(sorted(STRENGTHS), matches(honest(votes)))["middle"]
        return strength.high - strength.low

    assert width(2000) < width(200) < width(20)
    once = rate(["a", "b"], [Match("a", "b", 1.0)])
    assert once["a"].low < once["b"].high


def test_the_same_votes_have_the_same_ratings() -> None:
    ballots = honest(50)
    assert rate(sorted(STRENGTHS), matches(ballots)) == rate(sorted(STRENGTHS), matches(ballots))


def test_whoever_never_lost_stays_finite_and_nobody_is_nobody() -> None:
    assert 1000 < rate(["a", "b"], [Match("a", "b", 1.0)] * 1000)["a"].rating < 3000
    assert rate([], []) == {}
    assert rate(["a"], [])["a"].rating == 1000


def test_honest_voters_are_not_suspected() -> None:
    for seed in range(5):
        assert suspicious(honest(600, seed=seed)) == set()


def test_a_flood_for_one_competitor_is_found_and_left_out() -> None:
    flood = [Ballot("weak", "strong", Verdict.LEFT, "flood") for _ in range(100)]
    flood += [Ballot("strong", "weak", Verdict.RIGHT, "flood") for _ in range(100)]
    before, after = counted(honest(600)), counted(honest(600) + flood)
    assert suspicious(honest(600) + flood) == suspicious(flood + honest(600)) == {"flood"}
    assert after.excluded == {"anomalous_voter": 200}
    assert [place.strength for place in after.places] == [place.strength for place in before.places]


def test_a_flood_against_one_competitor_is_found_too() -> None:
    against = [
        Ballot("strong", other, Verdict.RIGHT, "grudge") for other in ("weak", "middle") for _ in range(15)
    ]
    assert suspicious(honest(600) + against) == {"grudge"}


def settled(seed: int) -> list[Ballot]:
    """Twenty voters who are known, and as many votes by newcomers with three each."""
    newcomers = honest(400, voters=134, seed=seed + 100)
    return honest(400, seed=seed) + [replace(ballot, voter=f"new {ballot.voter}") for ballot in newcomers]


def crowd(votes: int) -> list[Ballot]:
    """Two votes for each of many addresses: for the weak one wherever it stands, honest elsewhere."""
    return [
        replace(
            ballot,
            verdict={ballot.left: Verdict.LEFT, ballot.right: Verdict.RIGHT}.get("weak", ballot.verdict),
            voter=f"crowd {number // 2}",
        )
        for number, ballot in enumerate(honest(votes, seed=9))
    ]


def test_a_crowd_of_many_addresses_does_not_lift_whom_it_votes_for() -> None:
    def weak(found: Standings) -> float:
        return next(place.strength.rating for place in found.places if place.competitor_id == "weak")

    before, after = counted(settled(1)), counted(settled(1) + crowd(400))
    assert suspicious(crowd(400)) == set()  # there is nothing about any single one of them
    assert after.excluded["unproven_crowd"] >= 200
    assert abs(weak(after) - weak(before)) < 20
    believed = rate(sorted(STRENGTHS), matches(settled(1) + crowd(400)))["weak"].rating
    assert believed - weak(before) > 100


def test_honest_newcomers_count_and_so_does_everybody_where_nobody_is_known() -> None:
    for seed in range(20):
        assert held_back(settled(seed)) == set()
    assert held_back(crowd(400)) == set()


def test_whoever_always_takes_one_side_is_found() -> None:
    dice = random.Random(3)
    lazy = [Ballot(*dice.sample(sorted(STRENGTHS), 2), Verdict.LEFT, "lazy") for _ in range(30)]  # type: ignore[arg-type]
    assert "lazy" in suspicious(honest(600) + lazy)


def test_a_voter_alone_is_believed_for_want_of_others() -> None:
    own = [
        Ballot(*pair, verdict, "alone")  # type: ignore[call-arg, misc]
        for pair, verdict in ((("strong", "weak"), Verdict.LEFT), (("weak", "strong"), Verdict.RIGHT))
        for _ in range(10)
    ]
    assert suspicious(own) == set()


def test_nobody_weighs_more_than_so_many_votes() -> None:
    ballots = [Ballot("a", "b", Verdict.LEFT, "busy")] * (FULL_VOTES * 4) + [
        Ballot("a", "b", Verdict.TIE, "c")
    ]
    found = weights(ballots)
    assert sum(found[:-1]) == pytest.approx(FULL_VOTES)
    assert found[-1] == 1


def test_answers_are_the_same_whatever_their_case_spaces_and_marks() -> None:
    assert same(fingerprint("It is *Paris*."), fingerprint("it  is\nparis"))
    assert not same(fingerprint("It is Paris."), fingerprint("It is Lyon."))
    assert same(fingerprint(""), fingerprint("..."))


def test_near_copies_are_told_from_other_answers_and_short_ones_from_neither() -> None:
    text = POEM * 4
    assert near_copies(fingerprint(text), fingerprint(text.replace("evening", "morning", 1)))
    other = "Interest is paid on what was lent, and on the interest itself, each year that it stays there."
    assert near_copies(fingerprint(text), fingerprint(other * 4)) is False
    assert near_copies(fingerprint("Paris"), fingerprint("Paris")) is None


def pairs(one: str, other: str, alike: int, different: int) -> list[AnswerPair]:
    poem = fingerprint(POEM)
    strange = fingerprint(
        "Ten small ships went out to sea with nothing but bread and hope on board that day."
    )
    return [AnswerPair(one, other, poem, poem)] * alike + [AnswerPair(one, other, poem, strange)] * different


def test_a_copy_is_rated_with_its_original_and_gains_nothing_by_beating_it() -> None:
    ballots = [*honest(200), *[Ballot("copy", "strong", Verdict.LEFT, f"voter {n}") for n in range(10)]]
    first_seen = dict.fromkeys(STRENGTHS, 1.0) | {"copy": 2.0}
    found = standings(ballots, pairs("copy", "strong", 8, 2), first_seen, {})
    place = {one.competitor_id: one for one in found.places}
    assert (place["copy"].copy_of, place["strong"].copy_of) == ("strong", "")
    assert place["copy"].strength == place["strong"].strength
    assert found.excluded == {"between_copies": 10}


@pytest.mark.parametrize(("alike", "different"), [(4, 0), (5, 5)])
def test_a_few_or_half_alike_answers_make_no_copy(alike: int, different: int) -> None:
    assert originals(pairs("a", "b", alike, different), {"a": 1, "b": 2}) == {}


def test_copies_of_copies_have_one_original() -> None:
    evidence = pairs("a", "b", 6, 0) + pairs("b", "c", 6, 0)
    assert originals(evidence, {"c": 1, "a": 2, "b": 3}) == {"a": "c", "b": "c"}


def test_pairs_of_which_little_is_known_meet_rather() -> None:
    dice = random.Random(5)
    met = {frozenset(("a", "b")): 50}
    drawn = Counter(frozenset(draw(["a", "b", "c"], NOBODY, met, dice)) for _ in range(300))
    assert drawn[frozenset(("a", "b"))] < 15
    assert drawn[frozenset(("a", "c"))] > 100


def test_sides_are_drawn_by_lot() -> None:
    dice = random.Random(5)
    left = Counter(draw(["a", "b"], NOBODY, {}, dice)[0] for _ in range(400))
    assert 150 < left["a"] < 250

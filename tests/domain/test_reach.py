"""Reach, against a naive model over random trees."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from portal.domain.reach import WHOLE_TREE, reach_from
from portal.domain.unit import SEGMENT, path_end, path_segment

NUMBERS = st.integers(1, 36**SEGMENT - 1)


@st.composite
def trees(draw):
    """Parents of units 0…n (None: a root), their paths, and the units that have an administrator."""
    size = draw(st.integers(1, 24))
    parents = [None, *(draw(st.none() | st.integers(0, n - 1)) for n in range(1, size))]
    numbers = draw(st.lists(NUMBERS, min_size=size, max_size=size, unique=True))
    paths: list[str] = []
    for number, parent in zip(numbers, parents, strict=True):
        paths.append(("" if parent is None else paths[parent]) + path_segment(number))
    return parents, paths, draw(st.sets(st.integers(0, size - 1)))


def chain(parents, unit):
    """The unit and those above it, upwards."""
    while unit is not None:
        yield unit
        unit = parents[unit]


def server_of(parents, administered, unit):
    """The nearest unit at or above this one that has an administrator; None: the service desk."""
    return next((above for above in chain(parents, unit) if above in administered), None)


@given(trees())
def test_reach_is_everybody_whose_nearest_administrator_one_is(tree):
    parents, paths, administered = tree
    for administrator in administered:
        reach = reach_from(paths[administrator], [paths[unit] for unit in administered])
        covered = {unit for unit in range(len(paths)) if reach.covers(paths[unit])}
        assert covered == {
            unit for unit in range(len(paths)) if server_of(parents, administered, unit) == administrator
        }


@given(trees())
def test_every_unit_is_served_by_one_level_or_in_the_end_by_the_desk(tree):
    parents, paths, administered = tree
    reaches = {
        unit: reach_from(paths[unit], [paths[other] for other in administered]) for unit in administered
    }
    for unit in range(len(paths)):
        serving = [administrator for administrator, reach in reaches.items() if reach.covers(paths[unit])]
        expected = server_of(parents, administered, unit)
        assert serving == ([] if expected is None else [expected])
        assert WHOLE_TREE.covers(paths[unit]), "the desk sees all"


@given(trees())
def test_own_unit_is_always_within_reach_and_others_are_told_apart(tree):
    parents, paths, administered = tree
    assert len(set(paths)) == len(paths)
    for unit, path in enumerate(paths):
        reach = reach_from(path, [paths[other] for other in administered])
        assert reach.covers(path)
        assert all(other.startswith(path) and other != path for other in reach.served_elsewhere)
        below = {other for other in range(len(paths)) if unit in chain(parents, other)}
        assert {other for other in range(len(paths)) if paths[other].startswith(path)} == below


@given(trees())
def test_the_order_and_repetition_of_what_is_administered_do_not_matter(tree):
    _, paths, administered = tree
    told = [paths[unit] for unit in administered]
    assert reach_from(paths[0], told) == reach_from(paths[0], [*reversed(told), *told])


@given(NUMBERS, NUMBERS)
def test_a_segment_has_one_width_and_keeps_the_order(one, other):
    assert len(path_segment(one)) == SEGMENT
    assert (path_segment(one) < path_segment(other)) == (one < other)
    assert int(path_segment(one), 36) == one


@given(trees())
def test_the_range_of_a_path_is_its_subtree(tree):
    _, paths, _ = tree
    for path in paths:
        assert {p for p in paths if path <= p < path_end(path)} == {p for p in paths if p.startswith(path)}

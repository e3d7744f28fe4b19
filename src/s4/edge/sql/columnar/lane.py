"""What one stream brings for one understanding of time: the posts at which rules wait, and the way to them."""

from __future__ import annotations

import heapq
from collections.abc import Hashable, Iterator, Mapping
from itertools import count
from typing import Any

from s4.edge.sql.columnar.frame import Frame
from s4.edge.sql.columnar.intake import Intake
from s4.edge.sql.columnar.query import Emission, Head
from s4.edge.sql.columnar.routing import Guard, Guarded, Route, Routed, Router, routed
from s4.edge.sql.columnar.shape import back_of, front_of
from s4.edge.sql.columnar.timeline import NEVER, Timeline, Times
from s4.edge.sql.tree import Select, Stream


class Post:
    """One intake, the rules that live on it, and its place on the way."""

    def __init__(self, number: int, station: Station, guard: Guard | None, intake: Intake) -> None:
        self.number, self.station, self.guard, self.intake = number, station, guard, intake
        self.heads: dict[str, Head] = {}
        self._before = station.rows

    @property
    def rows(self) -> int:
        """How many rows have come by since this post was put up."""
        return self.station.rows - self._before

    def emit(self, frame: Frame) -> Iterator[tuple[str, Emission]]:
        """What its rules make of a frame."""
        for name, head in self.heads.items():
            if (made := head.emit(frame)) is not None:
                yield name, made

    def count_from(self, rows: int) -> None:
        """Go on counting from `rows`."""
        self._before = self.station.rows - rows


class Station:
    """The posts that are about the same rows. `rows`: how many have come by."""

    def __init__(self, route: Route | None) -> None:
        self.route, self.rows = route, 0
        self.open: dict[int, Post] = {}
        self.guarded: Guarded[Post] = Guarded()
        self.posts = 0

    def put(self, post: Post) -> None:
        """Put a post up."""
        self.posts += 1
        if post.guard is None:
            self.open[post.number] = post
        else:
            self.guarded.add(post.guard, post.number, post)

    def take_away(self, post: Post) -> None:
        """Take it away again."""
        self.posts -= 1
        if post.guard is None:
            del self.open[post.number]
        else:
            self.guarded.remove(post.guard, post.number)

    def reached(self, frame: Frame) -> list[Post]:
        """The posts that may want some of these rows, in the order in which they were put up."""
        self.rows += len(frame)
        there = [*self.open.items(), *self.guarded.reached(frame)]
        return [post for _, post in sorted(there, key=lambda item: item[0])]


class Lane:
    """One stream and one understanding of time."""

    def __init__(self, times: Times) -> None:
        self.timeline = Timeline(times)
        self._stations: dict[Route | None, Station] = {}
        self._routers: dict[str, Router] = {}
        self._alike: dict[Hashable, Post] = {}
        self._due: list[tuple[int, int, Post]] = []
        self._numbers = count()

    def add(self, name: str, select: Select, stream: Stream) -> Post:
        """Add a rule. Raises `NotColumnar`."""
        way = routed(select, stream)
        front = front_of(way.rest, stream)
        post = self._alike.get((way.route, front.said)) if self.timeline.watermark == NEVER else None
        fresh = post is None
        post = post or Post(next(self._numbers), self._station(way.route), way.guard, Intake(front))
        post.heads[name] = Head(back_of(way.rest, stream, post.intake.slot))
        if fresh:
            self._put_up(way, post)
        return post

    def _station(self, route: Route | None) -> Station:
        return self._stations.get(route) or Station(route)

    def _put_up(self, way: Routed, post: Post) -> None:
        station = self._stations[way.route] = post.station
        station.put(post)
        self._alike[way.route, post.intake.front.said] = post
        if way.route is not None and station.posts == 1:
            router = self._routers.setdefault(way.route.column, Router(way.route.column))
            router.want(way.route.text, 1)

    def remove(self, name: str, post: Post) -> None:
        """Take a rule away, and what only it needed."""
        del post.heads[name]
        if post.heads:
            return
        station, key = post.station, (post.station.route, post.intake.front.said)
        station.take_away(post)
        if self._alike.get(key) is post:
            del self._alike[key]
        if not station.posts:
            del self._stations[station.route]
            if station.route is not None:
                self._routers[station.route.column].want(station.route.text, -1)

    def feed(self, frame: Frame) -> Iterator[tuple[str, Emission]]:
        """Take in a batch."""
        timely = self.timeline.feed(frame)
        if len(timely):
            yield from self._at(self._stations.get(None), timely)
            for router in self._routers.values():
                for text, rows in router.cut(timely):
                    yield from self._at(self._stations[Route(router.column, text)], rows)
        yield from self.closed()

    def _at(self, station: Station | None, frame: Frame) -> Iterator[tuple[str, Emission]]:
        for post in station.reached(frame) if station is not None else ():
            before = post.intake.next_end()
            passed = post.intake.feed(frame)
            if passed is not None:
                yield from post.emit(passed)
            self._note(post, before)

    def _note(self, post: Post, before: int | None) -> None:
        """Remember when the next window of an intake is over, if that has changed."""
        end = post.intake.next_end()
        if end is not None and end != before:
            heapq.heappush(self._due, (end, next(self._numbers), post))

    def closed(self) -> Iterator[tuple[str, Emission]]:
        """What follows from the windows that are over."""
        until = self.timeline.watermark
        while self._due and self._due[0][0] <= until:
            _, _, post = heapq.heappop(self._due)
            for frame in post.intake.close(until):
                yield from post.emit(frame)
            self._note(post, None)

    def snapshot(self) -> list[Any]:
        """The whole state, as plain values."""
        posts = [[post.rows, self._heads(post), post.intake.snapshot()] for post in self._posts()]
        return [self.timeline.watermark, self.timeline.late, posts]

    def _posts(self) -> list[Post]:
        found: dict[int, Post] = {}
        for station in self._stations.values():
            found.update(station.open)
            found.update(station.guarded.all())
        return [found[number] for number in sorted(found)]

    @staticmethod
    def _heads(post: Post) -> dict[str, list[int]]:
        return {name: [head.faults, head.emitted] for name, head in post.heads.items()}

    def restore(self, state: list[Any], rules: Mapping[str, tuple[Select, Stream]]) -> Iterator[tuple[str, Post]]:
        """Become what `snapshot` described, as far as `rules` still are; yields where each of those lives."""
        watermark, late, posts = state
        for rows, heads, intake in posts:
            self._alike.clear()  # only those that shared a past may share one again
            there = {name: self.add(name, *rules[name]) for name in heads if name in rules}
            for name, post in there.items():
                post.heads[name].faults, post.heads[name].emitted = heads[name]
            for post in dict.fromkeys(there.values()):
                post.count_from(rows)
                post.intake.restore(intake)
                self._note(post, None)
            yield from there.items()
        self.timeline.watermark, self.timeline.late = watermark, late

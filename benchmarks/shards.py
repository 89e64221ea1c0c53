"""What the index of active jobs carries at 10,000 jobs a second, by shards: `python -m benchmarks.shards`.

While a worker holds a job, it has an entry in shards of their own: put when the job is claimed, deleted when it ends.
That is two write units, for an entry is far below 1 KB. The shards of waiting jobs get as many, from submission and
claim. A partition is crc32(job_id) % shards. It takes 1,000 write units a second, and what comes beyond them is
throttled, together with the table's write that caused it. Ids are random, and jobs run for 30 to 60 seconds.

That each shard has a partition to itself is the best case: DynamoDB places them by a hash that nobody knows, and
splits a partition that has been hot for a while. `crowded` is the other case, in which they lie as chance has it.
"""

import random
from functools import cache
from math import lcm
from statistics import mean
from typing import NamedTuple
from zlib import crc32

JOBS_PER_SECOND = 10_000
WRITES_PER_LIFE = 2
PARTITION_WRITES = 1_000
SHARDS = (1, 4, 8, 16, 20, 32, 64)
SHORTEST_SECONDS, LONGEST_SECONDS = 30, 60
WATCHED_SECONDS = 20
_FOLDABLE = lcm(*SHARDS)
_SEED = 20_260_203

Load = list[list[int]]
"""For each second, the writes of each shard."""


class Outcome(NamedTuple):
    """What a number of shards makes of the load."""

    shards: int
    mean_units: float
    peak_units: int
    throttled: float


def simulate() -> list[Outcome]:
    """Hold the traffic against a partition's limit, for every number of shards."""
    outcomes = []
    for shards in SHARDS:
        load = fold(traffic(), shards)
        writes = [units for second in load for units in second]
        outcomes.append(Outcome(shards, mean(writes), max(writes), throttled(load)))
    return outcomes


def throttled(load: Load) -> float:
    """Compute the share of the writes that is beyond the limit of its partition."""
    over = sum(max(0, units - PARTITION_WRITES) for second in load for units in second)
    return over / sum(map(sum, load))


def fold(load: Load, shards: int) -> Load:
    """Put the same traffic on so many shards."""
    return [[sum(second[shard::shards]) for shard in range(shards)] for second in load]


def crowded(load: Load, partitions: int, tries: int = 200) -> list[float]:
    """Compute what is throttled when shards share partitions by chance, sorted over many placements."""
    chance = random.Random(_SEED)
    outcomes = []
    for _ in range(tries):
        together = [0] * partitions
        for units in load[0]:
            together[chance.randrange(partitions)] += units
        outcomes.append(throttled([together]))
    return sorted(outcomes)


@cache
def traffic() -> Load:
    """Draw the watched writes, in classes that fold into every number of shards."""
    chance = random.Random(_SEED)
    writes = [[0] * _FOLDABLE for _ in range(WATCHED_SECONDS)]
    for second in range(-LONGEST_SECONDS, WATCHED_SECONDS):
        for _ in range(JOBS_PER_SECOND):
            job_class = crc32(b"%032x" % chance.getrandbits(128)) % _FOLDABLE
            if second >= 0:
                writes[second][job_class] += 1
            ends = second + SHORTEST_SECONDS + int(chance.random() * (LONGEST_SECONDS - SHORTEST_SECONDS + 1))
            if 0 <= ends < WATCHED_SECONDS:
                writes[ends][job_class] += 1
    return writes


def main() -> None:
    """Print the outcome of every number of shards."""
    print(f"{JOBS_PER_SECOND:,} jobs a second, {WRITES_PER_LIFE * JOBS_PER_SECOND:,} index writes")
    print("shards  mean units/s  peak units/s  throttled")
    for shards, average, peak, share in simulate():
        print(f"{shards:6}  {average:12,.0f}  {peak:12,}  {share:9.1%}")


if __name__ == "__main__":
    main()

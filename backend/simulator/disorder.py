"""Events as they reach a system in real life: late, out of order and more than once. The truth stays the same."""

from datetime import timedelta
from random import Random

from backend.simulator.recorder import Submission

DUPLICATE_RATE = 0.02
LATE_RATE = 0.02
SHUFFLE_RATE = 0.35


def disorder(submissions: list[Submission], random: Random) -> tuple[list[Submission], int]:
    """A third is hours off, some come days late, some twice, now and then with the keys in another order or a record time.

    Every other error declaration precedes the event that it corrects, and many a shipment the packing of its pallet.
    """
    declared = [submission.event["eventID"] for submission in submissions if "errorDeclaration" in submission.event]
    overtaken = set(declared[::2])
    arrivals: list[Submission] = []
    duplicates = 0
    for submission in submissions:
        waits = submission.event["eventID"] in overtaken and "errorDeclaration" not in submission.event
        delay = timedelta(minutes=random.randint(1440, 2880)) if waits else _delay(random)
        arrivals.append(Submission(submission.captured_at + delay, submission.event))
        if random.random() < DUPLICATE_RATE:
            duplicates += 1
            arrivals.append(_repeat(submission, duplicates, random))
    arrivals.sort(key=lambda arrival: arrival.captured_at)
    return arrivals, duplicates


def _delay(random: Random) -> timedelta:
    chance = random.random()
    if chance < LATE_RATE:
        return timedelta(minutes=random.randint(720, 7200))
    if chance < LATE_RATE + SHUFFLE_RATE:
        return timedelta(minutes=random.randint(1, 240))
    return timedelta(0)


def _repeat(submission: Submission, count: int, random: Random) -> Submission:
    """The same content: neither the order of keys nor the record time belongs to it."""
    event = submission.event
    again_at = submission.captured_at + timedelta(minutes=random.randint(0, 2880))
    if count % 3 == 1:
        event = dict(reversed(event.items()))
    elif count % 3 == 2:
        event = event | {"recordTime": again_at.isoformat(timespec="milliseconds")}
    return Submission(again_at, event)

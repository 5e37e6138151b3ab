"""A random run of operations on Services: made from a seed, so that it can be repeated, then performed in a lab.

Source: catalogue IPAM-030.

Shell: the world's, a seeded random source.
"""

from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

from conformance.suite.world import World

CREATE_MORE_BELOW: Final = 0.9
"""Fewer living Services than this share of `about` are made more of; else one is deleted as often as one is made."""

ALONE: Final = 20
"""How many operations go on without a controller before its return is waited for."""


class Verb(StrEnum):
    """What can happen to a Service, or to the load balancer."""

    CREATE = "create"
    DELETE = "delete"
    ASK = "ask"
    RETYPE = "retype"
    KILL = "kill"
    RENEW = "renew"


@dataclass(frozen=True, slots=True)
class Operation:
    """One step of a run.

    Args:
        verb: what happens.
        name: of the Service; "" where the controller is meant.
        address: number of the address asked for, in the lab's range; None for any.
        is_load_balancer: what its type is afterwards.
    """

    verb: Verb
    name: str = ""
    address: int | None = None
    is_load_balancer: bool = True


def sequence(
    seed: int, count: int, *, about: int, addresses: int, ends: tuple[Verb, ...], asks: bool
) -> tuple[Operation, ...]:
    """Make up a run.

    Args:
        seed: of all its choices.
        count: how many operations.
        about: so many Services live at a time.
        addresses: numbers of addresses are below this; some are outside the pool if the pool is smaller.
        ends: how the controller is ended, each once, in equal parts of the run.
        asks: whether Services ask for addresses.
    """
    random = Random(seed)  # noqa: S311 - to be repeatable is the point
    part = count // (len(ends) + 1)
    ended = {part * number + random.randrange(part): verb for number, verb in enumerate(ends, start=1)}
    living: dict[str, bool] = {}
    made = 0
    found: list[Operation] = []
    for number in range(count):
        wished = random.randrange(addresses) if asks and random.random() < 0.4 else None
        if number in ended:
            found.append(Operation(ended[number]))
            continue
        verb = _verb(random, len(living), about, asks=asks)
        if verb is Verb.CREATE:
            name, made = f"s{made}", made + 1
            living[name] = True
            found.append(Operation(verb, name, wished))
            continue
        name = random.choice(sorted(living))
        if verb is Verb.DELETE:
            del living[name]
        if verb is Verb.RETYPE:
            living[name] = not living[name]
        found.append(Operation(verb, name, wished, is_load_balancer=living.get(name, True)))
    return tuple(found)


def _verb(random: Random, living: int, about: int, *, asks: bool) -> Verb:
    if living < about / 4:
        return Verb.CREATE
    is_few = living < CREATE_MORE_BELOW * about
    weights = {Verb.CREATE: 6 if is_few else 3, Verb.DELETE: 3, Verb.ASK: 2 if asks else 0, Verb.RETYPE: 2}
    return random.choices([*weights], [*weights.values()])[0]


def perform(world: World, operations: tuple[Operation, ...], annotation: str) -> None:
    """Perform a run without waiting between its operations, but for an ended controller some operations later.

    Args:
        world: of the case; its file has one Service, named by `${index}`.
        operations: in order.
        annotation: name of the one by which a Service asks for an address.
    """
    alone: int | None = None
    for operation in operations:
        is_end = operation.verb in {Verb.KILL, Verb.RENEW}
        if alone is not None and (is_end or alone >= ALONE):
            world.faults.back("controller")
            alone = None
        _perform(world, operation, annotation)
        if is_end or alone is not None:
            alone = 0 if alone is None else alone + 1
    if alone is not None:
        world.faults.back("controller")


def _perform(world: World, operation: Operation, annotation: str) -> None:
    wished = None if operation.address is None else str(world.pool_address(operation.address))
    match operation.verb:
        case Verb.CREATE:
            (obj,) = world.objects("Service", index=operation.name)
            asked = {"annotations": {annotation: wished}} if wished else {}
            world.write("create", {**obj, "metadata": {**obj["metadata"], **asked}})
        case Verb.DELETE:
            world.delete("Service", operation.name)
        case Verb.ASK:
            world.patch(operation.name, metadata={"annotations": {annotation: wished}})
        case Verb.RETYPE:
            kind = "LoadBalancer" if operation.is_load_balancer else "ClusterIP"
            policy = "Cluster" if operation.is_load_balancer else None  # null: the API server has it for no ClusterIP
            world.patch(operation.name, spec={"type": kind, "externalTrafficPolicy": policy})
        case Verb.KILL:
            world.faults.kill("controller")
        case Verb.RENEW:
            world.faults.renew("controller")

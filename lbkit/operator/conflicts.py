"""What would go wrong if a change were made: asked before it is written, as Arc's portal does not.

Only what the change brings about counts; what was wrong before is another's business.
Source: Azure Arc's documentation of load balancers ("there is no IP conflict checking"); MetalLB's rules between
objects.

Pure.
"""

from collections.abc import Iterator, Mapping

from lbkit.model import views
from lbkit.operator import bgp_peer
from lbkit.operator.inventory import BGP_ADVERTISEMENT, BGP_PEER, POOL, Inventory, config_of


def conflicts(before: Inventory, after: Inventory) -> tuple[str, ...]:
    """Say what a change breaks, one sentence each; nothing if it may be made.

    Args:
        before: what there is.
        after: what there will be.
    """
    old, new = tuple(_all(before)), tuple(_all(after))
    known = set(old)
    return (*(each for each in new if each not in known), *_losses(before, after))


def _all(inventory: Inventory) -> Iterator[str]:
    config, problems = config_of(inventory)
    for problem in problems:
        yield f"{problem.kind} {problem.name}: {problem}" if problem.name else str(problem)
    yield from _unknown_peers(config)
    for peer, reasons in bgp_peer.refusals(config, inventory.nodes).items():
        for why, nodes in reasons.items():
            # Both are looked at elsewhere: the profile in the configuration, the Secret in the cluster.
            if "no BFDProfile" not in why and "no Secret" not in why:
                yield f"{BGP_PEER} {peer}: {why} (on {', '.join(nodes)})"


def _unknown_peers(config: views.Config) -> Iterator[str]:
    """Find names of peers that are none: MetalLB takes them, and advertises to nobody."""
    peers = {peer.name for peer in config.peers}
    for advertisement in config.bgp_advertisements:
        for name in sorted(advertisement.peers - peers):
            there = ", ".join(sorted(peers)) or "none"
            yield f'{BGP_ADVERTISEMENT} {advertisement.name}: there is no BGPPeer "{name}"; there are: {there}'


def _losses(before: Inventory, after: Inventory) -> Iterator[str]:
    """Find Services whose address is in a pool now and would be in none."""
    pools = {
        name: tuple(pool.ranges for pool in each.of(POOL, views.Pool).values())
        for name, each in (("before", before), ("after", after))
    }
    losers: dict[str, list[str]] = {}
    for key, service in sorted(before.services.items()):
        for address in service.ingress:
            if _is_in(address, pools["before"]) and not _is_in(address, pools["after"]):
                losers.setdefault(str(key), []).append(str(address))
    yield from (f"Service {key} has {' and '.join(lost)}, which no pool would hold" for key, lost in losers.items())


def _is_in(address: views.IPAddress, pools: tuple[tuple[views.Range, ...], ...]) -> bool:
    return any(address in piece for ranges in pools for piece in ranges)


def option_of(path: str, options: Mapping[str, str]) -> str:
    """Name the option that wrote what stands at a path of an object; the path itself if there is none.

    Args:
        path: as in a problem (`spec.addresses[0]`).
        options: {path of a field: option}.
    """
    fitting = [known for known in options if path == known or path.startswith((f"{known}.", f"{known}["))]
    return options[max(fitting, key=len)] if fitting else path

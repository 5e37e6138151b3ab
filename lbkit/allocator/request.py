"""What a Service asks for: families, pool, addresses, sharing key.

Source: MetalLB's annotations `address-pool`, `loadBalancerIPs`, `allow-shared-ip` under both prefixes, and
`spec.loadBalancerIP`; KEP-563 (dual stack).

Pure.
"""

from dataclasses import dataclass

from lbkit.allocator.outcome import Refuse
from lbkit.errors import InputError
from lbkit.model import names
from lbkit.model.addresses import address, family
from lbkit.model.names import Reason
from lbkit.model.views import Family, FamilyPolicy, IPAddress, Service


@dataclass(frozen=True, slots=True)
class Request:
    """A Service's wishes.

    Args:
        families: those its cluster addresses have, primary first; empty if it has no cluster address.
        policy: whether all of them must be met.
        pool: name of the one pool to take from; empty for any.
        addresses: exactly these, primary family first; empty for any.
        sharing_key: Services with the same key may share an address; empty for none.
        problem: why `addresses` cannot be taken at their word; they are empty then.
    """

    families: tuple[Family, ...]
    policy: FamilyPolicy
    pool: str = ""
    addresses: tuple[IPAddress, ...] = ()
    sharing_key: str = ""
    problem: Refuse | None = None


def annotation(service: Service, name: str) -> str:
    """Give MetalLB's annotation `name` under the newest prefix that has it; empty if none has."""
    for prefix in names.ANNOTATION_PREFIXES:
        if value := service.annotations.get(prefix + name, "").strip():
            return value
    return ""


def read(service: Service) -> Request:
    """Read a Service's wishes; what cannot be read is in `problem`."""
    families = _families(service)
    wanted = _addresses(service, families)
    return Request(
        families=families,
        policy=service.ip_family_policy,
        pool=annotation(service, names.ADDRESS_POOL),
        addresses=() if isinstance(wanted, Refuse) else wanted,
        sharing_key=annotation(service, names.ALLOW_SHARED_IP),
        problem=wanted if isinstance(wanted, Refuse) else None,
    )


def _families(service: Service) -> tuple[Family, ...]:
    """Families of the cluster addresses, in the order of `spec.ipFamilies`.

    Cluster addresses decide and not `ipFamilies`: an address without a cluster address of its family leads nowhere.
    """
    there = dict.fromkeys(family(ip) for ip in service.cluster_ips)
    ordered = [*(item for item in service.ip_families if item in there), *there]
    return tuple(dict.fromkeys(ordered))


def _addresses(service: Service, families: tuple[Family, ...]) -> tuple[IPAddress, ...] | Refuse:
    text = annotation(service, names.LOAD_BALANCER_IPS)
    if text and service.load_balancer_ip:
        return _invalid("both spec.loadBalancerIP and the annotation loadBalancerIPs are set; remove one")
    text = text or service.load_balancer_ip
    if not text:
        return ()
    try:
        wanted = [address(part) for part in text.split(",")]
    except InputError as err:
        return _invalid(err.problems[0].message)
    by_family = {family(ip): ip for ip in wanted}
    if len(by_family) != len(wanted):
        return _invalid(f'"{text}" has two addresses of one family; give at most one IPv4 and one IPv6 address')
    if families and set(by_family) != set(families):
        shown = " and ".join(f"IPv{item}" for item in families)
        return Refuse(
            Reason.FAMILY_MISMATCH,
            f'requested loadBalancer IP(s) "{text}" does not match the ipFamily of the service ({shown})',
        )
    return tuple(by_family[item] for item in families)


def _invalid(message: str) -> Refuse:
    return Refuse(Reason.INVALID_REQUEST, f"invalid requested loadbalancer IPs: {message}")

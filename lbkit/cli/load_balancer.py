"""`lbkit load-balancer`: addresses, and how they are advertised, as with `az k8s-runtime load-balancer`.

Shell: declares commands.
"""

from lbkit.cli.commands import application
from lbkit.operator.load_balancer import GROUP_OF_COMMANDS

app = application(
    GROUP_OF_COMMANDS,
    "Load balancers: addresses for Services, and how they are advertised. Each is an IPAddressPool and the "
    "advertisements of its name; pools that were written by hand are listed too.",
    {
        "": (
            "lbkit load-balancer create prod --addresses 192.0.2.0/28 --advertise-mode ARP\n"
            "lbkit load-balancer list\n"
            "lbkit load-balancer show prod -o json --query services\n"
            "lbkit load-balancer delete prod --yes"
        ),
        "create": (
            "  lbkit load-balancer create prod --addresses 192.0.2.0/28 \\\n"
            "      --advertise-mode ARP\n"
            "  lbkit load-balancer create -n edge --advertise-mode BGP \\\n"
            "      --addresses 192.0.2.32/28 192.0.2.60-192.0.2.69 \\\n"
            "      --bgp-peers tor1 tor2 --service-selector tier=edge\n"
            "  lbkit load-balancer create lab --addresses 192.0.2.80/28 \\\n"
            "      --advertise-mode both --dry-run"
        ),
        "list": (
            "  lbkit load-balancer list\n"
            "  lbkit load-balancer list -o tsv \\\n"
            "      --query \"[?provisioningState=='Failed'].name\""
        ),
        "show": "  lbkit load-balancer show prod\n  lbkit load-balancer show -n prod -o json --query services",
        "update": (
            "  lbkit load-balancer update prod --addresses 192.0.2.0/27\n"
            "  lbkit load-balancer update prod --advertise-mode Both --bgp-peers tor1\n"
            '  lbkit load-balancer update prod --service-selector ""'
        ),
        "delete": "  lbkit load-balancer delete prod\n  lbkit load-balancer delete -n prod --yes --force",
        "wait": (
            "  lbkit load-balancer wait -n prod --created --timeout 60\n"
            "  lbkit load-balancer wait prod --custom 'length(services) > `0`'"
        ),
    },
)

"""`lbkit bgp-peer`: the routers to peer with, as with `az k8s-runtime bgp-peer`.

Shell: declares commands.
"""

from lbkit.cli.commands import application
from lbkit.operator.bgp_peer import GROUP_OF_COMMANDS

app = application(
    GROUP_OF_COMMANDS,
    "BGP peers: the routers that the nodes have sessions with.",
    {
        "": (
            "lbkit bgp-peer create tor1 --my-asn 64512 --peer-asn 64513 \\\n"
            "    --peer-address 192.0.2.1\n"
            "lbkit bgp-peer list\n"
            "lbkit bgp-peer show tor1\n"
            "lbkit bgp-peer delete tor1 --yes"
        ),
        "create": (
            "  lbkit bgp-peer create tor1 --my-asn 64512 --peer-asn 64513 \\\n"
            "      --peer-address 192.0.2.1\n"
            "  lbkit bgp-peer create -n tor2 --my-asn 64512 --peer-asn 64513 \\\n"
            "      --peer-address 192.0.2.2 --hold-time 9s --keep-alive-time 3s \\\n"
            "      --bfd-profile fast --node-selector rack=a \\\n"
            "      --password-secret tor2-password"
        ),
        "list": "  lbkit bgp-peer list\n  lbkit bgp-peer list -o tsv --query '[].[name, peerAddress]'",
        "show": "  lbkit bgp-peer show tor1\n  lbkit bgp-peer show tor1 -o json --query problems",
        "update": (
            "  lbkit bgp-peer update tor1 --bfd-profile fast\n"
            '  lbkit bgp-peer update tor1 --bgp-multi-hop Enabled --node-selector ""'
        ),
        "delete": "  lbkit bgp-peer delete tor1\n  lbkit bgp-peer delete tor1 --yes --force",
        "wait": "  lbkit bgp-peer wait -n tor1 --created\n  lbkit bgp-peer wait tor1 --deleted --timeout 30",
    },
)

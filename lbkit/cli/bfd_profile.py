"""`lbkit bfd-profile`: how fast a silent peer is noticed, as with `az k8s-runtime bfd-profile`.

Shell: declares commands.
"""

from lbkit.cli.commands import application
from lbkit.operator.bfd_profile import GROUP_OF_COMMANDS

app = application(
    GROUP_OF_COMMANDS,
    "BFD profiles: how fast the nodes and a BGP peer notice that the other is gone.",
    {
        "": (
            "lbkit bfd-profile create fast --receive-interval 300 \\\n"
            "    --transmit-interval 300 --detect-multiplier 3\n"
            "lbkit bfd-profile list\n"
            "lbkit bgp-peer update tor1 --bfd-profile fast"
        ),
        "create": (
            "  lbkit bfd-profile create fast --receive-interval 300 \\\n"
            "      --transmit-interval 300 --detect-multiplier 3"
        ),
        "list": "  lbkit bfd-profile list\n  lbkit bfd-profile list -o yaml",
        "show": "  lbkit bfd-profile show fast",
        "update": "  lbkit bfd-profile update fast --detect-multiplier 5",
        "delete": "  lbkit bfd-profile delete fast --yes",
        "wait": "  lbkit bfd-profile wait fast --exists --timeout 10",
    },
)

"""lbkit: Services of type LoadBalancer for bare-metal Kubernetes, their labs and their proof."""

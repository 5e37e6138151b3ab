"""The conformance suite: a verdict per behaviour of a load balancer, judged from outside, with evidence.

It imports nothing of lbkit but `lbkit.lab` and `lbkit.errors`: the judge does not know the judged.

Pure.
"""

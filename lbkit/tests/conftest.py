"""What every unit test stands on.

Shell: Hypothesis.
"""

from hypothesis import settings

settings.register_profile("lbkit", deadline=None)  # a busy host's slowness is no finding about one example
settings.load_profile("lbkit")

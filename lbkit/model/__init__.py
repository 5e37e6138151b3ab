"""What the rest of lbkit talks about: views of Kubernetes objects, selectors, configuration, snapshot.

Pure.
"""

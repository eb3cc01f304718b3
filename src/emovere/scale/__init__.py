"""Past one process: archives on a pool of processes or on Ray, and the server as replicas on Ray.

For archives read ``pool.py`` first: whatever spreads the work, ``worker.py`` is what does it. For the server read
``serve_run.py``: a front that speaks HTTP, and replicas that answer.
"""

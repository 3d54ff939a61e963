"""How well the detectors do on labelled images: the ones that a scan runs, and nothing else.

The truth of a pair is opened when its answer is written, and only to score it.
"""

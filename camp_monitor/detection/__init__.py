"""What changed between the two images of a pair: arrays in, arrays out.

A detector is a function from a `Pair` to a `Detection`, or a refusal (`NotComparableError`) where
the pair cannot answer its question.  `DETECTORS` lists those that a scan runs.
"""

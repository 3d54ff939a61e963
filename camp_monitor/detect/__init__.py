"""What changed between the two images of a pair: arrays in, arrays out.

A detector is a function from a `Pair` to a `Detection`, or a refusal where the pair cannot answer
its question.  `detectors` lists those that a scan runs.
"""

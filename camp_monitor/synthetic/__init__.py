"""Scenes and structures painted with known truth, for the detection limit and the demo.

The parts follow the light: `materials` says what reflects how much, `landscape` where it lies,
`ground` what one day makes of it, `structures` what people put on it, and `camera` and `radar` what
air and sensor leave of that.  `painting` puts structures into the images of a real pair.  Numbers
in and numbers out: no clock, no network, and chance only through a generator that is handed in.
"""

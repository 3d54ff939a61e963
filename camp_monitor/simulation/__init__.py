"""Paints scenes of which the truth is known: for the demo, the tests and the detectability floor.

The parts follow the light: `materials` says what reflects how much, `landscape` where it lies,
`ground` what one day makes of it, `structures` what people put on it, and `camera` what air and
sensor leave of that.  `valley_scenes` strings them together for the demo, and `years` for years
over many places: `weather` says what sky, snow and river do there, `year_events` what people and
floods do, and `planning` where and when.  Everything is numbers in and numbers out: no clock, no
network, and chance only through a generator that is handed in; `writing` alone knows files.
"""

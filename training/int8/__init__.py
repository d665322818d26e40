"""Filters whose convolutions compute in 8-bit integers: the graph, its judgement, its bundle."""

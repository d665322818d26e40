"""What every study stands on: plans, runs that go on, judgements, tables."""

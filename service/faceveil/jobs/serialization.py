"""How DBOS keeps what steps return: as JSON, never as pickles, which would run what they hold."""

from dbos import DBOSPortableJSONSerializer

JSON_OF_STEPS = DBOSPortableJSONSerializer()

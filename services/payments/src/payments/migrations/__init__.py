"""SQL files of the schema, in order."""

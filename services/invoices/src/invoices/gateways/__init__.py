"""The outside that is not our database: the typesetter, and the tables by which people read amounts and days."""

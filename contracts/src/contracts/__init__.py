"""Everything Handbill's services know of one another: topics, commands, facts and answers."""

"""The one way to subscribe: raw batches in, each message handled once or parked, nothing lost."""

"""Whether a stack at rest is sound: every invariant, looked for in all databases, topics, mails and the processor."""

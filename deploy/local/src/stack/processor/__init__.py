"""The sandbox card processor: an outside party with a process and a journal of its own, spoken to over HTTP.

`POST /v1/charges` and `POST /v1/refunds` act once per `Idempotency-Key`. The same key and body get the same answer
again, also after a crash: 201 done, 402 declined, or, where the token wants it so, 500 or silence. The same key with
another body gets 409. What became of a key is told by `GET /v1/charges/{key}` and `GET /v1/refunds/{key}`; a key that
was never acted on is 404 there. `GET /v1/journal` shows everything that was acted on, in order.

How a charge goes is chosen by its method token: see `tokens`.
"""

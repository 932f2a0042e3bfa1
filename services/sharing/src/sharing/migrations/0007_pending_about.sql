-- What the refusal of a pending act speaks of is kept, so that HTTP can tell it as the topic does.
-- depends: 0006_pending_shares
-- migrate: apply

-- A column that may be null: a moment's lock and no rewrite, safe while old code runs.

-- about: JSON of ids by field; null where it was not refused, or by code that did not keep it.
alter table pending_shares add column about text;

-- migrate: rollback
alter table pending_shares drop column about;

-- A wish that something stands against waits before it is refused: what lifts that may still be on its way.
-- depends: 0002_shares
-- migrate: apply

-- Columns that may be null: a moment's lock and no rewrite, safe while old code runs.

-- barred_at: when it was first found barred. next_at: when it is looked at again; null until then.
alter table share_wishes add column barred_at timestamptz, add column next_at timestamptz;

-- migrate: rollback
alter table share_wishes drop column next_at, drop column barred_at;

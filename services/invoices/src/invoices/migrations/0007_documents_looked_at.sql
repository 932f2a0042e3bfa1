-- A PDF that is ready may be due too: its blob is looked at, and the PDF made again where that cannot be read.
-- depends: 0006_documents
-- migrate: apply

-- Two checks give way to weaker ones. Every row that met the stronger meets these, so none is read (`not valid`), and
-- the lock is short. Safe while old code runs: that leaves no ready PDF due, and one that new code left due it makes
-- again.
alter table documents
    -- squawk-ignore ban-drop-constraint
    drop constraint documents_open_check,
    -- squawk-ignore ban-drop-constraint
    drop constraint documents_lease_check,
    add constraint documents_open_check
    check (state = 'ready' or (next_at is null) = (state = 'failed')) not valid,
    add constraint documents_lease_check check (lease_token is null or next_at is not null) not valid;

-- migrate: rollback

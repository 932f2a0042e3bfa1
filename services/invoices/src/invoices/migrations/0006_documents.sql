-- The PDFs there are to be: one per version and choice of comments, until they are in the blob store and after.
-- depends: 0005_credits
-- migrate: apply

-- Only creates, and queues the versions that there are: locks nothing that is in use, safe while old code runs.

-- next_at is when somebody has to look at a document again: when it is due, or when the lease of its renderer ends.
create table documents (
    firm_id uuid not null,
    invoice_id uuid not null,
    version integer not null,
    comments text not null constraint documents_comments_check check (comments in ('all', 'none')),
    state text not null default 'pending'
        constraint documents_state_check check (state in ('pending', 'ready', 'failed')),
    sha256 text,
    size_bytes bigint,
    file_name text,
    failure text,
    attempts integer not null default 0,
    lease_token uuid,
    next_at timestamptz default clock_timestamp(),
    actor text not null,
    correlation_id uuid not null,
    causation_id uuid not null,
    traceparent text,
    constraint documents_pkey primary key (firm_id, invoice_id, version, comments),
    constraint documents_version_fk foreign key (firm_id, invoice_id, version)
        references invoice_versions (firm_id, invoice_id, version),
    constraint documents_open_check check ((next_at is null) = (state <> 'pending')),
    constraint documents_lease_check check (lease_token is null or state = 'pending'),
    constraint documents_ready_check check (num_nonnulls(sha256, size_bytes, file_name)
        = case state when 'ready' then 3 else 0 end),
    constraint documents_failed_check check ((failure is null) = (state <> 'failed'))
);

create index documents_due_idx on documents (next_at) where next_at is not null;

insert into documents (firm_id, invoice_id, version, comments, actor, correlation_id, causation_id)
select firm_id, invoice_id, version, 'all', 'service:invoices', gen_random_uuid(), gen_random_uuid()
from invoice_versions;

-- migrate: rollback

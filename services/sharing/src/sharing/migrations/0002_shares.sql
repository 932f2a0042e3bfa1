-- What sharing decides: who has what, and who is to have an invoice once it is final.
-- depends: 0001_replicas
-- migrate: apply

-- Only creates: locks nothing that is in use, safe while old code runs.

-- item_version: the version that was shared. message, shared_by, shared_at: of the act that made it active last.
create table shares (
    firm_id uuid not null,
    share_id uuid not null,
    item_kind text not null
        constraint shares_item_kind_check
        check (item_kind in ('invoice', 'event', 'task', 'note', 'document', 'message', 'form')),
    item_id uuid not null,
    item_version integer not null,
    matter_id uuid not null,
    contact_id uuid not null,
    channel text not null constraint shares_channel_check check (channel in ('portal', 'email', 'link', 'text')),
    state text not null constraint shares_state_check check (state in ('active', 'suspended', 'revoked', 'expired')),
    generation integer not null constraint shares_generation_check check (generation >= 1),
    message text,
    shared_by text not null,
    first_shared_at timestamptz not null,
    shared_at timestamptz not null,
    ended_at timestamptz,
    constraint shares_pkey primary key (firm_id, share_id),
    constraint shares_item_contact_channel_key unique (firm_id, item_kind, item_id, contact_id, channel),
    constraint shares_suspended_check check (state <> 'suspended' or channel = 'portal'),
    constraint shares_ended_check check ((ended_at is not null) = (state in ('revoked', 'expired')))
);

create index shares_matter_portal_idx on shares (firm_id, matter_id)
    where channel = 'portal' and state in ('active', 'suspended');
create index shares_contact_active_idx on shares (firm_id, contact_id, share_id) where state = 'active';

create table share_wishes (
    firm_id uuid not null,
    invoice_id uuid not null,
    contact_id uuid not null,
    state text not null
        constraint share_wishes_state_check check (state in ('waiting', 'due', 'shared', 'refused', 'superseded')),
    refusal text,
    wished_by text not null,
    correlation_id uuid not null,
    causation_id uuid not null,
    wished_at timestamptz not null default clock_timestamp(),
    decided_at timestamptz,
    constraint share_wishes_pkey primary key (firm_id, invoice_id, contact_id),
    constraint share_wishes_refusal_check check ((state = 'refused') = (refusal is not null)),
    constraint share_wishes_decided_check check ((state in ('waiting', 'due')) = (decided_at is null))
);

create index share_wishes_due_idx on share_wishes (firm_id, invoice_id) where state = 'due';

-- migrate: rollback
drop table share_wishes;
drop table shares;

-- Acts of sharing a draft, kept until it is final or its finalising has failed.
-- depends: 0005_gate
-- migrate: apply

-- Only creates: safe while old code runs.

-- typed_in: JSON list of contacts. withdrawn_ids: contacts for whom it was revoked meanwhile.
-- result, or slug and detail: what the command was answered.
create table pending_shares (
    firm_id uuid not null,
    command_id uuid not null,
    command_type text not null,
    invoice_id uuid not null,
    channel text not null
        constraint pending_shares_channel_check check (channel in ('portal', 'email', 'link', 'text')),
    contact_ids uuid[] not null,
    typed_in text not null,
    message text,
    comments text not null,
    on_payment_page boolean not null,
    withdrawn_ids uuid[] not null default '{}',
    asked_by text not null,
    correlation_id uuid not null,
    finalise_command_id uuid not null,
    state text not null
        constraint pending_shares_state_check check (state in ('waiting', 'done', 'rejected')),
    result text,
    slug text,
    detail text,
    asked_at timestamptz not null default clock_timestamp(),
    ended_at timestamptz,
    constraint pending_shares_pkey primary key (firm_id, command_id),
    constraint pending_shares_finalise_key unique (firm_id, finalise_command_id),
    constraint pending_shares_ended_check check ((state = 'waiting') = (ended_at is null)),
    constraint pending_shares_result_check check ((state = 'done') = (result is not null)),
    constraint pending_shares_refusal_check
        check ((state = 'rejected') = (slug is not null) and (slug is null) = (detail is null))
);

create index pending_shares_waiting_idx on pending_shares (firm_id, invoice_id, command_id) where state = 'waiting';

-- migrate: rollback
drop table pending_shares;

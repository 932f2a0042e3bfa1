-- Commands to pay or to try again that came by topic, kept until the gate has been asked and they have been answered.
-- depends: 0004_ledger
-- migrate: apply

-- Only creates: safe while old code runs.

-- A row is there for as long as its command has no answer: it ends in the transaction of the answer, by being deleted,
-- and the method's token with it. asked_id keeps the order in which commands of one payment came. command: its JSON.
-- missing_since: when it was first found that something it names has not arrived here.
create table asked_payments (
    firm_id uuid not null,
    asked_id bigint generated always as identity,
    payment_id uuid not null,
    command_id uuid not null,
    command_type text not null,
    command text not null,
    actor_kind text not null
    constraint asked_payments_actor_check check (actor_kind in ('api_key', 'service')),
    actor_id text not null,
    correlation_id uuid not null,
    traceparent text,
    asked_at timestamptz not null default clock_timestamp(),
    tries integer not null default 0,
    failures integer not null default 0,
    missing_since timestamptz,
    next_at timestamptz not null default clock_timestamp(),
    lease_token uuid,
    constraint asked_payments_pkey primary key (firm_id, asked_id)
);

create index asked_payments_payment_idx on asked_payments (firm_id, payment_id, asked_id);
create index asked_payments_due_idx on asked_payments (next_at);

-- migrate: rollback
drop table asked_payments;

-- One invoice's timeline, and what other services say of an invoice: its shares and its balance.
-- depends: 0003_invoices
-- migrate: apply

-- Replicas and history have no foreign keys: a fact may arrive before what it is about.
-- Locks nothing that is in use: it only creates. Safe while old code runs.

create table history_entries (
    firm_id uuid not null,
    invoice_id uuid not null,
    entry_id uuid not null,
    occurred_at timestamptz not null,
    kind text not null,
    actor text not null,
    correlation_id uuid not null,
    causation_id uuid,
    summary jsonb not null,
    constraint history_entries_pkey primary key (firm_id, invoice_id, entry_id)
);

create index history_entries_timeline_idx on history_entries (firm_id, invoice_id, occurred_at, entry_id);

create table shares (
    firm_id uuid not null,
    share_id uuid not null,
    invoice_id uuid not null,
    contact_id uuid not null,
    channel text not null,
    generation integer not null,
    state text not null constraint shares_state_check check (state in ('active', 'suspended', 'revoked')),
    constraint shares_pkey primary key (firm_id, share_id)
);

create index shares_active_idx on shares (firm_id, invoice_id) where state = 'active';

create table balances (
    firm_id uuid not null,
    invoice_id uuid not null,
    version integer not null,
    currency text not null,
    total_minor bigint not null,
    open_minor bigint not null,
    payable_minor bigint not null,
    revision integer not null,
    constraint balances_pkey primary key (firm_id, invoice_id)
);

-- migrate: rollback

-- Reasons of versions, credits of invoices, what payments says beside the open sum, and the firm's quiet window.
-- depends: 0004_history
-- migrate: apply

-- Columns with constant defaults: each table is locked for a moment and not rewritten. Safe while old code runs: it
-- leaves the new columns as they are.

alter table invoices add column credited_minor bigint not null default 0;
-- The last line of defence: money that was never asked for cannot be credited, whatever runs at the same time.
alter table invoices add constraint invoices_credited_check check (credited_minor between 0 and total_minor) not valid;

-- Why there is this version; the first one has no reason.
alter table invoice_versions add column reason text;

create table invoice_credits (
    firm_id uuid not null,
    invoice_id uuid not null,
    credit_id uuid not null,
    amount_minor bigint not null constraint invoice_credits_amount_check check (amount_minor > 0),
    reason text not null,
    created_at timestamptz not null,
    constraint invoice_credits_pkey primary key (firm_id, invoice_id, credit_id),
    constraint invoice_credits_invoice_fk foreign key (firm_id, invoice_id) references invoices (firm_id, invoice_id)
);

alter table balances add column settled_minor bigint not null default 0;
alter table balances add column refunded_minor bigint not null default 0;
alter table balances add column credit_minor bigint not null default 0;

-- How long the firm wants to have been quiet before edits are told; null: as the platform has it.
alter table firms add column quiet_window_seconds integer;

-- migrate: rollback

-- Payments: charges that hold their amounts, refunds, what the processor is told to do, and cases for a person.
-- depends: 0002_balances
-- migrate: apply

-- New columns have constant defaults, so no table is rewritten; the new checks are enforced from now on without reading
-- what is there. Old code goes on working until the first payment: a balance that money has moved it can only spoil, and
-- is refused. Tables are created empty.

alter table contacts add column email text;
alter table contacts add column locale text not null default 'en-US';
alter table invoices add column credited_minor bigint not null default 0;

alter table balances add column is_void boolean not null default false;
alter table balances add column credited_minor bigint not null default 0;
alter table balances add column settled_minor bigint not null default 0;
alter table balances add column refunded_minor bigint not null default 0;
alter table balances add column held_minor bigint not null default 0;
alter table balances add constraint balances_moved_check check (
    credited_minor >= 0 and held_minor >= 0 and refunded_minor between 0 and settled_minor
) not valid;
-- The formula of P1, held by the database too.
alter table balances add constraint balances_owed_check check (
    open_minor = greatest(
        0,
        case when is_void then 0 else greatest(0, total_minor - credited_minor) end - settled_minor + refunded_minor
    )
    and payable_minor = greatest(0, open_minor - held_minor)
) not valid;

create table payments (
    firm_id uuid not null,
    payment_id uuid not null,
    contact_id uuid not null,
    currency text not null,
    email text,
    request_sha256 bytea not null,
    state text not null constraint payments_state_check check (state in ('under_way', 'concluded')),
    attempt integer not null default 1,
    revision integer not null default 1,
    started_at timestamptz not null default clock_timestamp(),
    concluded_at timestamptz,
    constraint payments_pkey primary key (firm_id, payment_id),
    constraint payments_concluded_check check ((state = 'concluded') = (concluded_at is not null))
);

create table charges (
    firm_id uuid not null,
    charge_id uuid not null,
    payment_id uuid not null,
    invoice_id uuid not null,
    version integer not null,
    number text not null,
    matter_name text not null,
    amount_minor bigint not null constraint charges_amount_check check (amount_minor > 0),
    currency text not null,
    reference text not null,
    attempt integer not null default 1,
    state text not null
    constraint charges_state_check check (state in ('submitted', 'unknown', 'succeeded', 'declined')),
    provider_ref text,
    decline_reason text,
    refunded_minor bigint not null default 0,
    refunding_minor bigint not null default 0,
    constraint charges_pkey primary key (firm_id, charge_id),
    constraint charges_payment_fk foreign key (firm_id, payment_id) references payments (firm_id, payment_id),
    constraint charges_balance_fk foreign key (firm_id, invoice_id) references balances (firm_id, invoice_id),
    -- One charge per invoice; only money that comes late for an earlier attempt is another one, of that attempt.
    constraint charges_invoice_key unique (firm_id, payment_id, invoice_id, attempt),
    constraint charges_succeeded_check check ((state = 'succeeded') = (provider_ref is not null)),
    constraint charges_declined_check check ((state = 'declined') = (decline_reason is not null)),
    constraint charges_refunded_check check (
        refunded_minor >= 0 and refunding_minor >= 0
        and refunded_minor + refunding_minor <= case when state = 'succeeded' then amount_minor else 0 end
    )
);

create index charges_held_idx on charges (firm_id, invoice_id) where state in ('submitted', 'unknown');

create table refunds (
    firm_id uuid not null,
    refund_id uuid not null,
    charge_id uuid not null,
    amount_minor bigint not null constraint refunds_amount_check check (amount_minor > 0),
    reason text not null,
    state text not null
    constraint refunds_state_check check (state in ('submitted', 'unknown', 'succeeded', 'declined')),
    provider_ref text,
    decline_reason text,
    requested_at timestamptz not null default clock_timestamp(),
    constraint refunds_pkey primary key (firm_id, refund_id),
    constraint refunds_charge_fk foreign key (firm_id, charge_id) references charges (firm_id, charge_id),
    constraint refunds_succeeded_check check ((state = 'succeeded') = (provider_ref is not null)),
    constraint refunds_declined_check check ((state = 'declined') = (decline_reason is not null))
);

create index refunds_charge_idx on refunds (firm_id, charge_id);

-- One row per key at the processor, whose keys know no firms. A refund's order has the refund's id, a charge's none.
create table processor_orders (
    firm_id uuid not null,
    order_id uuid not null,
    kind text not null constraint processor_orders_kind_check check (kind in ('charge', 'refund')),
    payment_id uuid not null,
    invoice_id uuid not null,
    charge_id uuid not null,
    refund_id uuid,
    attempt integer not null,
    key text not null constraint processor_orders_key_key unique,
    amount_minor bigint not null constraint processor_orders_amount_check check (amount_minor > 0),
    currency text not null,
    reference text not null,
    method_token text,
    charge_ref text,
    state text not null
    constraint processor_orders_state_check check (state in ('submitted', 'unknown', 'succeeded', 'declined')),
    provider_ref text,
    decline_reason text,
    actor text not null,
    correlation_id uuid not null,
    cause_id uuid not null,
    traceparent text,
    submitted_at timestamptz not null default clock_timestamp(),
    tries integer not null default 0,
    -- When it may last have been sent, and when the processor first said that it does not know a key that is dead.
    sent_at timestamptz,
    missing_at timestamptz,
    next_at timestamptz default clock_timestamp(),
    lease_token uuid,
    last_heard text,
    ended_at timestamptz,
    constraint processor_orders_pkey primary key (firm_id, order_id),
    constraint processor_orders_charge_fk foreign key (firm_id, charge_id) references charges (firm_id, charge_id),
    constraint processor_orders_refund_fk foreign key (firm_id, refund_id) references refunds (firm_id, refund_id),
    constraint processor_orders_form_check check (
        (kind = 'charge') = (refund_id is null)
        and (kind = 'charge' and ended_at is null) = (method_token is not null)
        and (kind = 'refund') = (charge_ref is not null)
    ),
    constraint processor_orders_succeeded_check check ((state = 'succeeded') = (provider_ref is not null)),
    constraint processor_orders_declined_check check ((state = 'declined') = (decline_reason is not null)),
    constraint processor_orders_ended_check check (
        (state in ('succeeded', 'declined')) = (ended_at is not null)
        and (ended_at is null) = (next_at is not null)
    )
);

-- What the processor did once is settled once.
create unique index processor_orders_provider_ref_key on processor_orders (kind, provider_ref);
create index processor_orders_due_idx on processor_orders (next_at) where next_at is not null;
create index processor_orders_charge_idx on processor_orders (firm_id, charge_id);
create index processor_orders_refund_idx on processor_orders (firm_id, refund_id) where refund_id is not null;

create table cases (
    firm_id uuid not null,
    case_id uuid not null,
    kind text not null,
    invoice_id uuid not null,
    order_id uuid,
    detail text not null,
    opened_at timestamptz not null default clock_timestamp(),
    closed_at timestamptz,
    closed_by text,
    close_reason text,
    constraint cases_pkey primary key (firm_id, case_id),
    constraint cases_closed_check check (
        (closed_at is null) = (closed_by is null) and (closed_at is null) = (close_reason is null)
    )
);

create index cases_open_idx on cases (firm_id, opened_at) where closed_at is null;

-- migrate: rollback

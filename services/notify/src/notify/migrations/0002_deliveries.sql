-- Deliveries with what they cover, what was rendered, and every attempt.
-- depends: 0001_replicas
-- migrate: apply

-- Only creates: locks nothing that is in use, safe while old code runs.

-- next_at is when somebody has to look at a delivery again: when it is due, or when the lease of its sender ends.
create table deliveries (
    firm_id uuid not null,
    delivery_id uuid not null,
    kind text not null constraint deliveries_kind_check check (kind in ('email', 'text')),
    template text not null,
    contact_id uuid not null,
    recipient_name text not null,
    recipient_email text,
    locale text not null,
    subject_id uuid not null,
    version integer not null,
    occasion uuid not null,
    message text,
    state text not null constraint deliveries_state_check
    check (state in ('planned', 'claimed', 'retry', 'unknown', 'accepted', 'failed', 'withdrawn')),
    reason text,
    attempts integer not null default 0,
    unknown_attempts integer not null default 0,
    possibly_sent_twice boolean not null default false,
    lease_token uuid,
    next_at timestamptz,
    actor text not null,
    correlation_id uuid not null,
    traceparent text,
    planned_at timestamptz not null default clock_timestamp(),
    ended_at timestamptz,
    constraint deliveries_pkey primary key (firm_id, delivery_id),
    constraint deliveries_send_key unique (firm_id, contact_id, template, subject_id, version, occasion),
    constraint deliveries_open_check check ((next_at is null) = (state in ('accepted', 'failed', 'withdrawn'))),
    constraint deliveries_ended_check check ((ended_at is null) = (next_at is not null)),
    constraint deliveries_lease_check check ((lease_token is null) = (state <> 'claimed'))
);

create index deliveries_due_idx on deliveries (next_at) where next_at is not null;
create index deliveries_contact_idx on deliveries (firm_id, contact_id, delivery_id);
create index deliveries_state_idx on deliveries (firm_id, state, delivery_id);

create table delivery_items (
    firm_id uuid not null,
    delivery_id uuid not null,
    position integer not null,
    invoice_id uuid not null,
    version integer not null,
    share_id uuid not null,
    generation integer not null,
    channel text not null
    constraint delivery_items_channel_check check (channel in ('portal', 'email', 'link', 'text')),
    number text not null,
    matter_name text not null,
    currency text not null,
    total_minor bigint not null,
    due_on date not null,
    constraint delivery_items_pkey primary key (firm_id, delivery_id, position),
    constraint delivery_items_delivery_fk foreign key (firm_id, delivery_id) references deliveries
);

create index delivery_items_share_idx on delivery_items (firm_id, share_id);
create index delivery_items_invoice_idx on delivery_items (firm_id, invoice_id, delivery_id);

-- What may still be told: a delivery with nothing in here is not sent.
create view items_in_force as
select item.firm_id, item.delivery_id, item.position
from delivery_items as item
join shares as share
    on item.firm_id = share.firm_id
    and item.share_id = share.share_id
    and item.generation = share.generation
where share.state = 'active';

-- Written once, before the first attempt: every attempt sends the same message under the same Message-ID.
create table contents (
    firm_id uuid not null,
    delivery_id uuid not null,
    message_id text not null,
    sender_name text not null,
    sender_address text not null,
    reply_to text not null,
    subject text not null,
    html text not null,
    plain text not null,
    rendered_at timestamptz not null,
    constraint contents_pkey primary key (firm_id, delivery_id),
    constraint contents_delivery_fk foreign key (firm_id, delivery_id) references deliveries
);

create table attempts (
    firm_id uuid not null,
    delivery_id uuid not null,
    attempt integer not null,
    outcome text constraint attempts_outcome_check
    check (outcome in ('accepted', 'temporary', 'permanent', 'unknown', 'interrupted')),
    server_code integer,
    server_answer text,
    started_at timestamptz not null default clock_timestamp(),
    ended_at timestamptz,
    constraint attempts_pkey primary key (firm_id, delivery_id, attempt),
    constraint attempts_delivery_fk foreign key (firm_id, delivery_id) references deliveries,
    constraint attempts_ended_check check ((ended_at is null) = (outcome is null))
);

-- migrate: rollback

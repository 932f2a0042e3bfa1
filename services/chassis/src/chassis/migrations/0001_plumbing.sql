-- Tables of intake, outbox, parked messages, idempotency and API keys, the same in every service's database.
-- depends:
-- migrate: apply

-- Only creates: locks nothing that is in use, safe while old code runs.

create table outbox (
    outbox_id bigint generated always as identity primary key,
    event_id uuid not null constraint outbox_event_key unique,
    topic text not null,
    key text not null,
    type text not null,
    traceparent text,
    payload bytea not null,
    created_at timestamptz not null default clock_timestamp()
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

create table inbox (
    consumer text not null,
    source text not null,
    event_id uuid not null,
    received_at timestamptz not null default clock_timestamp(),
    constraint inbox_pkey primary key (consumer, source, event_id)
);

create index inbox_received_idx on inbox using brin (received_at);

create table parked (
    parked_id bigint generated always as identity primary key,
    consumer text not null,
    topic text not null,
    partition integer not null,
    record_offset bigint not null,
    ordering_key text not null,
    record_key bytea,
    record_value bytea,
    record_headers text not null,
    kind text not null constraint parked_kind_check check (kind in ('poison', 'retry', 'blocked')),
    reason text not null,
    detail text not null,
    attempts integer not null default 0,
    parked_at timestamptz not null default clock_timestamp(),
    next_at timestamptz,
    resolved_at timestamptz,
    resolution text constraint parked_resolution_check check (resolution in ('handled', 'discarded')),
    constraint parked_resolved_check check ((resolved_at is null) = (resolution is null))
);

-- The value too: offsets begin again when a topic is made anew.
create unique index parked_record_key
on parked (consumer, topic, partition, record_offset, coalesce(sha256(record_value), ''));

create index parked_open_idx on parked (consumer, ordering_key, parked_id) where resolved_at is null;
create index parked_next_idx on parked (consumer, parked_id) where resolved_at is null and kind <> 'poison';

create table idempotency (
    firm_id uuid not null,
    principal text not null,
    key text not null,
    route text not null,
    request_sha256 bytea not null,
    status integer,
    body bytea,
    created_at timestamptz not null default clock_timestamp(),
    constraint idempotency_pkey primary key (firm_id, principal, key)
);

create index idempotency_created_idx on idempotency using brin (created_at);

create table api_keys (
    api_key_id uuid constraint api_keys_pkey primary key,
    firm_id uuid not null,
    label text not null,
    secret_sha256 bytea not null,
    scopes text[] not null,
    staff_user_id uuid,
    is_revoked boolean not null,
    revision integer not null
);

create index api_keys_firm_idx on api_keys (firm_id);

-- migrate: rollback

-- Firms and their staff. API keys are kept in the plumbing's table, of which this service owns the truth.
-- depends:
-- migrate: apply

-- Locks nothing that is in use: it only creates. Safe while old code runs.
-- Ids are unique over all firms too: state topics are compacted by id, so a second firm with the same id would erase
-- the first one's state for every reader.

create table firms (
    firm_id uuid not null,
    name text not null,
    brand_colour text not null,
    time_zone text not null,
    locale text not null,
    currency text not null,
    reply_to text not null,
    channels text[] not null,
    online_payments boolean not null,
    share_message text,
    revision integer not null constraint firms_revision_check check (revision >= 1),
    created_at timestamptz not null default clock_timestamp(),
    constraint firms_pkey primary key (firm_id)
);

create table staff_users (
    firm_id uuid not null,
    staff_user_id uuid not null,
    name text not null,
    email text not null,
    role text not null constraint staff_users_role_check check (role in ('owner', 'billing', 'reader')),
    is_enabled boolean not null,
    revision integer not null constraint staff_users_revision_check check (revision >= 1),
    created_at timestamptz not null default clock_timestamp(),
    constraint staff_users_pkey primary key (firm_id, staff_user_id),
    constraint staff_users_staff_user_key unique (staff_user_id),
    constraint staff_users_firm_fk foreign key (firm_id) references firms (firm_id)
);

create index staff_users_newest_idx on staff_users (firm_id, created_at desc, staff_user_id desc);

-- migrate: rollback

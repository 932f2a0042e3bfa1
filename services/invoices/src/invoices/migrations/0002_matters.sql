-- Contacts, matters, and who has which roles on a matter.
-- depends: 0001_firms
-- migrate: apply

-- Locks nothing that is in use: it only creates. Safe while old code runs.

create table contacts (
    firm_id uuid not null,
    contact_id uuid not null,
    name text not null,
    kind text not null constraint contacts_kind_check check (kind in ('person', 'company')),
    email text,
    phone text,
    locale text not null,
    revision integer not null constraint contacts_revision_check check (revision >= 1),
    created_at timestamptz not null default clock_timestamp(),
    constraint contacts_pkey primary key (firm_id, contact_id),
    constraint contacts_contact_key unique (contact_id),
    constraint contacts_firm_fk foreign key (firm_id) references firms (firm_id)
);

create index contacts_newest_idx on contacts (firm_id, created_at desc, contact_id desc);

create table matters (
    firm_id uuid not null,
    matter_id uuid not null,
    number text not null,
    name text not null,
    portal_enabled boolean not null,
    portal_kinds text[] not null,
    revision integer not null constraint matters_revision_check check (revision >= 1),
    created_at timestamptz not null default clock_timestamp(),
    constraint matters_pkey primary key (firm_id, matter_id),
    constraint matters_matter_key unique (matter_id),
    constraint matters_firm_fk foreign key (firm_id) references firms (firm_id)
);

create index matters_newest_idx on matters (firm_id, created_at desc, matter_id desc);

create table matter_contacts (
    firm_id uuid not null,
    matter_id uuid not null,
    contact_id uuid not null,
    roles text[] not null constraint matter_contacts_roles_check
        check (cardinality(roles) > 0 and roles <@ array['billing', 'client', 'other', 'location']),
    constraint matter_contacts_pkey primary key (firm_id, matter_id, contact_id),
    constraint matter_contacts_matter_fk foreign key (firm_id, matter_id) references matters (firm_id, matter_id),
    constraint matter_contacts_contact_fk foreign key (firm_id, contact_id) references contacts (firm_id, contact_id)
);

-- At most one billing contact, whatever runs at the same time.
create unique index matter_contacts_billing_key on matter_contacts (firm_id, matter_id) where 'billing' = any(roles);
create index matter_contacts_contact_idx on matter_contacts (firm_id, contact_id);

-- migrate: rollback

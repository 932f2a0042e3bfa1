-- What notify knows of others: firms, contacts, and which shares are in force.
-- depends:
-- migrate: apply

-- Facts come in any order, so nothing here refers to anything else.
-- Only creates: locks nothing that is in use, safe while old code runs.

create table firms (
    firm_id uuid constraint firms_pkey primary key,
    name text not null,
    brand_colour text not null,
    reply_to text not null,
    time_zone text not null,
    locale text not null,
    share_message text,
    revision integer not null
);

create table contacts (
    firm_id uuid not null,
    contact_id uuid not null,
    name text not null,
    email text,
    locale text not null,
    revision integer not null,
    constraint contacts_pkey primary key (firm_id, contact_id)
);

create table shares (
    firm_id uuid not null,
    share_id uuid not null,
    generation integer not null,
    invoice_id uuid not null,
    contact_id uuid not null,
    channel text not null
    constraint shares_channel_check check (channel in ('portal', 'email', 'link', 'text')),
    state text not null
    constraint shares_state_check check (state in ('active', 'suspended', 'revoked')),
    constraint shares_pkey primary key (firm_id, share_id)
);

-- migrate: rollback

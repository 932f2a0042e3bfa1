-- What payments knows of others: firms, matters, contacts, final invoices, and who may pay what.
-- depends:
-- migrate: apply

-- Facts come in any order, so nothing here refers to anything else.
-- Only creates: locks nothing that is in use, safe while old code runs.

create table firms (
    firm_id uuid constraint firms_pkey primary key,
    name text not null,
    currency text not null,
    online_payments boolean not null,
    revision integer not null
);

create table matters (
    firm_id uuid not null,
    matter_id uuid not null,
    number text not null,
    name text not null,
    revision integer not null,
    constraint matters_pkey primary key (firm_id, matter_id)
);

create table contacts (
    firm_id uuid not null,
    contact_id uuid not null,
    name text not null,
    revision integer not null,
    constraint contacts_pkey primary key (firm_id, contact_id)
);

create table invoices (
    firm_id uuid not null,
    invoice_id uuid not null,
    matter_id uuid not null,
    number text not null,
    status text not null constraint invoices_status_check check (status in ('final', 'void')),
    version integer not null,
    currency text not null,
    total_minor bigint not null,
    due_on date not null,
    revision integer not null,
    constraint invoices_pkey primary key (firm_id, invoice_id)
);

create table payable_shares (
    firm_id uuid not null,
    share_id uuid not null,
    generation integer not null,
    invoice_id uuid not null,
    contact_id uuid not null,
    channel text not null
    constraint payable_shares_channel_check check (channel in ('portal', 'email', 'link', 'text')),
    state text not null
    constraint payable_shares_state_check check (state in ('active', 'suspended', 'revoked')),
    lists_on_page boolean not null,
    constraint payable_shares_pkey primary key (firm_id, share_id)
);

create index payable_shares_page_idx on payable_shares (firm_id, contact_id, invoice_id)
where state = 'active' and lists_on_page;

-- migrate: rollback

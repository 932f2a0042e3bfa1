-- What a share by any channel says besides who has it, and the messages that were noted on matters.
-- depends: 0003_barred_wishes
-- migrate: apply

-- Adds columns with constant defaults (no rewrite) and a table: locks shares for a moment, safe while old code runs,
-- which only makes portal shares: those are on the payment page and show all comments.

-- on_payment_page: whether the share puts the invoice on its contact's payment page.
alter table shares
    add column comments text not null default 'all',
    add column on_payment_page boolean not null default true;

-- One act of sharing with a message of its own.
create table communications (
    firm_id uuid not null,
    communication_id uuid not null,
    matter_id uuid not null,
    invoice_id uuid not null,
    channel text not null
        constraint communications_channel_check check (channel in ('portal', 'email', 'link', 'text')),
    contact_ids uuid[] not null,
    message text not null,
    logged_by text not null,
    logged_at timestamptz not null,
    constraint communications_pkey primary key (firm_id, communication_id)
);

create index communications_matter_idx on communications (firm_id, matter_id, communication_id);

-- migrate: rollback
drop table communications;
alter table shares drop column comments, drop column on_payment_page;

-- Acts of shares that were told before acts were kept, so that their contacts are told of edits too.
-- depends: 0004_balances
-- migrate: apply

-- Adds rows that old code does not read; locks nothing that is in use. What each share's newest message told is what its
-- contact knows. Until 0003 there were portal shares alone: on the payment page, with all comments. Which edits sharing
-- knew of then nobody can say: null, so that the version decides.
insert into share_acts (
    firm_id, share_id, generation, invoice_id, contact_id, channel, version, matter_name, comments, on_payment_page,
    invoice_revision, name, email, locale, shared_at
)
select distinct on (share.firm_id, share.share_id)
    share.firm_id,
    share.share_id,
    share.generation,
    share.invoice_id,
    share.contact_id,
    share.channel,
    item.version,
    item.matter_name,
    coalesce(item.pdf_comments, 'all') as comments,
    item.on_payment_page,
    null::integer as invoice_revision,
    delivery.recipient_name,
    delivery.recipient_email,
    delivery.locale,
    delivery.planned_at
from shares as share
join delivery_items as item
    on share.firm_id = item.firm_id and share.share_id = item.share_id and share.generation = item.generation
join deliveries as delivery
    on item.firm_id = delivery.firm_id and item.delivery_id = delivery.delivery_id
where share.state <> 'revoked'
order by share.firm_id, share.share_id, delivery.planned_at desc, delivery.delivery_id desc
on conflict on constraint share_acts_pkey do nothing;

-- migrate: rollback

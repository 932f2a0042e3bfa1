-- Indexes that no statement of the service reads are no longer kept.
-- depends: 0007_opening_entries
-- migrate: apply

-- Why: each was written with every charge or order and read by none. Charges are looked up by their payment or id, orders
-- by their id, by what is due and by the processor's reference; nothing is ever deleted, so foreign keys need none either.
-- Locks each table for as long as a catalogue row takes. Old code does not read them either.
-- squawk-ignore require-concurrent-index-deletion
drop index charges_held_idx;
-- squawk-ignore require-concurrent-index-deletion
drop index processor_orders_charge_idx;
-- squawk-ignore require-concurrent-index-deletion
drop index processor_orders_refund_idx;

-- migrate: rollback
create index charges_held_idx on charges (firm_id, invoice_id) where state in ('submitted', 'unknown');
create index processor_orders_charge_idx on processor_orders (firm_id, charge_id);
create index processor_orders_refund_idx on processor_orders (firm_id, refund_id) where refund_id is not null;

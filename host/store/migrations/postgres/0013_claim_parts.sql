-- The parts into which a person split a line of a deduction. They sum to what the line claims.
create table claim_parts (
    claim text not null,
    revision bigint not null,
    line bigint not null,
    number bigint not null check (number > 0),
    treatment text not null check (treatment in ('matched', 'charged-back', 'written-off', 'moved')),
    amount_micros bigint not null check (amount_micros > 0),
    -- The deduction in another program that a moved part became.
    moved_to text references claims (id),
    primary key (claim, revision, line, number),
    foreign key (claim, revision, line) references claim_decisions (claim, revision, line),
    check ((treatment = 'moved') = (moved_to is not null))
);

create index claim_parts_moved_to on claim_parts (moved_to) where moved_to is not null;

create trigger claim_parts_keeps_rows before update or delete or truncate on claim_parts for each statement execute function refuse_change();

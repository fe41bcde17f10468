create table agreements (
    id text primary key not null,
    program text not null references programs (id),
    account text not null references accounts (id),
    number text not null,
    end_customer text,
    sku text not null,
    price_micros integer not null check (price_micros >= 0),
    reference_price_micros integer,
    unit text not null,
    start_day integer not null,
    end_day integer not null,
    authorised_micros integer not null check (authorised_micros > 0),
    created_at text not null,
    unique (program, number),
    check (start_day <= end_day)
) strict;

create index agreements_account on agreements (account, program, sku);

-- What decisions used up, and what was given back: below zero.
create table agreement_uses (
    agreement text not null references agreements (id),
    claim text not null,
    revision integer not null,
    line integer not null,
    quantity_micros integer not null,
    primary key (agreement, claim, revision, line),
    foreign key (claim, revision) references claim_history (claim, revision)
) strict;

create index agreement_uses_claim on agreement_uses (claim);

create trigger agreements_keeps_rows before update on agreements begin select raise(abort, '`agreements` is append-only'); end;
create trigger agreements_loses_nothing before delete on agreements begin select raise(abort, '`agreements` is append-only'); end;
create trigger agreement_uses_keeps_rows before update on agreement_uses begin select raise(abort, '`agreement_uses` is append-only'); end;
create trigger agreement_uses_loses_nothing before delete on agreement_uses begin select raise(abort, '`agreement_uses` is append-only'); end;

-- What one unit of a currency is in another, as decimal text. Of the rows with the same type, currencies and day the one with the highest
-- number counts: a correction is a row of its own.
create table exchange_rates (
    number integer primary key not null,
    rate_type text not null,
    from_currency text not null,
    to_currency text not null,
    day integer not null,
    rate text not null,
    source text not null,
    actor text not null,
    recorded_at text not null,
    check (from_currency <> to_currency)
) strict;

create index exchange_rates_day on exchange_rates (rate_type, to_currency, day);

insert into counters (name, value)
values ('exchange-rates', 0);

-- Programs that convert facts in other currencies than their own: by which type of rate, and by which date of a row.
create table program_conversions (
    program text primary key not null references programs (id),
    rate_type text not null,
    dates_by text not null check (dates_by in ('transaction', 'order', 'ship', 'invoice', 'payment', 'scan')),
    created_at text not null
) strict;

create trigger exchange_rates_keeps_rows before update on exchange_rates begin select raise(abort, '`exchange_rates` is append-only'); end;
create trigger exchange_rates_loses_nothing before delete on exchange_rates begin select raise(abort, '`exchange_rates` is append-only'); end;
create trigger program_conversions_keeps_rows before update on program_conversions begin select raise(abort, '`program_conversions` is append-only'); end;
create trigger program_conversions_loses_nothing before delete on program_conversions begin select raise(abort, '`program_conversions` is append-only'); end;

insert into counters (name, value)
values ('accounting-periods', 0), ('entries', 0);

-- To which accounts of the general ledger a program's transfers go. The version with the highest number counts for what is entered from then on.
create table posting_profiles (
    program text not null references programs (id),
    version integer not null check (version > 0),
    details text not null,
    actor text not null,
    recorded_at text not null,
    primary key (program, version)
) strict;

-- When accounting periods were closed and opened again: of the rows of a period the one with the highest number counts.
create table accounting_periods (
    number integer primary key not null check (number > 0),
    period text not null,
    state text not null check (state in ('closed', 'open')),
    actor text not null,
    recorded_at text not null
) strict;

-- The journal of the general ledger: each transfer of money once, with what was decided about it when it was entered.
create table entries (
    number integer primary key not null check (number > 0),
    transfer text not null unique references transfers (id),
    posting_day integer not null,
    period text not null,
    original_period text,
    company text not null,
    debit text not null,
    credit text not null
) strict;

create index entries_day on entries (posting_day);

create trigger posting_profiles_keeps_rows before update on posting_profiles begin select raise(abort, '`posting_profiles` is append-only'); end;
create trigger posting_profiles_loses_nothing before delete on posting_profiles begin select raise(abort, '`posting_profiles` is append-only'); end;
create trigger accounting_periods_keeps_rows before update on accounting_periods begin select raise(abort, '`accounting_periods` is append-only'); end;
create trigger accounting_periods_loses_nothing before delete on accounting_periods begin select raise(abort, '`accounting_periods` is append-only'); end;
create trigger entries_keeps_rows before update on entries begin select raise(abort, '`entries` is append-only'); end;
create trigger entries_loses_nothing before delete on entries begin select raise(abort, '`entries` is append-only'); end;

insert into counters (name, value)
values ('accounting-periods', 0), ('entries', 0);

-- To which accounts of the general ledger a program's transfers go. The version with the highest number counts for what is entered from then on.
create table posting_profiles (
    program text not null references programs (id),
    version bigint not null check (version > 0),
    details jsonb not null,
    actor text not null,
    recorded_at timestamptz not null,
    primary key (program, version)
);

-- When accounting periods were closed and opened again: of the rows of a period the one with the highest number counts.
create table accounting_periods (
    number bigint primary key not null check (number > 0),
    period text collate "C" not null,
    state text not null check (state in ('closed', 'open')),
    actor text not null,
    recorded_at timestamptz not null
);

-- The journal of the general ledger: each transfer of money once, with what was decided about it when it was entered.
create table entries (
    number bigint primary key not null check (number > 0),
    transfer text not null unique references transfers (id),
    posting_day integer not null,
    period text collate "C" not null,
    original_period text collate "C",
    company text not null,
    debit text not null,
    credit text not null
);

create index entries_day on entries (posting_day);

create trigger posting_profiles_keeps_rows before update or delete or truncate on posting_profiles for each statement execute function refuse_change();
create trigger accounting_periods_keeps_rows before update or delete or truncate on accounting_periods for each statement execute function refuse_change();
create trigger entries_keeps_rows before update or delete or truncate on entries for each statement execute function refuse_change();

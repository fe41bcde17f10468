-- When the periods of a program are worked out. The version with the highest number holds.
create table program_schedules (
    program text not null references programs (id),
    number bigint not null check (number > 0),
    grace_days integer not null check (grace_days >= 0),
    calculation_day integer check (calculation_day > 0),
    time_zone text not null,
    created_at timestamptz not null,
    primary key (program, number)
);

-- Whether a period is locked is what the change with the highest number says.
create table period_locks (
    program text not null references programs (id),
    period text collate "C" not null,
    number bigint not null check (number > 0),
    change text not null check (change in ('lock', 'unlock')),
    reason text not null,
    actor text not null,
    changed_at timestamptz not null,
    primary key (program, period, number)
);

-- The open period that took a difference of a locked one; absent where a transfer stands in its statement's own period.
alter table transfers add column posting_period text collate "C";

create index transfers_posting_period on transfers (program, posting_period) where posting_period is not null;

create trigger program_schedules_keeps_rows before update or delete or truncate on program_schedules for each statement execute function refuse_change();
create trigger period_locks_keeps_rows before update or delete or truncate on period_locks for each statement execute function refuse_change();

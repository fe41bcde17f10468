create table budgets (
    id text primary key not null,
    code text not null unique,
    title text not null,
    parent text references budgets (id),
    currency text not null,
    start_day integer not null,
    end_day integer not null,
    amount_micros integer not null check (amount_micros >= 0),
    created_at text not null,
    check (start_day <= end_day)
) strict;

create index budgets_parent on budgets (parent);

-- Every amount that a budget ever had, with who set it and why.
create table budget_changes (
    budget text not null references budgets (id),
    number integer not null check (number > 0),
    amount_micros integer not null,
    reason text not null,
    overridden text,
    actor text not null,
    changed_at text not null,
    primary key (budget, number)
) strict;

create table budget_programs (
    program text primary key not null references programs (id),
    budget text not null references budgets (id),
    attached_at text not null
) strict;

create index budget_programs_budget on budget_programs (budget);

create table allocations (
    id text primary key not null,
    program text not null references programs (id),
    account text not null references accounts (id),
    kind text not null check (kind in ('allocation', 'release', 'expiry')),
    amount_micros integer not null check (amount_micros > 0),
    effective_day integer not null,
    expires_day integer,
    reason text not null,
    overridden text,
    actor text not null,
    made_at text not null
) strict;

create index allocations_account on allocations (program, account);

create trigger budget_changes_keeps_rows before update on budget_changes begin select raise(abort, '`budget_changes` is append-only'); end;
create trigger budget_changes_loses_nothing before delete on budget_changes begin select raise(abort, '`budget_changes` is append-only'); end;
create trigger allocations_keeps_rows before update on allocations begin select raise(abort, '`allocations` is append-only'); end;
create trigger allocations_loses_nothing before delete on allocations begin select raise(abort, '`allocations` is append-only'); end;

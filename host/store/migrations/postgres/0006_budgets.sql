create table budgets (
    id text primary key not null,
    code text collate "C" not null unique,
    title text not null,
    parent text references budgets (id),
    currency text not null,
    start_day integer not null,
    end_day integer not null,
    amount_micros bigint not null check (amount_micros >= 0),
    created_at timestamptz not null,
    check (start_day <= end_day)
);

create index budgets_parent on budgets (parent);

-- Every amount that a budget ever had, with who set it and why.
create table budget_changes (
    budget text not null references budgets (id),
    number bigint not null check (number > 0),
    amount_micros bigint not null,
    reason text not null,
    overridden text,
    actor text not null,
    changed_at timestamptz not null,
    primary key (budget, number)
);

create table budget_programs (
    program text primary key not null references programs (id),
    budget text not null references budgets (id),
    attached_at timestamptz not null
);

create index budget_programs_budget on budget_programs (budget);

create table allocations (
    id text primary key not null,
    program text not null references programs (id),
    account text not null references accounts (id),
    kind text not null check (kind in ('allocation', 'release', 'expiry')),
    amount_micros bigint not null check (amount_micros > 0),
    effective_day integer not null,
    expires_day integer,
    reason text not null,
    overridden text,
    actor text not null,
    made_at timestamptz not null
);

create index allocations_account on allocations (program, account);

create trigger budget_changes_keeps_rows before update or delete or truncate on budget_changes for each statement execute function refuse_change();
create trigger allocations_keeps_rows before update or delete or truncate on allocations for each statement execute function refuse_change();

-- Stays in a program that were over when the account came back. Its newest stay stands in account_programs.
create table earlier_stays (
    account_program text not null references account_programs (id),
    enrolled_from integer not null,
    enrolled_until integer not null,
    agreed jsonb not null,
    primary key (account_program, enrolled_from),
    check (enrolled_from <= enrolled_until)
);

-- Every step by which an account came to stand where it stands, with what the plugin said of it. The days are those from and until which it
-- takes part, or would.
create table participation_steps (
    account_program text not null references account_programs (id),
    sequence bigint not null check (sequence > 0),
    step text not null check (step in ('invite', 'accept', 'decline', 'enrol', 'opt-out')),
    status text not null check (status in ('invited', 'declined', 'enrolled', 'opted-out')),
    from_day integer,
    until_day integer,
    agreed jsonb not null,
    assessment jsonb,
    because text,
    actor text not null,
    at timestamptz not null,
    primary key (account_program, sequence)
);

create trigger earlier_stays_keeps_rows before update or delete or truncate on earlier_stays for each statement execute function refuse_change();
create trigger participation_steps_keeps_rows before update or delete or truncate on participation_steps for each statement execute function refuse_change();

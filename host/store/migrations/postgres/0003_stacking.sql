-- Where a program stands among those that are worked out one after the other, and what is taken off its base.
create table stackings (
    program text primary key not null references programs (id),
    stacking jsonb not null
);

-- Which revisions of earlier programs' statements a revision was reduced by, and how much each took off its net amounts.
create table reductions (
    statement text not null,
    revision bigint not null,
    earlier_statement text not null,
    earlier_revision bigint not null,
    amount_micros bigint not null,
    primary key (statement, revision, earlier_statement),
    foreign key (statement, revision) references revisions (statement, number),
    foreign key (earlier_statement, earlier_revision) references revisions (statement, number)
);

create trigger reductions_keeps_rows before update or delete or truncate on reductions for each statement execute function refuse_change();

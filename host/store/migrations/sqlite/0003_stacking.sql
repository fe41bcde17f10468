-- Where a program stands among those that are worked out one after the other, and what is taken off its base.
create table stackings (
    program text primary key not null references programs (id),
    stacking text not null
) strict;

-- Which revisions of earlier programs' statements a revision was reduced by, and how much each took off its net amounts.
create table reductions (
    statement text not null,
    revision integer not null,
    earlier_statement text not null,
    earlier_revision integer not null,
    amount_micros integer not null,
    primary key (statement, revision, earlier_statement),
    foreign key (statement, revision) references revisions (statement, number),
    foreign key (earlier_statement, earlier_revision) references revisions (statement, number)
) strict;

create trigger reductions_keeps_rows before update on reductions begin select raise(abort, '`reductions` is append-only'); end;
create trigger reductions_loses_nothing before delete on reductions begin select raise(abort, '`reductions` is append-only'); end;

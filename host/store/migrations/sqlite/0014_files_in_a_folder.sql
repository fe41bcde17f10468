-- The content of a file may be kept outside the database, in a folder of files; then it is empty here.
alter table files add column kept_in text not null default 'database' check (kept_in in ('database', 'folder'));

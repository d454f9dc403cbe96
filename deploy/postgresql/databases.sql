-- The ledger's database is made by the image (POSTGRES_DB); Prefect has one of its own.
create database prefect;

#!/bin/sh
# Makes the roles of docs/operations.md. The image of PostgreSQL runs it once, when its volume is new.
set -eu
psql --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname=postgres \
  --set=owner="$OWNER_PASSWORD" --set=server="$SERVER_PASSWORD" <<'SQL'
CREATE ROLE memberships_owner LOGIN PASSWORD :'owner';
CREATE ROLE memberships_server LOGIN PASSWORD :'server';
CREATE DATABASE memberships OWNER memberships_owner ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE memberships FROM PUBLIC;
GRANT CONNECT ON DATABASE memberships TO memberships_server;
\connect memberships
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO memberships_owner;
GRANT USAGE ON SCHEMA public TO memberships_server;
SQL

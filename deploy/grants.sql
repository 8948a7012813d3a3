GRANT SELECT ON migration TO memberships_server;
GRANT SELECT, INSERT, UPDATE ON medic, api_token, hospital, membership, service_account TO memberships_server;
GRANT SELECT, INSERT, UPDATE, DELETE ON hospital_picture, idempotent_response, webhook TO memberships_server;
GRANT SELECT ON record_inbox, record_entry, record_head, record_tile TO memberships_server;
GRANT EXECUTE ON FUNCTION record_sequence(integer) TO memberships_server;

GRANT SELECT ON migration TO memberships_server;
GRANT SELECT, INSERT, UPDATE ON medic, api_token, hospital, membership, service_account TO memberships_server;
GRANT SELECT, INSERT, UPDATE, DELETE ON hospital_picture TO memberships_server;

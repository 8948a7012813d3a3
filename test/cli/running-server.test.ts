import { run } from '../support/cli.js';
import { isServer } from '../support/server.js';
import { useService } from '../support/service.js';

const service = useService();

const [onServer, onEmbedded] = isServer ? [test, test.skip] : [test.skip, test];

describe('with a running server', () => {
  onServer('a token that the command line revokes is refused from the next request on', async () => {
    const [medic, other] = [await service.given.medic(), await service.given.medic()];
    (await medic.get('/medics/')).isOk();
    const printed = await run(service.database.variables, 'token', 'revoke', '--medic', medic.email, '--all');
    expect(printed).toEqual({ code: 0, out: 'Revoked 1 token.\n', err: '' });
    (await medic.get('/medics/')).isRefused('Invalid Token');
    (await other.get('/medics/')).isOk();
  });

  onServer('a token that the command line issues works from the next request on', async () => {
    const medic = await service.given.medic();
    const { out } = await run(service.database.variables, 'token', 'issue', '--medic', medic.email);
    (await medic.get('/medics/', { token: out.trimEnd() })).isOk();
  });

  onServer('a specialty that the command line verifies is shown in responses', async () => {
    const medic = await service.given.medic();
    await run(service.database.variables, 'medic', 'verify-specialty', '--email', medic.email);
    (await medic.get(`/medics/${String(medic.id)}`)).isOk({ specialty_verified: true });
  });

  onServer('a service account that the command line revokes is refused from the next request on', async () => {
    const { variables } = service.database;
    const account = ['service', 'create', '--name', 'sync', '--scope', 'token:introspect'];
    const key = (await run(variables, ...account)).out.trimEnd();
    const options = { headers: { authorization: `Bearer ${key}` }, body: new URLSearchParams({ token: 'x' }) };
    (await service.client.send('POST', '//oauth2/introspect', options)).is(200);
    expect((await run(variables, 'service', 'revoke', '--name', 'sync')).code).toBe(0);
    (await service.client.send('POST', '//oauth2/introspect', options)).is(401);
  });

  onEmbedded('no command opens the embedded database of a running server, and each says so', async () => {
    const medic = await service.given.medic();
    for (const command of [
      ['migrate'],
      ['token', 'list', '--medic', medic.email],
      ['service', 'list'],
      ['webhook', 'list'],
      ['record', 'verify'],
      ['record', 'key'],
    ]) {
      const { code, out, err } = await run(service.database.variables, ...command);
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toMatch(/^The embedded database in .* is in use by another process; stop that process, .*\.\n$/);
    }
    (await medic.get('/medics/')).isOk();
  });
});

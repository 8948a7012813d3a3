import { run } from '../support/cli.js';
import { isServer } from '../support/server.js';
import { useService } from '../support/service.js';
import { givenService } from '../support/services.js';
import { simulateStandby } from '../support/standby.js';

const service = useService();

// Nothing follows the embedded database, so it is never a standby.
(isServer ? describe : describe.skip)('on a server that has become a standby', () => {
  test('a session is refused, so every request is a 503 and the process is not ready', async () => {
    const { admin, hospital, membership } = await service.given.hospital();
    const reader = await givenService(service, 'event:read');
    // No other statement detects the standby.
    await simulateStandby(service.database, `current_query() ~ 'pg_backend_pid'`);
    const requests = () => [
      admin.get('/locations/'),
      admin.get(`/memberships/${String(hospital)}?limit=1`),
      admin.get(`/management/memberships/${String(membership)}`),
      admin.get('/management/memberships/?managed=true'),
      reader.get('/events'),
    ];
    const answers = [...(await Promise.all(requests())), ...(await Promise.all(requests()))];
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 503));
    const { status, json } = await service.client.get('//health/ready');
    expect([status, json]).toMatchObject([503, { checks: { role: 'standby' } }]);
  });

  test('no command runs, and the error names the problem', async () => {
    await simulateStandby(service.database);
    for (const command of [['migrate'], ['medic', 'create', '--name', 'A', '--email', 'a@example.org']]) {
      expect(await run(service.database.variables, ...command)).toEqual({
        code: 1,
        out: '',
        err: expect.stringMatching(/^The PostgreSQL of DATABASE_URL is a standby[^\n]+\.\n$/) as string,
      });
    }
  });
});

import { valueOf } from '../support/hand.js';
import { useService } from '../support/service.js';
import { until } from '../support/until.js';
import { WRITE_ROUTES, type WriteRoute } from './write-routes.js';

/** No interval ends here, so the process looks at the inbox only after it has written. */
beforeAll(() => {
  vi.useFakeTimers({ toFake: ['setInterval'] });
});
const service = useService();
afterAll(() => {
  vi.useRealTimers();
});

const isBehind = () => valueOf<boolean>(service.dataSource, 'SELECT record_is_behind() AS value');

test.each(WRITE_ROUTES.map((route): [string, WriteRoute] => [`${route.operation} ${route.title}`, route]))(
  'the process moves what it has written into the record after %s, without being asked',
  async (_, { operation, given, types }) => {
    const {
      by,
      authorization = `Token ${by.token}`,
      path,
      body,
    } = await given(service, await service.given.hospital());
    await service.dataSource.query('SELECT record_sequence()');
    const position = () => valueOf<string>(service.dataSource, 'SELECT position AS value FROM record_head');
    const before = Number(await position());
    const headers = authorization === null ? {} : { authorization };
    const options = { headers, body, concurrent: true };
    const { status } = await service.client.send(operation.split(' ', 1)[0] ?? '', `/${path}`, options);
    expect(status).toBeLessThan(300);
    await until(async () => !(await isBehind()));
    expect(Number(await position())).toBe(before + types.length);
  },
);

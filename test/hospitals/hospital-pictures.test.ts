import { once } from 'node:events';
import { connect } from 'node:net';
import type { Actor } from '../support/actor.js';
import type { CheckedResponse } from '../support/checked-response.js';
import { jpeg } from '../support/jpeg.js';
import { connectTo } from '../support/raw.js';
import { useService } from '../support/service.js';
import { listen } from '../support/statements.js';

const service = useService();
const REQUIRED = { name: 'Hospital', patron: 'HOSPITAL', location: 'Monterrey', contact: '81' };
const LIMIT = 2_097_152;
/** Bytes of a picture that one statement reads. */
const CHUNK = 48 * 1024;

function form(fields: Record<string, string | Buffer>, type = 'image/jpeg'): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    data.append(name, typeof value === 'string' ? value : new Blob([new Uint8Array(value)], { type }));
  }
  return data;
}

const change = (admin: Actor, hospital: number, body: unknown) => admin.patch(`/hospital/${String(hospital)}`, body);
const pictureUrl = (answer: CheckedResponse, field = 'picture') => answer.body()[field] as string;
const fetchPicture = (url: string, headers: Record<string, string> = {}) => fetch(url, { headers });
const storedPictures = async () => {
  const [{ count }] = await service.dataSource.query<[{ count: number }]>(
    'SELECT count(*)::integer AS count FROM hospital_picture',
  );
  return count;
};

describe('pictures of hospitals', () => {
  test('a hospital is created with both pictures, and anyone can get them by URL', async () => {
    const medic = await service.given.medic();
    const answer = (
      await medic.post(
        '/hospital/',
        form({ ...REQUIRED, page_size: '1', picture: jpeg(), university_logo: jpeg(5000) }),
      )
    ).isCreated({ name: 'Hospital', page_size: true });
    const picture = await fetchPicture(pictureUrl(answer));
    expect(picture.status).toBe(200);
    expect(Buffer.from(await picture.arrayBuffer())).toEqual(jpeg());
    const logo = await fetchPicture(pictureUrl(answer, 'university_logo'));
    expect(Buffer.from(await logo.arrayBuffer())).toEqual(jpeg(5000));
  });

  test('a picture is cached forever, cannot be sniffed or executed, and its ETag yields a 304', async () => {
    const { hospital, admin } = await service.given.hospital();
    const url = pictureUrl((await change(admin, hospital, form({ picture: jpeg() }))).isCreated());
    const picture = await fetchPicture(url);
    expect(picture.headers.get('content-type')).toBe('image/jpeg');
    expect(picture.headers.get('cache-control')).toMatch(/^public, max-age=\d+, immutable$/);
    expect(picture.headers.get('x-content-type-options')).toBe('nosniff');
    expect(picture.headers.get('content-security-policy')).toContain('sandbox');
    const etag = picture.headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[0-9a-f]{64}"$/);
    const again = await fetchPicture(url, { 'if-none-match': etag });
    expect(again.status).toBe(304);
    expect((await fetchPicture(url, { 'if-none-match': '"another"' })).status).toBe(200);
  });

  test('HEAD of a picture reads only its first chunk from the database', async () => {
    const { hospital, admin } = await service.given.hospital();
    const url = pictureUrl((await change(admin, hospital, form({ picture: jpeg(20 * CHUNK) }))).isCreated());
    let statements = 0;
    const stop = listen((_, text) => {
      if (text.includes('substr(content')) statements += 1;
    });
    const { status, headers } = await fetch(url, { method: 'HEAD' });
    expect([status, headers.get('content-length')]).toEqual([200, String(20 * CHUNK)]);
    // This request takes turns with any work that the first one left behind.
    expect((await (await fetchPicture(url)).arrayBuffer()).byteLength).toBe(20 * CHUNK);
    stop();
    expect(statements).toBe(1 + 20);
  });

  test('of the pictures that one connection requests at once, each is read after the one before has been sent', async () => {
    const [CHUNKS, PICTURES] = [5, 4];
    const { hospital, admin } = await service.given.hospital();
    const url = pictureUrl((await change(admin, hospital, form({ picture: jpeg(CHUNKS * CHUNK) }))).isCreated());
    const offsets: unknown[] = [];
    const stop = listen((_, text, values) => {
      if (text.includes('substr(content')) offsets.push(values[1]);
    });
    const socket = await connectTo(service.client.url);
    const head = `GET ${new URL(url).pathname} HTTP/1.1\r\nHost: x\r\n`;
    socket.write(`${`${head}\r\n`.repeat(PICTURES - 1)}${head}Connection: close\r\n\r\n`);
    await once(socket.resume(), 'close');
    stop();
    const whole = Array.from({ length: CHUNKS }, (_, chunk) => chunk * CHUNK);
    expect(offsets).toEqual(Array<number[]>(PICTURES).fill(whole).flat());
  });

  test('replacing a picture changes its URL and frees the old bytes', async () => {
    const { hospital, admin } = await service.given.hospital();
    const before = await storedPictures();
    const old = pictureUrl((await change(admin, hospital, form({ picture: jpeg(1000) }))).isCreated());
    const url = pictureUrl((await change(admin, hospital, form({ picture: jpeg(2000) }))).isCreated());
    expect(url).not.toBe(old);
    expect((await fetchPicture(old)).status).toBe(404);
    expect(await storedPictures()).toBe(before + 1);
  });

  test('null removes a picture, and the object that GET returns changes nothing', async () => {
    const { hospital, admin } = await service.given.hospital();
    const url = pictureUrl((await change(admin, hospital, form({ picture: jpeg(1500) }))).isCreated());
    const object = (await admin.get(`/hospital/${String(hospital)}`)).isOk().body();
    (await change(admin, hospital, object)).isCreated({ picture: url });
    (await change(admin, hospital, { picture: null })).isCreated({ picture: null });
    expect((await fetchPicture(url)).status).toBe(404);
  });

  test('a JPEG is accepted whatever type the part declares', async () => {
    const { hospital, admin } = await service.given.hospital();
    (await change(admin, hospital, form({ picture: jpeg(1600) }, 'application/octet-stream'))).isCreated();
  });

  test('a picture of 2,097,151 bytes is accepted, and a larger one is a 400 that names the file', async () => {
    const { hospital, admin } = await service.given.hospital();
    (await change(admin, hospital, form({ picture: jpeg(LIMIT - 1) }))).isCreated();
    for (const bytes of [LIMIT, LIMIT + 1, 3 * LIMIT]) {
      const answer = (await change(admin, hospital, form({ name: 'New', university_logo: jpeg(bytes) }))).isInvalid(
        'university_logo',
      );
      expect(answer.text).toContain('2,097,152 bytes');
    }
  });

  test.each([
    ['a PNG that claims to be a JPEG', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')],
    ['an HTML page', Buffer.from('<html><script>alert(1)</script></html>')],
    ['only the beginning of a JPEG', jpeg().subarray(0, 20)],
    ['a JPEG without its end', jpeg().subarray(0, 400)],
    ['an empty file', Buffer.alloc(0)],
    ['two bytes', Buffer.from([0xff, 0xd8])],
  ])('%s is rejected with 400, and nothing is stored', async (_, content) => {
    const { hospital, admin } = await service.given.hospital();
    (await change(admin, hospital, form({ name: 'New', picture: content }))).isInvalid('picture');
    const medic = await service.given.medic();
    (await medic.post('/hospital/', form({ ...REQUIRED, picture: content }))).isInvalid('picture');
  });

  test('text instead of a file, in a part or in JSON, is a 400', async () => {
    const { hospital, admin } = await service.given.hospital();
    (await change(admin, hospital, form({ picture: 'hello' }))).isInvalid('picture');
    (await change(admin, hospital, { picture: 'data:image/jpeg;base64,AAAA' })).isInvalid('picture');
    (await change(admin, hospital, { picture: 7 })).isInvalid('picture');
  });

  test('an unknown part, a repeated part and too many parts are a 400', async () => {
    const { hospital, admin } = await service.given.hospital();
    (await change(admin, hospital, form({ logo: jpeg() }))).isInvalid('logo');
    const twice = form({ picture: jpeg() });
    twice.append('picture', new Blob([new Uint8Array(jpeg())]));
    twice.append('name', 'a');
    twice.append('name', 'b');
    (await change(admin, hospital, twice)).isInvalid('name', 'picture');
    const many = new FormData();
    for (let number = 0; number < 200; number += 1) many.append(`field${String(number)}`, 'x');
    (await change(admin, hospital, many)).is(400);
    const files = new FormData();
    for (let number = 0; number < 9; number += 1) files.append(`file${String(number)}`, new Blob(['x']));
    (await change(admin, hospital, files)).is(400);
  });

  test('a part with a name that the resource lacks, such as __proto__, is a 400 that names it', async () => {
    const { hospital, admin } = await service.given.hospital();
    for (const name of ['__proto__', 'constructor', 'toString', 'prototype', 'logo', '']) {
      for (const value of ['x', jpeg()]) {
        const data = form({ name: 'New' });
        data.append(name, typeof value === 'string' ? value : new Blob([new Uint8Array(value)]));
        (await change(admin, hospital, data)).isInvalid(name);
      }
    }
  });

  test('a body that is not multipart, or has no boundary, is a 400', async () => {
    const { hospital, admin } = await service.given.hospital();
    for (const type of ['multipart/form-data', 'multipart/form-data; boundary=B']) {
      (await admin.patch(`/hospital/${String(hospital)}`, 'hello', { headers: { 'content-type': type } })).is(400);
    }
  });

  test('the right is checked before the body is read: a MEMBER and an outsider are refused', async () => {
    const { hospital, member, outsider } = await service.given.hospital();
    (await change(member, hospital, form({ picture: jpeg() }))).isRefused('Unauthorized Medic');
    (await change(outsider, hospital, form({ picture: jpeg(LIMIT + 1) }))).isNotFound();
  });

  test('other endpoints reject multipart with 415', async () => {
    const { admin } = await service.given.hospital();
    (await admin.post('/medics/', form({ name: 'x' }))).is(415);
    (await admin.patch('/locations/update/', form({ hospital_id: '1' }))).is(415);
  });

  test('a URL that is not the digest of a picture is a 404', async () => {
    for (const digest of ['x', '0'.repeat(64), 'A'.repeat(64)]) {
      (await service.client.get(`/pictures/${digest}`)).isNotFound();
    }
  });

  test('a truncated body stores nothing, and the service keeps working', async () => {
    const { hospital, admin } = await service.given.hospital();
    const before = await service.client.rows();
    const { port } = new URL(service.client.url);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1', () => {
        socket.write(
          `PATCH /api/v2/hospital/${String(hospital)} HTTP/1.1\r\nHost: x\r\nAuthorization: Token ${admin.token}\r\n` +
            'Content-Type: multipart/form-data; boundary=B\r\nContent-Length: 9999\r\n\r\n' +
            '--B\r\nContent-Disposition: form-data; name="picture"; filename="a.jpg"\r\n\r\nhalf',
        );
        setTimeout(() => socket.destroy(), 100);
      });
      socket.on('close', () => {
        resolve();
      });
    });
    (await admin.get(`/hospital/${String(hospital)}`)).isOk({ name: 'Hospital' });
    expect(await service.client.rows()).toBe(before);
  });
});

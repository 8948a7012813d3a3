import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import { newPem, useFolder, write } from '../support/key-files.js';
import type { HospitalScene } from '../support/given.js';
import { useService } from '../support/service.js';
import { givenService, type ServiceActor } from '../support/services.js';
import { answersTo, answerTo, question, type Answer } from './decisions.js';

const service = useService({ SIGNING_KEY_FILE: write(useFolder(), 'key.pem', newPem() + newPem()) });
let asker: ServiceActor;
let scene: HospitalScene;
beforeAll(async () => {
  asker = await givenService(service);
  scene = await service.given.hospital();
});

/** @returns the claims and the header of a receipt, verified with the published keys */
async function verified(receipt = '') {
  const keys = (await service.client.get('//.well-known/jwks.json')).is(200).body<JSONWebKeySet>();
  const [{ origin }] = await service.dataSource.query<[{ origin: string }]>('SELECT origin FROM record_head');
  const { payload, protectedHeader } = await jwtVerify(receipt, createLocalJWKSet(keys), { issuer: origin });
  expect(protectedHeader).toEqual({ alg: 'EdDSA', kid: keys.keys[0]?.kid, typ: 'JWT' });
  return payload;
}

function claimsOf(asked: object, { decision, context: { receipt: _, ...context } }: Answer) {
  return {
    ...asked,
    decision,
    context,
    iss: expect.any(String) as string,
    iat: Math.floor(Date.parse(context.evaluated_at ?? '') / 1000),
    jti: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
  };
}

test('a receipt states the question and the decision, and verifies with the published key', async () => {
  for (const { id } of [scene.admin, scene.member, scene.outsider]) {
    for (const action of ['prescribe', 'administer', 'other']) {
      const { context: __, ...asked } = question(id, scene.hospital, action, {});
      const answer = await answerTo(asker, { ...asked, context: { receipt: true } });
      expect(await verified(answer.context.receipt)).toEqual(claimsOf(asked, answer));
    }
  }
});

test('a receipt about the past names the moment', async () => {
  const { context: __, ...asked } = question(scene.admin.id, scene.hospital, 'prescribe', {});
  const { context } = await answerTo(asker, asked);
  for (const moment of [{ as_of: context.evaluated_at }, { position: 1 }]) {
    const answer = await answerTo(asker, { ...asked, context: { ...moment, receipt: true } });
    expect(answer.context).toMatchObject(moment);
    expect(await verified(answer.context.receipt)).toEqual(claimsOf(asked, answer));
  }
});

test('a receipt holds nothing else that the caller sent', async () => {
  const asked = question(scene.admin.id, scene.hospital, 'prescribe', { receipt: true });
  const body = {
    ...asked,
    subject: { ...asked.subject, properties: { name: 'secret-note' }, x: 'secret-note' },
    context: { ...asked.context, note: 'secret-note' },
  };
  const { context } = await answerTo(asker, body);
  expect(JSON.stringify(await verified(context.receipt))).not.toContain('secret-note');
});

test('each receipt of a batch has an id of its own; an item without a wish, or with an error, has none', async () => {
  const wish = { receipt: true };
  const items = [
    question(scene.admin.id, scene.hospital),
    question(scene.outsider.id, scene.hospital),
    question(scene.member.id, scene.hospital, 'prescribe', { receipt: false }),
    question(scene.member.id, scene.hospital, 'prescribe', { ...wish, position: 1_000_000 }),
  ];
  const answers = await answersTo(asker, { context: wish, evaluations: items });
  expect(answers.map(({ context }) => context.receipt !== undefined)).toEqual([true, true, false, false]);
  const claims = await Promise.all(answers.slice(0, 2).map(({ context }) => verified(context.receipt)));
  expect(new Set(claims.map(({ jti }) => jti)).size).toBe(2);
  expect(claims.map(({ decision }) => decision)).toEqual([true, false]);
});

test('a receipt that was changed does not verify', async () => {
  const { context } = await answerTo(
    asker,
    question(scene.outsider.id, scene.hospital, 'prescribe', { receipt: true }),
  );
  const [header = '', payload = '', signature = ''] = (context.receipt ?? '').split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
  const forged = Buffer.from(JSON.stringify({ ...claims, decision: true })).toString('base64url');
  await expect(verified([header, forged, signature].join('.'))).rejects.toThrow('signature verification failed');
});

import fc from 'fast-check';
import { hostileValue } from './hostile.js';
import type { Schema } from './operations.js';
import { PASSWORD, type Scene } from './scene.js';

/** The place of a value, which determines what it may be the id of. */
export interface Place {
  readonly method: string;
  readonly path: string;
  readonly name: string;
}

/** An instant in the future. */
const LATER = '2999-01-01T00:00:00.000001+01:00';

/** @returns matching values of the scene; empty if any value will do */
function knownAt({ method, path, name }: Place, scene: Scene): readonly unknown[] {
  if (path.startsWith('/access/')) return knownInDecisions(path, name, scene);
  if (name === 'digest') return scene.digests;
  if (name === 'level') return [0, 1];
  if (name === 'path') return ['000.p/1', '000.p/2', '999'];
  if (name === 'hospital' || name === 'hospital_id') return scene.hospitals;
  if (name === 'medic') return scene.medics;
  if (name === 'query' || (name === 'email' && path.endsWith('/token-auth'))) return scene.emails;
  if (name === 'memberships')
    return scene.medics.flatMap((medic, index) => [
      [{ medic }, { medic, restore: true }, { email: 'x@example.org' }],
      // Rows that name the same medic all fail, so these name several.
      [
        { medic, valid_until: LATER },
        { medic: scene.medics.at(index - 1), restore: true, valid_until: LATER },
        { medic: scene.medics.at(index - 2), valid_until: '2021-01-01T00:00:00Z' },
      ],
    ]);
  if (name === 'valid_from' || name === 'valid_until') return [LATER, '2021-01-01T00:00:00Z', null];
  if (name === 'password') return [PASSWORD];
  if (name === 'limit' || name === 'offset') return [1, 2, 15];
  if (path === '/events' && name === 'after') return [0, 1, 10];
  if (path === '/events' && name === 'type') return ['membership.created', 'record.began'];
  if (name === 'is_active' && method === 'PATCH') return [true];
  if (name !== 'id') return [];
  if (path.includes('/management/')) return scene.memberships;
  return path.includes('/medics/') ? scene.medics : scene.hospitals;
}

/** @returns matching members of a request of the Authorization API */
function knownInDecisions(path: string, name: string, { medics, hospitals }: Scene): readonly unknown[] {
  const subjects = medics.map((id) => ({ type: 'medic', id: String(id) }));
  const resources = hospitals.map((id) => ({ type: 'hospital', id: String(id) }));
  const known: Readonly<Record<string, readonly unknown[]>> = {
    subject: path.endsWith('/subject') ? [{ type: 'medic' }] : subjects,
    resource: path.endsWith('/resource') ? [{ type: 'hospital' }] : resources,
    action: [{ name: 'prescribe' }, { name: 'administer' }],
    context: [{}, { receipt: true }, { position: 1 }, { position: 4_000_000_000 }, { as_of: new Date().toISOString() }],
    page: [{}, { limit: 1 }, { limit: 0 }, { limit: 1000 }, { token: 'x' }],
    options: [{ evaluations_semantic: 'deny_on_first_deny' }, {}],
    evaluations: [[], [{}, { subject: subjects[0] }], [{ context: { position: 2 } }, { action: 1 }, 'x']],
  };
  return known[name] ?? [];
}

/** @returns valid values, most of them meaningful in the scene */
export function validValue(schema: Schema, place: Place, scene: Scene): fc.Arbitrary<unknown> {
  // Longer waits would only take time.
  if (place.name === 'wait') return fc.constantFrom(0, 0, 0, 1);
  const known = knownAt(place, scene);
  const any = anyOf(schema);
  return known.length === 0 ? any : fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...known) }, any);
}

function anyOf({
  type,
  enum: values,
  format,
  minimum,
  maximum,
  minLength = 0,
  maxLength = 40,
}: Schema): fc.Arbitrary<unknown> {
  if (values !== undefined) return fc.constantFrom(...values);
  const types = [type ?? 'any'].flat();
  if (types.includes('null')) {
    const schema = {
      type: types.filter((name) => name !== 'null'),
      minLength,
      maxLength,
      ...(format === undefined ? {} : { format }),
    };
    const isFile = format === 'binary';
    return isFile ? fc.constant(null) : fc.oneof({ weight: 4, arbitrary: anyOf(schema) }, fc.constant(null));
  }
  if (types.includes('boolean'))
    return fc.oneof({ weight: 4, arbitrary: fc.boolean() }, fc.constantFrom('true', 'False', 0, '1'));
  if (types.includes('integer')) return fc.integer({ min: minimum ?? 0, max: maximum ?? 10_000 });
  if (types.includes('array')) return fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 5 });
  if (types.includes('any')) return fc.jsonValue({ maxDepth: 2 });
  if (format === 'date')
    return fc
      .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
      .map((date) => date.toISOString().slice(0, 10));
  if (format === 'date-time')
    return fc
      .date({ min: new Date('2020-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
      .map((date) => date.toISOString());
  if (format === 'email') return fc.uuid().map((name) => `${name}@Example.org`);
  const text = fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, 40) });
  return minLength > 0 ? text.map((rest) => `x${rest}`.slice(0, Math.max(maxLength, 1))) : text;
}

/** @returns values just inside or just outside the schema */
export function nearlyValidValue(schema: Schema): fc.Arbitrary<unknown> {
  const { minimum = 0, maximum = 2 ** 31 - 1, minLength = 0, maxLength = 255, example } = schema;
  return fc.oneof(
    fc.constantFrom(minimum, minimum - 1, maximum, maximum + 1, String(minimum), `${String(maximum)} `, minimum + 0.5),
    fc.constantFrom(
      'x'.repeat(Math.max(0, minLength - 1)),
      'x'.repeat(maxLength),
      'x'.repeat(maxLength + 1),
      '🩺'.repeat(maxLength),
    ),
    fc.constantFrom(
      null,
      '',
      [],
      {},
      [example],
      { id: example },
      String(example).toLowerCase(),
      `${String(example)}\u0000`,
    ),
  );
}

/** @returns values for a place: mostly valid, some nearly valid, a few hostile */
export function valueAt(schema: Schema, place: Place, scene: Scene): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 40, arbitrary: validValue(schema, place, scene) },
    { weight: 2, arbitrary: nearlyValidValue(schema) },
    { weight: 1, arbitrary: hostileValue },
  );
}

import type { Actor } from '../support/actor.js';
import type { HospitalScene } from '../support/given.js';
import { isServer } from '../support/server.js';
import { useService } from '../support/service.js';

const service = useService();

const EDITORS = 24;
const VERSIONS = 4;

/** Each editor of each version sends another change, so that every success makes a new version. */
const EDITS: [
  name: string,
  path: (scene: HospitalScene) => string,
  change: (editor: number, version: number) => object,
][] = [
  [
    'a hospital',
    ({ hospital }) => `/hospital/${String(hospital)}`,
    (editor, version) => ({ name: `${String(editor)}.${String(version)}` }),
  ],
  [
    'a medic',
    ({ admin }) => `/medics/${String(admin.id)}`,
    (editor, version) => ({ name: `${String(editor)}.${String(version)}` }),
  ],
  [
    'a membership',
    ({ membership }) => `/management/memberships/${String(membership)}`,
    (_, version) => ({ type_membership: version % 2 === 0 ? 'ADMIN' : 'MEMBER' }),
  ],
];

// With the single connection of the embedded database one request follows the other.
(isServer ? describe : describe.skip)('Many editors at once', () => {
  test.each(EDITS)('of 24 editors of %s exactly one succeeds per version', async (_, pathOf, change) => {
    const scene = await service.given.hospital();
    const [admin, path] = [scene.admin, pathOf(scene)];
    const read = async (by: Actor) => (await by.get(path)).isOk();
    for (let version = 0; version < VERSIONS; version += 1) {
      const tag = (await read(admin)).headers.get('etag') ?? '';
      const headers = { 'if-match': tag };
      const answers = await Promise.all(
        Array.from({ length: EDITORS }, (__, editor) =>
          admin.patch(path, change(editor, version), { headers, concurrent: true }),
        ),
      );
      const made = answers.filter(({ status }) => status !== 412);
      expect(made).toHaveLength(1);
      const [winner] = made;
      const after = await read(admin);
      expect([after.json, after.headers.get('etag')]).toEqual([winner?.json, winner?.headers.get('etag')]);
    }
  });
});

import type { MigrationInterface, QueryRunner } from 'typeorm';
import { changeRows, changeTable } from './online.js';

/**
 * Limits count an account together with all accounts below it, so each medic stores the root of its tree. `root_id` is
 * not a foreign key, because it identifies the tree even after the root was deleted. `is_login` marks the keys that a
 * log-in issued; labels are free text and cannot tell.
 */
export class AccountTrees1767312000000 implements MigrationInterface {
  readonly name = 'AccountTrees1767312000000';
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    await changeTable(queryRunner, 'medic', () =>
      queryRunner.query('ALTER TABLE medic ADD COLUMN IF NOT EXISTS root_id integer'),
    );
    await setRoots(queryRunner);
    await changeTable(queryRunner, 'medic', async () => {
      // Of those that were added meanwhile.
      await setRoots(queryRunner);
      await queryRunner.query('ALTER TABLE medic ALTER root_id SET NOT NULL');
      await queryRunner.query(`
        CREATE OR REPLACE FUNCTION medic_set_root() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        NEW.root_id := COALESCE((SELECT root_id FROM medic WHERE id = NEW.created_by_id), NEW.id);
        RETURN NEW;
      END $$`);
      await queryRunner.query(`
        CREATE OR REPLACE TRIGGER medic_set_root BEFORE INSERT ON medic
          FOR EACH ROW WHEN (NEW.root_id IS NULL) EXECUTE FUNCTION medic_set_root()`);
    });
    await changeTable(queryRunner, 'api_token', () =>
      queryRunner.query('ALTER TABLE api_token ADD COLUMN IF NOT EXISTS is_login boolean NOT NULL DEFAULT false'),
    );
    await changeRows(
      queryRunner,
      'api_token',
      `label = 'login' AND expires_at IS NOT NULL AND NOT is_login`,
      `changed AS (UPDATE api_token SET is_login = true FROM batch WHERE api_token.id = batch.id)`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE api_token DROP COLUMN IF EXISTS is_login');
    await queryRunner.query('DROP TRIGGER IF EXISTS medic_set_root ON medic');
    await queryRunner.query('DROP FUNCTION IF EXISTS medic_set_root()');
    await queryRunner.query('ALTER TABLE medic DROP COLUMN IF EXISTS root_id');
  }
}

/**
 * Sets the roots of medics that have none, each by following its creators up to a root that is known already. A cycle of
 * creators, which can only come from SQL by hand, has no root; its first medic is taken for one.
 */
function setRoots(queryRunner: QueryRunner): Promise<void> {
  return changeRows(
    queryRunner,
    'medic',
    'root_id IS NULL',
    `path (id, ancestor, creator, root_id) AS (
       SELECT medic.id, medic.id, created_by_id, NULL::integer FROM medic JOIN batch USING (id)
       UNION
       SELECT path.id, medic.id, medic.created_by_id, medic.root_id FROM path JOIN medic ON medic.id = path.creator
       WHERE path.root_id IS NULL),
     tree AS (
       SELECT id, COALESCE(max(root_id), max(ancestor) FILTER (WHERE creator IS NULL), id) AS root_id FROM path GROUP BY id),
     changed AS (UPDATE medic SET root_id = tree.root_id FROM tree WHERE medic.id = tree.id)`,
  );
}

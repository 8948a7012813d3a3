import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Limits count an account together with all accounts below it, so each medic stores the root of its tree. `root_id` is
 * not a foreign key, because it identifies the tree even after the root was deleted. `is_login` marks the keys that a
 * log-in issued; labels are free text and cannot tell.
 */
export class AccountTrees1767312000000 implements MigrationInterface {
  readonly name = 'AccountTrees1767312000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE medic ADD root_id integer');
    await queryRunner.query(`
      WITH RECURSIVE tree AS (
        SELECT id, id AS root_id FROM medic WHERE created_by_id IS NULL
        UNION ALL
        SELECT m.id, tree.root_id FROM medic m JOIN tree ON m.created_by_id = tree.id)
      UPDATE medic SET root_id = tree.root_id FROM tree WHERE medic.id = tree.id`);
    // Cycles of creators can only come from manual SQL. The recursion above does not reach them.
    await queryRunner.query('UPDATE medic SET root_id = id WHERE root_id IS NULL');
    await queryRunner.query('ALTER TABLE medic ALTER root_id SET NOT NULL');
    await queryRunner.query(`
      CREATE FUNCTION medic_set_root() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        NEW.root_id := COALESCE((SELECT root_id FROM medic WHERE id = NEW.created_by_id), NEW.id);
        RETURN NEW;
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER medic_set_root BEFORE INSERT ON medic
        FOR EACH ROW WHEN (NEW.root_id IS NULL) EXECUTE FUNCTION medic_set_root()`);
    await queryRunner.query('ALTER TABLE api_token ADD is_login boolean NOT NULL DEFAULT false');
    await queryRunner.query(`UPDATE api_token SET is_login = true WHERE label = 'login' AND expires_at IS NOT NULL`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE api_token DROP is_login');
    await queryRunner.query('DROP TRIGGER medic_set_root ON medic');
    await queryRunner.query('DROP FUNCTION medic_set_root()');
    await queryRunner.query('ALTER TABLE medic DROP root_id');
  }
}

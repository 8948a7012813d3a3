import type { MigrationInterface, QueryRunner } from 'typeorm';
import { OperatorError } from '../../common/errors.js';
import { emailKeyOf } from '../../medics/medic.entity.js';

interface Row {
  readonly id: number;
  readonly email: string;
}

/** Several medics have emails with the same key. */
class EmailsCollide extends OperatorError {
  /** @param groups the ids of the medics whose emails are equal */
  constructor(groups: readonly number[][]) {
    const named = groups.map((ids) => ids.join(' and ')).join('; ');
    super(
      `Some medics have emails that differ only by letter case, so that no two of them may keep theirs: ${named}. ` +
        'No email was changed. Give all but one of each group another email, either with the version of the service ' +
        "that ran before or with UPDATE medic SET email = 'new@example.org', email_key = 'new@example.org' WHERE id = …, " +
        'and run the migration again.',
    );
  }
}

/** Emails are now compared by Unicode simple case folding, which changes the keys of emails with non-ASCII letters. */
export class FoldedEmails1767398400000 implements MigrationInterface {
  readonly name = 'FoldedEmails1767398400000';

  up(queryRunner: QueryRunner): Promise<void> {
    return setKeys(queryRunner, emailKeyOf);
  }

  down(queryRunner: QueryRunner): Promise<void> {
    return setKeys(queryRunner, (email) => email.toUpperCase().toLowerCase());
  }
}

/** @throws EmailsCollide two medics would have the same key */
async function setKeys(queryRunner: QueryRunner, keyOf: (email: string) => string): Promise<void> {
  const rows = (await queryRunner.query(
    'SELECT id, email FROM medic WHERE octet_length(email) <> char_length(email) ORDER BY id',
  )) as Row[];
  const ids = rows.map(({ id }) => id);
  const keys = rows.map(({ email }) => keyOf(email));
  const collisions = (await queryRunner.query(
    `SELECT array_agg(id ORDER BY id) AS ids FROM (
       SELECT id, email_key AS key FROM medic WHERE id <> ALL ($1::integer[])
       UNION ALL SELECT * FROM unnest($1::integer[], $2::text[])) new (id, key)
     WHERE key = ANY ($2) GROUP BY key HAVING count(*) > 1 ORDER BY min(id)`,
    [ids, keys],
  )) as { ids: number[] }[];
  if (collisions.length > 0) throw new EmailsCollide(collisions.map((group) => group.ids));
  // A new key may be the current key of another medic, so all are cleared first. The placeholder cannot collide,
  // because no email consists of digits only.
  await queryRunner.query('UPDATE medic SET email_key = id::text WHERE id = ANY ($1::integer[])', [ids]);
  await queryRunner.query(
    'UPDATE medic SET email_key = new.key FROM unnest($1::integer[], $2::text[]) new (id, key) WHERE medic.id = new.id',
    [ids, keys],
  );
}

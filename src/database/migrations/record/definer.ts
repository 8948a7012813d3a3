import type { QueryRunner } from 'typeorm';

/**
 * @returns options of a function that runs with the rights of the schema's owner. The path is fixed, so that nobody can
 *   put a table or an operator of their own in front of the schema's.
 */
export async function definerSettings(queryRunner: QueryRunner): Promise<string> {
  const [row] = (await queryRunner.query('SELECT quote_ident(current_schema()) AS schema')) as [{ schema: string }];
  return `SECURITY DEFINER SET search_path = pg_catalog, ${row.schema}, pg_temp`;
}

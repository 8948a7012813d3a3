import type { DataSource } from 'typeorm';

/** Columns in their order, constraints, indexes, triggers and functions. Each says whether it is valid, or who may use it. */
const PARTS = [
  `SELECT format('%s.%s %s %s %s', attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull,
     pg_get_expr(adbin, adrelid)) AS part
   FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
     JOIN pg_class ON pg_class.oid = attrelid
   WHERE attnum > 0 AND NOT attisdropped AND relkind = 'r' AND relnamespace = current_schema()::regnamespace
   ORDER BY relname, attnum`,
  `SELECT format('%s %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated) AS part
   FROM pg_constraint WHERE connamespace = current_schema()::regnamespace ORDER BY 1`,
  `SELECT format('%s %s', pg_get_indexdef(indexrelid), indisvalid) AS part
   FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
   WHERE relnamespace = current_schema()::regnamespace ORDER BY 1`,
  `SELECT format('%s %s', pg_get_triggerdef(oid), tgenabled) AS part FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1`,
  `SELECT format('%s %s', pg_get_functiondef(oid), proacl) AS part
   FROM pg_proc WHERE pronamespace = current_schema()::regnamespace ORDER BY 1`,
];

/** @returns the definition of everything in the schema, in an order that does not depend on how it came about */
export async function schemaOf(dataSource: DataSource): Promise<string[]> {
  const lists = await Promise.all(PARTS.map((sql) => dataSource.query<{ part: string }[]>(sql)));
  return lists.flat().map(({ part }) => part);
}

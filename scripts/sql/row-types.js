/** Compares the columns of a statement with the TypeScript type of its rows. */
import ts from 'typescript';

/** TypeScript types of PostgreSQL's types by OID, as `pg` parses them. Others are texts. */
const TYPES = {
  16: 'boolean',
  17: 'object', // bytea
  20: 'number', // bigint
  21: 'number',
  23: 'number',
  26: 'number',
  114: 'object', // json
  700: 'number',
  701: 'number',
  1001: 'object', // bytea[]
  1007: 'object', // integer[]
  1009: 'object', // text[]
  3802: 'object', // jsonb
};

/**
 * @param row type of a row; undefined if no column of the result is used
 * @param typeOf replaces type parameters by their arguments
 * @param columns result columns, as PGlite describes them
 * @returns a sentence for each property that the statement does not return, or not with its type
 */
export function differencesOf(checker, row, typeOf, columns) {
  if (row === undefined) return [];
  const kinds = new Map(columns.map(({ name, dataTypeID }) => [name, TYPES[dataTypeID] ?? 'string']));
  const differences = new Set();
  for (const property of membersOf(row, typeOf).flatMap((member) => checker.getPropertiesOfType(member))) {
    const type = checker.getTypeOfSymbol(property);
    const kind = kinds.get(property.name);
    const isOptional = (property.flags & ts.SymbolFlags.Optional) !== 0;
    if (kind === undefined && !isOptional) differences.add(`the statement returns no column ${property.name}`);
    if (kind !== undefined && !accepts(type, kind))
      differences.add(`the column ${property.name} is a ${kind}, not ${checker.typeToString(type)}`);
  }
  return [...differences];
}

/** @returns the object types that a union or intersection consists of */
function membersOf(type, typeOf) {
  if (type.isUnionOrIntersection()) return type.types.flatMap((each) => membersOf(each, typeOf));
  const argument = typeOf(type);
  return argument === type ? [type] : membersOf(argument, typeOf);
}

/** @returns whether a value of this kind, which may be null as well, can be of the type */
function accepts(type, wanted) {
  const kinds = type.isUnion() ? type.types : [type];
  const flag = { boolean: ts.TypeFlags.BooleanLike, number: ts.TypeFlags.NumberLike, string: ts.TypeFlags.StringLike }[
    wanted
  ];
  const any = ts.TypeFlags.Any | ts.TypeFlags.Unknown;
  // A union of two members has `id: null` in one of them.
  const isNull = kinds.every(({ flags }) => (flags & ts.TypeFlags.Null) !== 0);
  return (
    isNull ||
    kinds.some(
      ({ flags }) => (flags & any) !== 0 || (flags & (flag ?? ts.TypeFlags.Object | ts.TypeFlags.NonPrimitive)) !== 0,
    )
  );
}

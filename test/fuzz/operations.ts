/** The parts of a JSON schema that the fuzzer reads. */
export interface Schema {
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly example?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

interface Parameter {
  readonly in: 'path' | 'query';
  readonly name: string;
  readonly schema: Schema;
}

interface Described {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<Record<string, unknown>>;
}

/** The parts of an OpenAPI document that the fuzzer reads. */
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** An operation of the document with everything needed to build a request. */
export interface Operation {
  readonly method: string;
  /** For example `/api/v2/medics/{id}`. */
  readonly path: string;
  /** By name. */
  readonly query: Readonly<Record<string, Schema>>;
  readonly types: readonly string[];
  /** Properties of the body, by name. */
  readonly fields: Readonly<Record<string, Schema>>;
  readonly required: readonly string[];
  readonly statuses: readonly string[];
}

/** @returns whether the path lies outside `/api/v2`, where errors are problem details */
export function isStandard(target: string): boolean {
  return /^\/(?:(?:\.well-known|access|events|oauth2|record)\b|version\/?(?:\?|$))/.test(target);
}

/** @returns every operation of the document */
export function operationsOf(document: OpenApi): Operation[] {
  const resolve = (schema: Schema): Schema => {
    const target =
      schema.$ref === undefined ? undefined : document.components.schemas[schema.$ref.split('/').at(-1) ?? ''];
    const [base] = schema.allOf ?? [];
    return { ...(base === undefined ? {} : resolve(base)), ...schema, ...target };
  };
  const resolveAll = (schemas: Readonly<Record<string, Schema>>) =>
    Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, resolve(schema)]));
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody, responses }]) => {
      const inQuery = parameters.filter((parameter) => parameter.in === 'query');
      const content = requestBody?.content ?? {};
      const body = resolve(Object.values(content)[0]?.schema ?? {});
      return {
        method: method.toUpperCase(),
        path,
        query: resolveAll(Object.fromEntries(inQuery.map(({ name, schema }) => [name, schema]))),
        types: Object.keys(content),
        fields: resolveAll(body.properties ?? {}),
        required: body.required ?? [],
        statuses: Object.keys(responses),
      };
    }),
  );
}

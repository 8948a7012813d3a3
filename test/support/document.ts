import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

interface Response {
  /** Names a shared response of `components/responses` instead of the rest. */
  $ref?: string;
  content?: Record<string, { schema: object }>;
}

interface Operation {
  responses: Record<string, Response>;
}

/** The parts of an OpenAPI document that responses are checked against. */
export interface Document {
  paths: Record<string, Record<string, Operation>>;
  components?: { responses: Record<string, Response> };
}

/** The OpenAPI document that the application serves, for checking its responses. */
export class ServedDocument {
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true });
  private readonly validators = new Map<string, ValidateFunction>();

  constructor(private readonly document: Document) {
    addFormats.default(this.ajv);
    this.ajv.addSchema(document, 'document');
  }

  /**
   * Fails the test if the document does not describe the response for the operation. Paths and methods
   * missing from the document may only respond with 404, 405 and the statuses of earlier checks.
   */
  check(method: string, path: string, status: number, contentType: string, body: unknown): void {
    const template = this.templateOf(path);
    const name = method === 'HEAD' ? 'get' : method.toLowerCase();
    const operation = template === undefined ? undefined : this.document.paths[template]?.[name];
    if (operation === undefined) {
      if (method === 'OPTIONS' && status === 204) return;
      if (![404, 405, 429].includes(status))
        throw new Error(`${method} ${path} is not in the document but answers ${String(status)}`);
      return;
    }
    const documented = operation.responses[String(status)];
    if (documented === undefined)
      throw new Error(`${method} ${path} answers ${String(status)}, which the document lacks: ${JSON.stringify(body)}`);
    if (method === 'HEAD') return;
    const place = documented.$ref ?? `#/paths/${escape(template ?? '')}/${name}/responses/${String(status)}`;
    const response = documented.$ref === undefined ? documented : this.sharedResponse(documented.$ref);
    if (response.content === undefined) return;
    const types = Object.keys(response.content);
    const media = types.find((type) => contentType.startsWith(type));
    if (media === undefined)
      throw new Error(`${method} ${path} answers ${contentType} instead of ${types.join(' or ')}`);
    if (!/^application\/([\w.-]+\+)?json$/.test(media)) return;
    const validate = this.validatorOf(`document${place}/content/${escape(media)}/schema`);
    if (!validate(body)) {
      throw new Error(
        `${method} ${path} ${String(status)} is not as documented: ${this.ajv.errorsText(validate.errors)}: ${JSON.stringify(body)}`,
      );
    }
  }

  /** @returns the document's path template that matches a request's path */
  private templateOf(path: string): string | undefined {
    const plain = path.replace(/\?.*$/s, '').replace(/(.)\/$/, '$1');
    const templates = Object.keys(this.document.paths);
    return (
      templates.find((t) => t === plain) ??
      templates.find((t) => new RegExp(`^${t.replace(/\{path\}/g, '.+').replace(/\{\w+\}/g, '[^/]+')}$`).test(plain))
    );
  }

  private sharedResponse(ref: string): Response {
    const response = this.document.components?.responses[ref.split('/').at(-1) ?? ''];
    if (response === undefined) throw new Error(`The document has no ${ref}.`);
    return response;
  }

  private validatorOf(ref: string): ValidateFunction {
    const validate = this.validators.get(ref) ?? this.ajv.compile({ $ref: ref });
    this.validators.set(ref, validate);
    return validate;
  }
}

function escape(part: string): string {
  return encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));
}

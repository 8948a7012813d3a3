import type { Service } from '../support/service.js';
import type { ServiceActor } from '../support/services.js';
import { until } from '../support/until.js';

/** A response of the feed. */
export interface Feed {
  readonly data: { readonly position: number; readonly id: string; readonly type: string; readonly hospital: number }[];
  readonly next: number;
  readonly head: number;
}

/** A block of an event stream. */
export interface Block {
  readonly id?: string;
  readonly data?: string;
  readonly retry?: string;
  /** Whether it has a comment line. */
  readonly isComment: boolean;
}

/** An open event stream, as a client reads it. */
export class Stream {
  readonly blocks: Block[] = [];
  hasEnded = false;
  private taken = 0;
  private readonly abort: () => void;

  private constructor(response: Response, controller: AbortController) {
    this.abort = () => {
      controller.abort();
    };
    void this.read(response).finally(() => (this.hasEnded = true));
  }

  /** Opens a stream, which must succeed. */
  static async open(url: string, key: string, query = '', headers: Record<string, string> = {}): Promise<Stream> {
    const controller = new AbortController();
    const response = await fetch(`${url}/events${query}`, {
      headers: { authorization: `Bearer ${key}`, accept: 'text/event-stream', ...headers },
      signal: controller.signal,
    });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
    return new Stream(response, controller);
  }

  /** @returns the next events that have data, once they are there */
  async take(count: number): Promise<Block[]> {
    const from = this.taken;
    this.taken += count;
    const events = () => this.blocks.filter(({ data }) => data !== undefined);
    await until(() => events().length >= this.taken);
    return events().slice(from, this.taken);
  }

  async ended(): Promise<void> {
    await until(() => this.hasEnded);
  }

  close(): void {
    this.abort();
  }

  private async read({ body }: Response): Promise<void> {
    if (body === null) return;
    let text = '';
    try {
      for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
        const blocks = (text + chunk).split('\n\n');
        text = blocks.pop() ?? '';
        this.blocks.push(...blocks.map(blockOf));
      }
    } catch {
      // The connection was closed.
    }
  }
}

function blockOf(text: string): Block {
  const lines = text.split('\n');
  const fields = lines.map((line) => /^(\w+): (.*)$/s.exec(line)?.slice(1, 3) ?? []);
  return { ...(Object.fromEntries(fields) as object), isComment: lines.some((line) => line.startsWith(':')) };
}

/** @returns the stored texts of all entries, in order */
export async function storedBodies(service: Service): Promise<string[]> {
  const rows = await service.dataSource.query<{ body: string }[]>('SELECT body FROM record_entry ORDER BY position');
  return rows.map(({ body }) => body);
}

/** @returns the last position */
export async function headOf(reader: ServiceActor): Promise<number> {
  return (await reader.get('/events?limit=1')).isOk().body<Feed>().head;
}
